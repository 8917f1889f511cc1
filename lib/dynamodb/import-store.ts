import { randomUUID } from 'node:crypto';
import {
  type CancellationReason,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { Added, ImportStore, NewAccount } from '../core/import-users.ts';
import { measure } from '../metrics.ts';
import { orUnavailable } from '../unavailable.ts';
import { accountPuts } from './accounts.ts';
import { backOff, batchGet } from './batch-get.ts';
import { type Database, readItem } from './database.ts';
import { happens } from './journal.ts';
import { mailRequestItem } from './mail-requests.ts';
import { factorPuts } from './stored-factors.ts';

/** DynamoDB takes 100 actions in one transaction. */
const ACTIONS = 100;

/** Writes imported accounts, as many in each transaction as fit. */
export function importStore(database: Database): ImportStore {
  return {
    async ownersOf(emails) {
      const rows = await batchGet(
        database,
        'emails',
        emails.map((email) => ({ email })),
      );
      const now = Date.now();
      // An expired hold on an address doesn't count.
      const valid = rows.filter(({ heldUntil }) => heldUntil === undefined || (heldUntil as number) > now);
      return new Map(valid.map((row) => [row.email as string, row.userId as string]));
    },

    async add(accounts) {
      const outcomes = new Map<NewAccount, Added>();
      for (const group of groupsOf(database, accounts)) await addGroup(database, group, outcomes);
      const mailed = accounts.filter((one) => one.mailRequest && outcomes.get(one)?.added).length;
      if (mailed > 0) measure({ MailsDue: mailed });
      return accounts.map((account) => outcomes.get(account) as Added);
    },
  };
}

type Planned = { account: NewAccount; actions: TransactWriteItem[] };

function groupsOf({ nameOf }: Database, accounts: readonly NewAccount[]): Planned[][] {
  const groups: Planned[][] = [[]];
  let size = 0;
  for (const account of accounts) {
    const now = Date.now();
    const { userId } = account.user;
    const actions = [
      ...accountPuts(nameOf, account.user, now), // first, since the outcome is read from these two
      ...happens(nameOf, { userId, at: now, by: account.by }, { type: 'user.created' }),
    ];
    if (account.factors) actions.push(...factorPuts(nameOf, account.user.userId, account.factors));
    if (account.mailRequest) {
      const Item = mailRequestItem(account.mailRequest);
      actions.push({ Put: { TableName: nameOf('reset-tags'), Item } });
    }
    size += actions.length;
    if (size > ACTIONS) {
      groups.push([]);
      size = actions.length;
    }
    groups.at(-1)?.push({ account, actions });
  }
  return groups;
}

/** Accounts whose conditions fail get their outcome, and the others are written again without them. */
async function addGroup(
  database: Database,
  group: readonly Planned[],
  outcomes: Map<NewAccount, Added>,
): Promise<void> {
  let rest = group;
  while (rest.length > 0) {
    const reasons = await transact(
      database,
      rest.flatMap(({ actions }) => actions),
    );
    // A reason for each action, in their order.
    let position = 0;
    rest = rest.filter(({ account, actions }) => {
      const own = reasons?.slice(position, position + actions.length);
      position += actions.length;
      const outcome = own === undefined ? ({ added: true } as const) : refusalIn(own);
      if (outcome !== undefined) outcomes.set(account, outcome);
      return !outcomes.has(account);
    });
  }
}

/** @returns `undefined` when no condition of this account failed */
function refusalIn([claim, put, ...factors]: readonly CancellationReason[]): Added | undefined {
  if (hasFailed(claim)) return { added: false, owner: ownerIn(claim) };
  if (hasFailed(put)) return { added: false };
  return factors.some(hasFailed) ? { added: false, passkeyTaken: true } : undefined;
}

function ownerIn(claim: CancellationReason | undefined): string | undefined {
  return readItem(claim?.Item)?.userId as string | undefined;
}

const hasFailed = (reason: CancellationReason | undefined) => reason?.Code === 'ConditionalCheckFailed';

const PASSING = [
  'TransactionConflict',
  'TransactionConflictException',
  'TransactionInProgressException', // our own transaction, whose answer was lost
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
];
const ATTEMPTS = 12;

/**
 * Sends a transaction, and repeats it while it is throttled or collides, which the SDK doesn't.
 *
 * @returns the reason of each action, if a condition cancelled the transaction; `undefined` if it was applied
 * @throws ProblemError `unavailable`
 */
async function transact(
  { client }: Database,
  TransactItems: TransactWriteItem[],
): Promise<readonly CancellationReason[] | undefined> {
  // One token for all attempts: a commit whose answer was lost doesn't conflict with itself.
  const ClientRequestToken = randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
      return undefined;
    } catch (error) {
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (reasons.some(hasFailed)) return reasons;
      const codes = [(error as Error).name, ...reasons.map(({ Code }) => Code ?? '')];
      if (!codes.some((code) => PASSING.includes(code)) || attempt === ATTEMPTS)
        return orUnavailable('DynamoDB', Promise.reject(error));
      await backOff(attempt);
    }
  }
}
