import {
  type AttributeValue,
  QueryCommand,
  type TransactWriteItem,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Evidence, OwnSessionStore, Session } from '../core/session.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, writeItem } from './database.ts';
import { FIRST_SESSION_ID } from './journal.ts';
import { readSession } from './sessions.ts';
import { ifSound, logDamaged, type OnDamaged, readAnyRow } from './sound-rows.ts';
import { storedSession } from './stored-session.ts';

const sameEvidence = (one: Evidence, other: Evidence) =>
  one.authTime === other.authTime && one.acr === other.acr && one.amr.join() === other.amr.join();

/** The condition that a session hasn't ended since it was read, and has the same evidence. */
function unchangedSession({ credentialVersion, authTime, acr, amr }: Session) {
  return {
    condition:
      'credentialVersion = :seenVersion AND attribute_not_exists(endedAt) AND ' +
      '(attribute_not_exists(authTime) OR (authTime = :seenAuthTime AND acr = :seenAcr AND amr = :seenAmr))',
    values: {
      ...{ ':seenVersion': credentialVersion, ':seenAuthTime': authTime, ':seenAcr': acr, ':seenAmr': amr },
    },
  };
}

/**
 * The part of a transaction by which one session outlives the raise of its user's `credentialVersion`. The condition fails
 * when the session has ended or has new evidence since it was read.
 *
 * @param to the user's next version, and the session's new evidence
 */
export function sessionKept(
  nameOf: Database['nameOf'],
  session: Session,
  to: { credentialVersion: number; evidence: Evidence; now: number },
): TransactWriteItem {
  const unchanged = unchangedSession(session);
  return {
    Update: {
      TableName: nameOf('sessions'),
      Key: writeItem({ userId: session.userId, sessionId: session.sessionId }),
      UpdateExpression:
        'SET credentialVersion = :next, authTime = :authTime, acr = :acr, amr = :amr, lastUsedAt = :now',
      ConditionExpression: unchanged.condition,
      ExpressionAttributeValues: writeItem({
        ':next': to.credentialVersion,
        ':authTime': to.evidence.authTime,
        ':acr': to.evidence.acr,
        ':amr': to.evidence.amr,
        ':now': to.now,
        ...unchanged.values,
      }),
    },
  };
}

/** Lists holders' sessions and adds proofs to them. @param onDamaged receives each row that `all` leaves out */
export function ownSessionStore(
  { client, nameOf }: Database,
  onDamaged: OnDamaged = logDamaged,
): OwnSessionStore {
  const TableName = nameOf('sessions');

  return {
    async prove(session, evidence, now) {
      const unchanged = unchangedSession(session);
      const command = new UpdateItemCommand({
        TableName,
        Key: writeItem({ userId: session.userId, sessionId: session.sessionId }),
        UpdateExpression: 'SET authTime = :authTime, acr = :acr, amr = :amr, lastUsedAt = :now',
        ConditionExpression: unchanged.condition,
        ExpressionAttributeValues: writeItem({
          ...{ ':authTime': evidence.authTime, ':acr': evidence.acr, ':amr': evidence.amr, ':now': now },
          ...unchanged.values,
        }),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const outcome = await outcomeOf(client.send(command));
      if (outcome.applied) return { proved: true };
      const found = readSession(outcome.found);
      // The evidence may be from our own write, whose answer was lost.
      if (found && sameEvidence(found, evidence)) return { proved: true };
      return { proved: false, session: found };
    },

    async all(userId) {
      const input = {
        TableName,
        ConsistentRead: true,
        KeyConditionExpression: 'userId = :userId AND sessionId >= :first',
        ExpressionAttributeValues: writeItem({ ':userId': userId, ':first': FIRST_SESSION_ID }),
      };
      const sessions: Session[] = [];
      let ExclusiveStartKey: Record<string, AttributeValue> | undefined;
      do {
        const command = new QueryCommand({ ...input, ...(ExclusiveStartKey && { ExclusiveStartKey }) });
        const page = await orUnavailable('DynamoDB', client.send(command));
        for (const item of page.Items ?? []) {
          const session = readSession(readAnyRow(item)) as Session;
          sessions.push(...ifSound(session, storedSession, { table: 'sessions', userId }, onDamaged));
        }
        ExclusiveStartKey = page.LastEvaluatedKey;
      } while (ExclusiveStartKey !== undefined);
      return sessions;
    },
  };
}
