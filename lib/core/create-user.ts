import { randomUUID } from 'node:crypto';
import type { Clock } from './account.ts';
import type { By } from './account-event.ts';
import { type HashReader, readAccountRow } from './account-row.ts';
import { invalidFields, type RawFields } from './fields.ts';
import { type AccountToImport, type ImportDeps, type ImportRefusal, importUsers } from './import-users.ts';
import type { ListedUser } from './list-users.ts';
import { ProblemError } from './problem.ts';

export type CreateUserDeps = { imports: ImportDeps['accounts']; tombstones: ImportDeps['tombstones'] } & {
  readHash: HashReader;
  clock: Clock;
};

/**
 * Creates one account as an import does from a row: with any hash that can be verified; without one the owner gets an
 * email to set a password.
 *
 * @throws ProblemError `invalid-fields`, also for second factors, for a user id that another account has and for an account that was deleted
 *   here after the row says that it was made; `email-taken`, `unavailable`
 */
export async function createUser(deps: CreateUserDeps, fields: RawFields, by: By): Promise<ListedUser> {
  if (fields.factors != null)
    throw invalidFields([{ field: 'factors', reason: 'factors-refused', detail: NO_FACTORS }]);
  const now = deps.clock();
  const account = {
    // Not derived from the address, as in an import: an account made after a deletion belongs to somebody new.
    userId: randomUUID(),
    createdAt: now,
    ...readAccountRow(fields, { readHash: deps.readHash, now }),
  };
  let refusal: ImportRefusal | undefined;
  const { imported } = await importUsers(
    { accounts: deps.imports, tombstones: deps.tombstones },
    one(account),
    {
      mails: true,
      kindOf: () => '',
      now,
      by,
      onRefused: (_, why) => {
        refusal = why;
      },
    },
  );
  if (imported === 0) throw problemOf(refusal);
  return account;
}

/** Dropped silently, they would leave an account open to whoever has its password. */
const NO_FACTORS = 'Second factors come by an import alone; leave them out to make the account without them.';

const DELETED =
  'An account with this address was deleted here after that; leave createdAt out to make a new one.';

async function* one(account: AccountToImport) {
  yield { line: 1, account };
}

/** Nothing imported and no refusal means that this very account exists already. */
function problemOf(refusal: ImportRefusal | undefined): ProblemError {
  if (refusal?.why === 'deleted')
    return invalidFields([{ field: 'createdAt', reason: 'before-deletion', detail: DELETED }]);
  if (refusal?.why === 'user-id-taken')
    return invalidFields([{ field: 'userId', reason: 'user-id-taken', detail: 'Another user has this id.' }]);
  return new ProblemError({ code: 'email-taken' });
}
