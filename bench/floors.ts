// What no implementation gets below: the same calls of DynamoDB with nothing around them, and the bare cryptography.
import { argon2, randomBytes, randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import {
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { compare, hash } from 'bcryptjs';
import { generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { OWN_ARGON2 } from '../lib/passwords/schemes/argon2.ts';
import { localAccess } from '../tools/local/local-access.ts';
import type { MeteredCall } from './metering-dynamodb.ts';
import type { Contestant } from './timing.ts';

type Table = { dynamodbUrl: string; prefix: string };

const touch = {
  UpdateExpression: 'SET touched = :now',
  ExpressionAttributeValues: { ':now': { N: '1' } },
};

/** A handler that does nothing but wait for as many calls of DynamoDB as an operation makes, in as many trips. */
export function bareCalls(
  name: string,
  { dynamodbUrl, prefix }: Table,
  calls: readonly MeteredCall[],
): Contestant {
  const client = new DynamoDBClient(localAccess(dynamodbUrl));
  const TableName = `${prefix}-users`;
  const keys = calls.map((call) =>
    Array.from({ length: Math.max(1, call.keys.length) }, () => ({ userId: { S: randomUUID() } })),
  );
  const send = (call: MeteredCall, index: number): Promise<unknown> => {
    const [Key = {}, ...others] = keys[index] ?? [];
    if (call.writeUnits === 0)
      return client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    if (others.length === 0) return client.send(new UpdateItemCommand({ TableName, Key, ...touch }));
    const TransactItems = [Key, ...others].map((each) => ({ Update: { TableName, Key: each, ...touch } }));
    return client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken: randomUUID() }));
  };
  const trips = tripsOf(calls);
  let stored = false;
  return {
    name,
    async prepare() {
      for (const Item of stored ? [] : keys.flat())
        await client.send(new PutItemCommand({ TableName, Item: { ...Item, v: { S: 'x'.repeat(300) } } }));
      stored = true;
      return async () => {
        for (const trip of trips) await Promise.all(trip.map(({ call, index }) => send(call, index)));
      };
    },
  };
}

/** Calls by the trip they belong to: each begins after one of the trip before it has ended. */
function tripsOf(calls: readonly MeteredCall[]): { call: MeteredCall; index: number }[][] {
  const levels: number[] = [];
  const trips: { call: MeteredCall; index: number }[][] = [];
  for (const [index, call] of calls.entries()) {
    const before = levels.filter((_, other) => (calls[other]?.end ?? 0) <= call.begin);
    const level = Math.max(-1, ...before) + 1;
    levels.push(level);
    trips[level] = [...(trips[level] ?? []), { call, index }];
  }
  return trips;
}

/** One bare update of a small item. */
export function bareUpdate(name: string, { dynamodbUrl, prefix }: Table): Contestant {
  const client = new DynamoDBClient(localAccess(dynamodbUrl));
  const Key = { userId: { S: randomUUID() } };
  const command = { TableName: `${prefix}-users`, Key, ...touch };
  return { name, prepare: async () => () => client.send(new UpdateItemCommand(command)) };
}

/** bcryptjs alone, comparing and hashing. */
export async function bareBcrypt(cost: number, every?: number): Promise<Contestant[]> {
  const password = 'correct horse battery';
  const stored = await hash(password, cost);
  const seldom = every !== undefined && { every };
  return [
    {
      name: `bare bcrypt compare, cost ${cost}`,
      ...seldom,
      prepare: async () => () => compare(password, stored),
    },
    { name: `bare bcrypt hash, cost ${cost}`, ...seldom, prepare: async () => () => hash(password, cost) },
  ];
}

/** Argon2id by Node's own implementation, with the memory and passes that Gatehouse sets. */
export function bareArgon2id(every: number): Contestant {
  const { memory, passes, lanes: parallelism } = OWN_ARGON2;
  const message = 'correct horse battery';
  return {
    name: 'bare argon2id',
    every,
    prepare: async () => () =>
      promisify(argon2)('argon2id', {
        message,
        nonce: randomBytes(16),
        memory,
        passes,
        parallelism,
        tagLength: 32,
      }),
  };
}

/** The signature of an access token and its check, with jose alone. */
export async function bareSignatures(): Promise<Contestant[]> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { modulusLength: 2048 });
  const sign = () =>
    new SignJWT({ userId: randomUUID(), sid: randomUUID() })
      .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
      .setExpirationTime('1h')
      .sign(privateKey);
  const token = await sign();
  return [
    { name: 'bare RS256 signature, 2,048 bits', prepare: async () => sign },
    { name: 'bare RS256 check, 2,048 bits', prepare: async () => () => jwtVerify(token, publicKey) },
  ];
}
