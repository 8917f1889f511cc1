import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { inSession } from '../core/account-event.ts';
import type { FactorChange, FactorChanges, PendingTotp } from '../core/factors.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, timeToLive, writeItem } from './database.ts';
import {
  type NameOf,
  PENDING_TOTP,
  RECOVERY_CODES,
  raisedSession,
  readFactor,
  TOTP,
  transactFactors,
} from './factor-rows.ts';
import { happens } from './journal.ts';

/** Changes of an account's factors. The summary in the user's row changes in the same transactions. */
export function factorChanges(database: Database): FactorChanges {
  const { client, nameOf } = database;
  const TableName = nameOf('factors');

  return {
    async pendingTotp(userId) {
      const item = await readFactor(database, userId, PENDING_TOTP);
      if (item === undefined) return undefined;
      const { id, name, sealedSecret, createdAt, sessionId, validUntil } = item;
      return { id, name, sealedSecret, createdAt, sessionId, expiresAt: validUntil } as PendingTotp;
    },

    async putPendingTotp(userId, { expiresAt, ...pending }) {
      const Item = writeItem({
        ...{ userId, factorId: PENDING_TOTP, type: 'totp-pending', ...pending },
        ...{ validUntil: expiresAt, expiresAt: timeToLive(expiresAt) },
      });
      await orUnavailable('DynamoDB', client.send(new PutItemCommand({ TableName, Item })));
    },

    async activateTotp({ user, pending, step, now, hashes, session, evidence, mail }) {
      const { userId } = user;
      const { id, name, sealedSecret } = pending;
      const active = { id, name, sealedSecret, lastStep: step, createdAt: now, lastUsedAt: now };
      const outcome = await transactFactors(
        database,
        [
          {
            Delete: {
              TableName,
              Key: writeItem({ userId, factorId: PENDING_TOTP }),
              ConditionExpression: 'id = :id',
              ExpressionAttributeValues: writeItem({ ':id': id }),
            },
          },
          {
            Update: {
              UpdateExpression: 'SET totp = :true, credentialVersion = :next',
              ...unchangedUser(nameOf, user, {
                condition: NO_TOTP,
                values: { ':true': true, ':next': user.credentialVersion + 1 },
              }),
            },
          },
          { Update: raisedSession(nameOf, { session, evidence }, user.credentialVersion) },
          { Put: { TableName, Item: writeItem({ userId, factorId: TOTP, type: 'totp', ...active }) } },
          { Put: { TableName, Item: recoveryItem(userId, hashes, now) } },
          ...happens(
            nameOf,
            { userId, at: now },
            { type: 'factor.added', factorType: 'totp', factorId: id, ...inSession(session) },
          ),
        ],
        mail,
      );
      return outcome.applied;
    },

    async removeTotp({ user, now, session, mail }) {
      const { userId, passkeys = 0 } = user;
      const outcome = await transactFactors(
        database,
        [
          {
            Update: {
              UpdateExpression: 'REMOVE totp',
              ...unchangedUser(nameOf, user, { condition: A_TOTP }),
            },
          },
          { Delete: { TableName, Key: writeItem({ userId, factorId: TOTP }) } },
          passkeys > 0
            ? undefined
            : { Delete: { TableName, Key: writeItem({ userId, factorId: RECOVERY_CODES }) } },
          ...happens(
            nameOf,
            { userId, at: now },
            // Without its id, which would have to be read: an account has one TOTP at most.
            { type: 'factor.removed', factorType: 'totp', ...inSession(session) },
          ),
        ],
        mail,
      );
      return outcome.applied;
    },

    async replaceRecoveryCodes({ user, hashes, now, session, mail }) {
      const { userId } = user;
      const ConditionCheck = unchangedUser(nameOf, user, {
        condition: `(${A_TOTP} OR passkeys > :none)`,
        values: { ':none': 0 },
      });
      const outcome = await transactFactors(
        database,
        [
          { ConditionCheck },
          { Put: { TableName, Item: recoveryItem(userId, hashes, now) } },
          ...happens(
            nameOf,
            { userId, at: now },
            { type: 'factor.added', factorType: 'recovery-codes', ...inSession(session) },
          ),
        ],
        mail,
      );
      return outcome.applied;
    },
  };
}

/** The update of the user's summary of factors, on condition that the row hasn't changed since it was read. */
function unchangedUser(
  nameOf: NameOf,
  { userId, credentialVersion, passkeys = 0 }: FactorChange['user'],
  factor: { condition: string; values?: Record<string, unknown> },
) {
  const same =
    passkeys > 0 ? 'passkeys = :passkeys' : '(attribute_not_exists(passkeys) OR passkeys = :passkeys)';
  return {
    TableName: nameOf('users'),
    Key: writeItem({ userId }),
    ConditionExpression: `credentialVersion = :version AND #status = :active AND ${same} AND ${factor.condition}`,
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: writeItem({
      ...{ ':version': credentialVersion, ':active': 'active', ':passkeys': passkeys },
      ...factor.values,
    }),
  };
}

const NO_TOTP = 'attribute_not_exists(totp)';
const A_TOTP = 'attribute_exists(totp)';

function recoveryItem(userId: string, hashes: readonly string[], now: number) {
  return writeItem({
    ...{ userId, factorId: RECOVERY_CODES, type: 'recovery-codes' },
    ...{ hashes: new Set(hashes), createdAt: now },
  });
}
