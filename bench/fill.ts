// Fills the tables with users, as fast as the local store takes them.
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { hashSync } from 'bcryptjs';
import type { User } from '../lib/core/account.ts';
import { hashSecret, newSecret } from '../lib/core/opaque-token.ts';
import { newSession } from '../lib/core/session.ts';
import { accountPuts } from '../lib/dynamodb/accounts.ts';
import { writeItem } from '../lib/dynamodb/database.ts';
import { sessionItem } from '../lib/dynamodb/sessions.ts';

const DAY = 86_400_000;
/** BatchWriteItem takes 25 rows; a user is three: the account, the claim on its address, a session. */
const USERS_IN_A_BATCH = 8;
const AT_ONCE = 8;
/** One hash for all: making a million of them would measure nothing. */
const passwordHash = hashSync('correct horse battery', 4);

/** Adds so many users, each with an account, the claim on the address and a session, in rows of the stores' own making. */
export async function fill(place: { dynamodbUrl: string; prefix: string }, users: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  let left = users;
  async function write(): Promise<void> {
    while (left > 0) {
      const count = Math.min(USERS_IN_A_BATCH, left);
      left -= count;
      await writeBatch(place, agent, count);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, write));
  agent.destroy();
}

function writeBatch(
  { dynamodbUrl, prefix }: { dynamodbUrl: string; prefix: string },
  agent: Agent,
  users: number,
) {
  const RequestItems: Record<string, object[]> = {};
  const add = (table: string, Item: object | undefined) => {
    RequestItems[table] = [...(RequestItems[table] ?? []), { PutRequest: { Item } }];
  };
  for (let each = 0; each < users; each += 1) {
    const user = newUser();
    for (const { Put } of accountPuts((table) => `${prefix}-${table}`, user, Date.now()))
      add(Put?.TableName ?? '', Put?.Item);
    add(`${prefix}-sessions`, writeItem(sessionItem(openSession(user))));
  }
  const body = JSON.stringify({ RequestItems });
  const headers = {
    'x-amz-target': 'DynamoDB_20120810.BatchWriteItem',
    'content-type': 'application/x-amz-json-1.0',
    'content-length': String(Buffer.byteLength(body)),
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20000101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
    'x-amz-date': '20000101T000000Z',
  };
  return new Promise<void>((resolve, reject) => {
    const outgoing = request(dynamodbUrl, { method: 'POST', agent, headers }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`BatchWriteItem answered ${answer.statusCode}`));
      answer.resume().once('end', resolve);
    });
    outgoing.on('error', reject).end(body);
  });
}

function newUser(): User {
  const userId = randomUUID();
  return {
    userId,
    email: `${userId}@example.com`,
    name: 'Ada Lovelace',
    bio: null,
    passwordHash,
    status: 'active',
    credentialVersion: 1,
    createdAt: Date.now(),
  };
}

function openSession(user: User) {
  const lifetimes = { accessToken: 3_600_000, idle: 7 * DAY, absolute: 30 * DAY };
  const now = Date.now();
  const evidence = { amr: ['pwd'], acr: 'aal1', authTime: now } as const;
  return newSession({ user, ...evidence }, randomUUID(), lifetimes, now, {
    familyHash: hashSecret(newSecret()),
    currentHash: hashSecret(newSecret()),
  });
}
