// Writes the users of a file into the tables: whole or not at all, each with the claim on the address, and with the
// request for the reset mail where there is no password.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  BatchGetItemCommand,
  type CancellationReason,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { User } from '../../../lib/core/account.ts';
import type { ResetRequest } from '../../../lib/core/reset-request.ts';
import { accountPuts } from '../../../lib/dynamodb/accounts.ts';
import { type Database, readItem, writeItem } from '../../../lib/dynamodb/database.ts';
import { resetRequestItem } from '../../../lib/dynamodb/reset-requests.ts';
import type { NumberedRow } from './file.ts';
import { inParallel } from './parallel.ts';
import { RefusedRow, readRow } from './row.ts';

export interface ImportOptions {
  /** Whether who comes without a hash is sent a reset mail. */
  readonly mails: boolean;
  /** Checks the rows against the tables and writes nothing. */
  readonly dryRun?: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Told of each row that is not imported. */
  readonly onRefused: (line: number, reason: string) => void;
  readonly onProgress?: (counts: Counts) => void;
}

/** What became of the rows so far. */
export type Counts = {
  rows: number;
  imported: number;
  /** Found in the tables, as an earlier run of the import left them or as they have become since. */
  before: number;
  refused: number;
  /** Of those imported, who is sent a reset mail. */
  mailed: number;
  /** Of the sound rows, how many hashes there are of each bcrypt cost. */
  costs: Map<number, number>;
};

type Numbered = { line: number; user: User };

/** DynamoDB takes 100 actions in one transaction. A user is two, and a third where a mail is due. */
const ACTIONS = 100;
const AT_ONCE = 8;

/**
 * Imports rows that are not there yet. An address is imported already when it belongs to the very user id that the
 * row has or would get; such a user is left alone, whatever has changed since.
 *
 * @returns the counts, of all rows
 * @throws what DynamoDB does. Everything written until then is whole: the same call goes on from there
 */
export async function importRows(
  database: Database,
  rows: AsyncIterable<NumberedRow>,
  options: ImportOptions,
): Promise<Counts> {
  const counts: Counts = { rows: 0, imported: 0, before: 0, refused: 0, mailed: 0, costs: new Map() };
  const refuse = (line: number, reason: string) => {
    counts.refused += 1;
    options.onRefused(line, reason);
  };
  await inParallel(
    AT_ONCE,
    batchesOf(soundRows(rows, options.now, counts, refuse), options),
    async (batch) => {
      const fresh = await notYetThere(database, batch, counts, refuse);
      if (options.dryRun) countImported(fresh, options, counts);
      else await write(database, fresh, { ...options, counts, refuse });
      options.onProgress?.(counts);
    },
  );
  return counts;
}

type Refuse = (line: number, reason: string) => void;

/** The users of those rows that are sound in themselves and no repetition within the file. */
async function* soundRows(
  rows: AsyncIterable<NumberedRow>,
  now: number,
  counts: Counts,
  refuse: Refuse,
): AsyncGenerator<Numbered> {
  const seen = new Map<string, number>();
  for await (const { line, raw } of rows) {
    counts.rows += 1;
    try {
      if (raw instanceof RefusedRow) throw raw;
      const user = readRow(raw, now);
      for (const [what, key] of [
        ['address', user.email],
        ['user id', user.userId],
      ] as const) {
        const first = seen.get(key);
        if (first !== undefined) throw new RefusedRow(`the ${what} is that of line ${first}.`);
      }
      seen.set(user.email, line).set(user.userId, line);
      const cost = user.passwordHash?.slice(4, 6);
      if (cost !== undefined) counts.costs.set(Number(cost), (counts.costs.get(Number(cost)) ?? 0) + 1);
      yield { line, user };
    } catch (error) {
      if (!(error instanceof RefusedRow)) throw error;
      refuse(line, error.message);
    }
  }
}

/** As many users at a time as one transaction takes. */
async function* batchesOf(
  users: AsyncIterable<Numbered>,
  { mails }: Pick<ImportOptions, 'mails'>,
): AsyncGenerator<Numbered[]> {
  let batch: Numbered[] = [];
  let actions = 0;
  for await (const one of users) {
    const more = isMailed(one.user, mails) ? 3 : 2;
    if (actions + more > ACTIONS) {
      yield batch;
      batch = [];
      actions = 0;
    }
    batch.push(one);
    actions += more;
  }
  if (batch.length > 0) yield batch;
}

/** Sorts out whose address has an owner. Spares a second run its transactions; the conditions on the writes decide. */
async function notYetThere(
  { client, nameOf }: Database,
  batch: readonly Numbered[],
  counts: Counts,
  refuse: Refuse,
): Promise<Numbered[]> {
  const TableName = nameOf('emails');
  const owners = new Map<unknown, unknown>();
  let wanted = batch.map(({ user: { email } }) => writeItem({ email }));
  for (let attempt = 1; wanted.length > 0; attempt += 1) {
    const RequestItems = { [TableName]: { Keys: wanted, ConsistentRead: true } };
    const { Responses, UnprocessedKeys } = await client.send(new BatchGetItemCommand({ RequestItems }));
    for (const item of Responses?.[TableName] ?? []) owners.set(item.email?.S, item.userId?.S);
    wanted = UnprocessedKeys?.[TableName]?.Keys ?? [];
    if (wanted.length > 0) await backOff(attempt);
  }
  return batch.filter((one) => {
    const owner = owners.get(one.user.email);
    if (owner !== undefined) settle(one, owner, counts, refuse);
    return owner === undefined;
  });
}

/** An address that has an owner: this row's own user, or somebody else. */
function settle({ line, user }: Numbered, owner: unknown, counts: Counts, refuse: Refuse): void {
  if (owner === user.userId) counts.before += 1;
  else refuse(line, `the address belongs to user ${owner} already.`);
}

function countImported(
  all: readonly Numbered[],
  { mails }: Pick<ImportOptions, 'mails'>,
  counts: Counts,
): void {
  counts.imported += all.length;
  counts.mailed += all.filter(({ user }) => isMailed(user, mails)).length;
}

async function write(
  database: Database,
  batch: readonly Numbered[],
  options: ImportOptions & { counts: Counts; refuse: Refuse },
): Promise<void> {
  const { counts, refuse, mails } = options;
  let rest = batch;
  while (rest.length > 0) {
    const reasons = await transact(
      database,
      rest.flatMap(({ user }) => actionsFor(database, user, options)),
    );
    if (reasons === undefined) {
      return countImported(rest, options, counts);
    }
    // A reason for each action, in their order. Who failed is settled; the others are tried again without them.
    let position = 0;
    rest = rest.filter((one) => {
      const [claim, put] = reasons.slice(position, position + 2);
      position += isMailed(one.user, mails) ? 3 : 2;
      if (hasFailed(claim)) settle(one, readItem(claim?.Item)?.userId, counts, refuse);
      else if (hasFailed(put))
        refuse(one.line, `the user id ${one.user.userId} belongs to another address already.`);
      return !hasFailed(claim) && !hasFailed(put);
    });
  }
}

function actionsFor(
  { nameOf }: Database,
  user: User,
  { mails, now }: Pick<ImportOptions, 'mails' | 'now'>,
): TransactWriteItem[] {
  const puts = accountPuts(nameOf, user);
  if (!isMailed(user, mails)) return puts;
  const Item = resetRequestItem(newResetRequest(user, now));
  return [...puts, { Put: { TableName: nameOf('reset-tags'), Item } }];
}

function isMailed({ passwordHash, status, mailRefused }: User, mails: boolean): boolean {
  return mails && passwordHash === undefined && status === 'active' && mailRefused === undefined;
}

/** Until its mail goes, when `send-mail` gives it the lifetime that the stage has. */
const TAG_LIFETIME_MS = 30 * 60 * 1000;

/** What `forget-password` writes: the table's stream does the rest. */
function newResetRequest({ userId }: User, now: number): ResetRequest {
  return {
    tagId: randomUUID(),
    kind: 'known',
    state: 'requested',
    userId,
    secretHashes: [],
    requestedAt: now,
    expiresAt: now + TAG_LIFETIME_MS,
  };
}

const hasFailed = (reason: CancellationReason | undefined) => reason?.Code === 'ConditionalCheckFailed';

const PASSING = [
  'TransactionConflict',
  'TransactionInProgressException', // our own, whose answer was lost
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
];
const ATTEMPTS = 12;

/**
 * One transaction, again while it is throttled or collides, neither of which the SDK tries again.
 *
 * @returns why it was cancelled, by the conditions of its actions; `undefined` when it was not
 */
async function transact(
  { client }: Database,
  TransactItems: TransactWriteItem[],
): Promise<readonly CancellationReason[] | undefined> {
  // One token for all attempts: a commit whose answer was lost is no conflict with itself.
  const ClientRequestToken = randomUUID();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems, ClientRequestToken }));
      return undefined;
    } catch (error) {
      const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (reasons.some(hasFailed)) return reasons;
      const codes = [(error as Error).name, ...reasons.map(({ Code }) => Code ?? '')];
      if (!codes.some((code) => PASSING.includes(code)) || attempt === ATTEMPTS) throw error;
      await backOff(attempt);
    }
  }
}

/** Waits longer each time, up to 5 s, and never as long as the others do. */
async function backOff(attempt: number): Promise<void> {
  await pause(Math.min(5_000, 50 * 2 ** attempt) * Math.random());
}
