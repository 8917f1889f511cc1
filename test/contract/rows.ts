import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { decodeJwt } from 'jose';
import { readResetTag } from '../../lib/core/opaque-token.ts';
import { accountCounter } from '../../lib/core/throttle.ts';

// What no request can bring about within a test is written into the tables: time that passed, an operator's doing.

const client = new DynamoDBClient({});
const tableOf = (name: string) => `${process.env.TABLE_PREFIX}-${name}`;

type Key = Record<string, string>;
type Row = Record<string, unknown>;

async function rowOf(table: string, key: Key): Promise<Row | undefined> {
  const command = new GetItemCommand({ TableName: tableOf(table), Key: marshall(key), ConsistentRead: true });
  const { Item } = await client.send(command);
  return Item && unmarshall(Item);
}

/** Sets attributes of a row; of one that is not there yet, too. */
export async function changeRow(table: string, key: Key, attributes: Row): Promise<void> {
  const names = Object.keys(attributes);
  await client.send(
    new UpdateItemCommand({
      TableName: tableOf(table),
      Key: marshall(key),
      UpdateExpression: `SET ${names.map((_, index) => `#${index} = :${index}`).join(', ')}`,
      ExpressionAttributeNames: Object.fromEntries(names.map((name, index) => [`#${index}`, name])),
      ExpressionAttributeValues: marshall(
        Object.fromEntries(names.map((name, index) => [`:${index}`, attributes[name]])),
      ),
    }),
  );
}

async function removeRow(table: string, key: Key): Promise<void> {
  await client.send(new DeleteItemCommand({ TableName: tableOf(table), Key: marshall(key) }));
}

/** All rows of an account's factors, those that wait among them. */
export async function factorsOf(userId: string): Promise<Row[]> {
  const command = new QueryCommand({
    TableName: tableOf('factors'),
    KeyConditionExpression: 'userId = :userId',
    ExpressionAttributeValues: marshall({ ':userId': userId }),
    ConsistentRead: true,
  });
  return ((await client.send(command)).Items ?? []).map((item) => unmarshall(item));
}

/** The row of whoever owns an address. */
export async function userOf(email: string): Promise<Row & { userId: string }> {
  const userId = (await rowOf('emails', { email }))?.userId as string;
  return (await rowOf('users', { userId })) as Row & { userId: string };
}

export async function disable(email: string): Promise<void> {
  await changeRow('users', { userId: (await userOf(email)).userId }, { status: 'disabled' });
}

export async function deleteUser(email: string): Promise<void> {
  await removeRow('users', { userId: (await userOf(email)).userId });
}

/** Lets an address be signed up again. */
export async function freeAddress(email: string): Promise<void> {
  await removeRow('emails', { email });
}

/** A row that no code of ours would write: a name that no text can be made of fails whoever signs or shows it. */
export async function corruptName(email: string): Promise<void> {
  await changeRow('users', { userId: (await userOf(email)).userId }, { name: 2n ** 64n });
}

/** Thirty minutes later, as far as the tag knows. */
export async function expireTag(tag: string): Promise<void> {
  await changeRow('reset-tags', { tagId: readResetTag(tag)?.tagId ?? '' }, { validUntil: Date.now() - 1 });
}

/** Changes the session of an access token. */
export async function changeSession(accessToken: string, attributes: Row): Promise<void> {
  const { sub, sid } = decodeJwt<{ sid: string }>(accessToken);
  await changeRow('sessions', { userId: sub as string, sessionId: sid }, attributes);
}

/** After at least one failed log-in to an account, known or not: one more locks it until its password is reset. */
export async function nearlyLock(email: string): Promise<void> {
  await changeRow('throttles', { counter: accountCounter(email) }, { failures: 99, consecutive: 99 });
}
