import { randomUUID } from 'node:crypto';
import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type {
  Challenge,
  ChallengeStore,
  FactorChange,
  FactorStore,
  FactorUse,
  ListedFactor,
  PendingTotp,
  Totp,
} from '../core/factors.ts';
import type { ResetRequest } from '../core/reset-request.ts';
import type { Evidence, SessionKey } from '../core/session.ts';
import { measure } from '../metrics.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, readItem, timeToLive, transactionOutcomeOf, writeItem } from './database.ts';
import { resetRequestItem } from './reset-requests.ts';
import { sessionItem } from './sessions.ts';

/** No credential id looks like these: `#` is no character of base64url. */
const TOTP = '#totp';
const PENDING_TOTP = '#totp-pending';
const RECOVERY_CODES = '#recovery-codes';

type NameOf = Database['nameOf'];
type Update = NonNullable<TransactWriteItem['Update']>;

/** The table of second factors. What a user has of them is said by the user's own row, in the same transactions. */
export function factorStore({ client, nameOf }: Database): FactorStore {
  const TableName = nameOf('factors');

  async function read(userId: string, factorId: string): Promise<Record<string, unknown> | undefined> {
    const Key = writeItem({ userId, factorId });
    const command = new GetItemCommand({ TableName, Key, ConsistentRead: true });
    return readItem((await orUnavailable('DynamoDB', client.send(command))).Item);
  }

  /** One token for all tries: a commit whose answer was lost is not repeated, and is not a conflict with itself. */
  async function transact(items: readonly (TransactWriteItem | undefined)[], mail?: ResetRequest) {
    const TransactItems = items.filter((item) => item !== undefined);
    if (mail) TransactItems.push({ Put: { TableName: nameOf('reset-tags'), Item: resetRequestItem(mail) } });
    const command = { TransactItems, ClientRequestToken: randomUUID() };
    const outcome = await transactionOutcomeOf(() => client.send(new TransactWriteItemsCommand(command)));
    if (outcome.applied && mail) measure({ MailsDue: 1 });
    return outcome;
  }

  return {
    async totp(userId) {
      return totpOf(await read(userId, TOTP));
    },

    async pendingTotp(userId) {
      const item = await read(userId, PENDING_TOTP);
      if (item === undefined) return undefined;
      const { id, name, sealedSecret, createdAt, sessionId, validUntil } = item;
      return { id, name, sealedSecret, createdAt, sessionId, expiresAt: validUntil } as PendingTotp;
    },

    async recoveryCodes(userId) {
      return hashesOf(await read(userId, RECOVERY_CODES));
    },

    async list(userId) {
      const command = new QueryCommand({
        TableName,
        KeyConditionExpression: 'userId = :userId',
        ExpressionAttributeValues: writeItem({ ':userId': userId }),
        ConsistentRead: true, // a page has 1 MB: more than ten passkeys
      });
      const { Items = [] } = await orUnavailable('DynamoDB', client.send(command));
      const rows = Items.map((item) => readItem(item) ?? {});
      return {
        factors: rows.flatMap(listed).toSorted((one, other) => one.createdAt - other.createdAt),
        recoveryCodesLeft: hashesOf(rows.find(({ factorId }) => factorId === RECOVERY_CODES))?.length ?? null,
      };
    },

    async putPendingTotp(userId, { expiresAt, ...pending }) {
      const Item = writeItem({
        ...{ userId, factorId: PENDING_TOTP, type: 'totp-pending', ...pending },
        ...{ validUntil: expiresAt, expiresAt: timeToLive(expiresAt) },
      });
      await orUnavailable('DynamoDB', client.send(new PutItemCommand({ TableName, Item })));
    },

    async use(use, { challenge, open, raise, forget = [], mail }) {
      // Those that end the matter come first: of several failed conditions the first one is judged.
      const outcome = await transact(
        [
          challenge === undefined ? undefined : consumption(nameOf, challenge),
          raise && { Update: raisedSession(nameOf, raise) },
          { Update: useUpdate(nameOf, use) },
          open && { Put: { TableName: nameOf('sessions'), Item: writeItem(sessionItem(open)) } },
          ...forget.map((counter) => ({
            Delete: { TableName: nameOf('throttles'), Key: writeItem({ counter }) },
          })),
        ],
        mail,
      );
      if (outcome.applied) return 'used';
      const first = challenge !== undefined || raise !== undefined;
      if (first && outcome.position === 0) return 'over';
      const stillThere = use.by === 'recovery-code' && hashesOf(outcome.found)?.includes(use.hash);
      return stillThere ? 'changed' : 'wrong';
    },

    async activateTotp({ user, pending, step, now, hashes, session, evidence, mail }) {
      const { userId } = user;
      const { id, name, sealedSecret } = pending;
      const active = { id, name, sealedSecret, lastStep: step, createdAt: now, lastUsedAt: now };
      const outcome = await transact(
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
        ],
        mail,
      );
      return outcome.applied;
    },

    async removeTotp({ user, mail }) {
      const { userId, passkeys = 0 } = user;
      const outcome = await transact(
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
        ],
        mail,
      );
      return outcome.applied;
    },

    async replaceRecoveryCodes({ user, hashes, now, mail }) {
      const ConditionCheck = unchangedUser(nameOf, user, {
        condition: `(${A_TOTP} OR passkeys > :none)`,
        values: { ':none': 0 },
      });
      const outcome = await transact(
        [{ ConditionCheck }, { Put: { TableName, Item: recoveryItem(user.userId, hashes, now) } }],
        mail,
      );
      return outcome.applied;
    },
  };
}

/** Challenges of log-in, among the counters: they live for minutes, as those do. */
export function challengeStore({ client, nameOf }: Database): ChallengeStore {
  const TableName = nameOf('throttles');
  return {
    async put(hash, { expiresAt, ...challenge }) {
      const counter = challengeCounter(hash);
      const Item = writeItem({
        ...{ counter, ...challenge, validUntil: expiresAt, expiresAt: timeToLive(expiresAt) },
      });
      await orUnavailable('DynamoDB', client.send(new PutItemCommand({ TableName, Item })));
    },

    async get(hash) {
      const Key = writeItem({ counter: challengeCounter(hash) });
      const command = new GetItemCommand({ TableName, Key, ConsistentRead: true });
      const item = readItem((await orUnavailable('DynamoDB', client.send(command))).Item);
      if (item === undefined) return undefined;
      const { userId, credentialVersion, validUntil } = item;
      return { userId, credentialVersion, expiresAt: validUntil } as Challenge;
    },
  };
}

const challengeCounter = (hash: string) => `challenge#${hash}`;

function consumption(nameOf: NameOf, hash: string): TransactWriteItem {
  return {
    Delete: {
      TableName: nameOf('throttles'),
      Key: writeItem({ counter: challengeCounter(hash) }),
      ConditionExpression: 'attribute_exists(userId)',
    },
  };
}

function useUpdate(nameOf: NameOf, use: FactorUse): Update {
  const TableName = nameOf('factors');
  if (use.by === 'totp')
    return {
      TableName,
      Key: writeItem({ userId: use.userId, factorId: TOTP }),
      UpdateExpression: 'SET lastStep = :step, lastUsedAt = :now',
      ConditionExpression: 'id = :id AND lastStep < :step',
      ExpressionAttributeValues: writeItem({ ':id': use.id, ':step': use.step, ':now': use.now }),
    };
  return {
    TableName,
    Key: writeItem({ userId: use.userId, factorId: RECOVERY_CODES }),
    UpdateExpression: 'DELETE hashes :used',
    ConditionExpression: 'contains(hashes, :hash) AND size(hashes) = :size',
    ExpressionAttributeValues: writeItem({
      ':used': new Set([use.hash]),
      ':hash': use.hash,
      ':size': use.left + 1,
    }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

/** @param version of the account, where the session is to be carried over to the next one */
function raisedSession(
  nameOf: NameOf,
  { session, evidence }: { session: SessionKey; evidence: Evidence },
  version?: number,
): Update {
  const { amr, acr, authTime } = evidence;
  const carried = version !== undefined;
  return {
    TableName: nameOf('sessions'),
    Key: writeItem({ userId: session.userId, sessionId: session.sessionId }),
    UpdateExpression: `SET amr = :amr, acr = :acr, authTime = :time, lastUsedAt = :time${carried ? ', credentialVersion = :next' : ''}`,
    ConditionExpression: `attribute_exists(sessionId) AND attribute_not_exists(endedAt)${carried ? ' AND credentialVersion = :version' : ''}`,
    ExpressionAttributeValues: writeItem({
      ...{ ':amr': amr, ':acr': acr, ':time': authTime },
      ...(carried && { ':version': version, ':next': version + 1 }),
    }),
  };
}

/** That the user's own row is still as it was read, and what it says of its factors. */
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

function totpOf(item: Record<string, unknown> | undefined): Totp | undefined {
  if (item === undefined) return undefined;
  const { id, name, sealedSecret, lastStep, createdAt, lastUsedAt } = item;
  return { id, name, sealedSecret, lastStep, createdAt, lastUsedAt } as Totp;
}

/** A set that was emptied is gone; its row stays, and says that there were codes. */
function hashesOf(item: Record<string, unknown> | undefined): string[] | undefined {
  return item && [...((item.hashes as Set<string> | undefined) ?? [])];
}

function listed({
  factorId,
  type,
  id,
  name,
  createdAt,
  lastUsedAt,
}: Record<string, unknown>): ListedFactor[] {
  if (type !== 'totp' && type !== 'passkey') return [];
  const factor = {
    factorId: id ?? factorId,
    type,
    name: name ?? null,
    createdAt,
    lastUsedAt: lastUsedAt ?? null,
  };
  return [factor as ListedFactor];
}
