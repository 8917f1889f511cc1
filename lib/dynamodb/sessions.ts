import { GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { Ending, Session, SessionKey, SessionState, SessionStore } from '../core/session.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, timeToLive, writeItem } from './database.ts';

/** How long an expired session is kept, so that a log-out with one of its refresh tokens succeeds. */
const KEPT_AFTER_END_MS = 7 * 24 * 60 * 60 * 1000;

/** The row of a session. It is flat, since conditions name attributes. */
export function sessionItem({ refresh, ...session }: Session): Record<string, unknown> {
  return {
    ...session,
    familyHash: refresh?.familyHash,
    currentHash: refresh?.currentHash,
    expiresAt: timeToLive(session.absoluteExpiresAt + KEPT_AFTER_END_MS),
  };
}

export function readSession(item: Record<string, unknown> | undefined): Session | undefined {
  if (item === undefined) return undefined;
  const {
    familyHash,
    currentHash,
    previousHash: hash,
    sealedSuccessor,
    rotatedAt,
    expiresAt: _,
    entry: __,
    ending: ___,
    ...session
  } = item;
  const previous = hash !== undefined && { previous: { hash, sealedSuccessor, rotatedAt } };
  return {
    ...evidenceBefore(item),
    ...session,
    ...(familyHash !== undefined && { refresh: { familyHash, currentHash, ...previous } }),
  } as unknown as Session;
}

/** The evidence of sessions opened by earlier releases, which stored none: always a password. */
const evidenceBefore = ({ createdAt }: Record<string, unknown>) => ({
  lastUsedAt: createdAt,
  amr: ['pwd'],
  acr: 'aal1',
  authTime: createdAt,
});

/** The table of sessions. */
export function sessionStore({ client, nameOf }: Database): SessionStore {
  const TableName = nameOf('sessions');

  return {
    async open(session) {
      await orUnavailable(
        'DynamoDB',
        client.send(new PutItemCommand({ TableName, Item: writeItem(sessionItem(session)) })),
      );
    },

    async get(key) {
      const command = new GetItemCommand({ TableName, Key: sessionKey(key), ConsistentRead: true });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return readSession(readItem(Item));
    },

    async rotate(rotation) {
      const command = new UpdateItemCommand({
        TableName,
        Key: sessionKey(rotation),
        UpdateExpression:
          'SET currentHash = :to, previousHash = :from, sealedSuccessor = :sealed, rotatedAt = :now, lastUsedAt = :now, idleExpiresAt = :idle',
        ConditionExpression:
          'familyHash = :family AND currentHash = :from AND ' +
          'attribute_not_exists(endedAt) AND idleExpiresAt > :now AND absoluteExpiresAt > :now',
        ExpressionAttributeValues: writeItem({
          ':family': rotation.familyHash,
          ':from': rotation.fromHash,
          ':to': rotation.toHash,
          ':sealed': rotation.sealedSuccessor,
          ':now': rotation.now,
          ':idle': rotation.idleExpiresAt,
        }),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const outcome = await outcomeOf(client.send(command));
      return outcome.applied
        ? { rotated: true, session: readSession(outcome.returned) as Session }
        : { rotated: false, session: readSession(outcome.found) };
    },

    async moveGrace(key, toHash, rotatedAt) {
      const command = new UpdateItemCommand({
        TableName,
        Key: sessionKey(key),
        UpdateExpression: 'SET rotatedAt = :at',
        ConditionExpression: 'currentHash = :to',
        ExpressionAttributeValues: writeItem({ ':at': rotatedAt, ':to': toHash }),
      });
      await outcomeOf(client.send(command));
    },

    async end(key, now, how) {
      const outcome = await end(key, now, { ConditionExpression: 'attribute_exists(sessionId)', how });
      const session = readSession(outcome.applied ? outcome.returned : outcome.found);
      // Ended at exactly `now`: by our own write, whose answer was lost.
      if (session?.endedAt !== now) return session;
      const { endedAt: _, ...before } = session;
      return before;
    },

    async endFamily(key, familyHash, now) {
      const outcome = await end(key, now, {
        ConditionExpression: 'familyHash = :family',
        values: { ':family': familyHash },
      });
      return outcome.applied || outcome.found?.familyHash === familyHash;
    },
  };

  /** On condition that the session hasn't ended, so that a second end doesn't overwrite who ended it. */
  function end(
    key: SessionKey,
    now: number,
    condition: { ConditionExpression: string; values?: Record<string, unknown>; how?: Ending | undefined },
  ) {
    const command = new UpdateItemCommand({
      TableName,
      Key: sessionKey(key),
      UpdateExpression: 'SET endedAt = :now, ending = :how',
      ConditionExpression: `${condition.ConditionExpression} AND attribute_not_exists(endedAt)`,
      ExpressionAttributeValues: writeItem({ ':now': now, ':how': condition.how ?? {}, ...condition.values }),
      ReturnValues: 'ALL_OLD',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return outcomeOf(client.send(command));
  }
}

/** The same table for the operation that is called most: it reads a quarter of the row, and no hash of a token. */
export function sessionStates({ client, nameOf }: Database) {
  return {
    async get(key: SessionKey): Promise<SessionState | undefined> {
      const command = new GetItemCommand({
        TableName: nameOf('sessions'),
        Key: sessionKey(key),
        ProjectionExpression: 'credentialVersion, idleExpiresAt, absoluteExpiresAt, endedAt',
        ConsistentRead: true,
      });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return readItem(Item) as SessionState | undefined;
    },
  };
}

const sessionKey = ({ userId, sessionId }: SessionKey) => writeItem({ userId, sessionId });
