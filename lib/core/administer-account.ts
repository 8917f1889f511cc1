// What an operator may do to an account. The command line and the administrator's API call these and add no rules of their own.
// Every function that makes an event takes `by`: who did it, for the activity of the account.

import * as v from 'valibot';
import type { Clock, User, UserStore } from './account.ts';
import type { By } from './account-event.ts';
import { normaliseEmail } from './email-address.ts';
import { detailed, type RawFields, readFields } from './fields.ts';
import { inParallel } from './in-parallel.ts';
import { ProblemError } from './problem.ts';
import { MAX_ROLES, readRoles } from './roles.ts';
import type { SessionKey, SessionStore } from './session.ts';
import { type Tombstone, type TombstoneStore, tombstoneFor } from './tombstone.ts';
import { isUuid } from './uuid.ts';

/** The outcome of a change: `unchanged` when nothing had to change, `gone` when the account was deleted meanwhile. */
export type Change = 'changed' | 'unchanged' | 'gone';

/** Writes to one account, each on condition that it is still there. Every method throws ProblemError `unavailable`. */
export type AccountAdministration = {
  /** Disabling also raises `credentialVersion` in the same write, which ends every session and every mailed link. */
  setStatus(userId: string, status: User['status'], by: By): Promise<Change>;
  /** Raises `credentialVersion`. @returns false when the account is gone */
  endSessions(userId: string): Promise<boolean>;
  /** Marks the address as verified. `gone` also when the account has another address by now. */
  verifyEmail(account: Pick<User, 'userId' | 'email'>, by: By): Promise<Change>;
  /** Replaces all roles by these. */
  setRoles(userId: string, roles: readonly string[]): Promise<Change>;
  /** Removes `mailRefused`, `mailRefusedUntil` and `mailBounces`, so that the next bounce blocks for a day. */
  allowMail(userId: string): Promise<Change>;
  /**
   * Deletes the account and its claims on addresses and writes the tombstone, in one transaction.
   *
   * @returns false when the rows of the account and of its address name different owners: nothing was deleted
   */
  delete(
    account: Pick<User, 'userId' | 'email' | 'heldEmails'>,
    tombstone: Tombstone,
    by: By,
  ): Promise<boolean>;
  /** The named attributes of one account; `undefined` also for a damaged row, see `all`. */
  one<K extends keyof User>(userId: string, attributes: readonly K[]): Promise<Pick<User, K> | undefined>;
  /** The id of every account, whether or not its row is damaged. */
  ids(): AsyncIterable<string>;
  /**
   * Every account with the named attributes, in no particular order and not as one snapshot. A row in which one of them is
   * damaged is left out, and the log says so.
   */
  all<K extends keyof User>(attributes: readonly K[]): AsyncIterable<Pick<User, K>>;
  /**
   * At most `limit` accounts that follow the one with the id `after`, in an order that stays the same. Damaged rows are left
   * out as from `all`, so that a page may be short, or even empty, although another one follows.
   *
   * @returns `last`: the id to continue after; `undefined` at the end
   */
  page<K extends keyof User>(
    attributes: readonly K[],
    from: { limit: number; after: string | undefined },
  ): Promise<{ users: Pick<User, K>[]; last: string | undefined }>;
};

/**
 * Finds an account by its email address, however it is spelled, or its user id.
 *
 * @throws ProblemError `unknown-user`, also for a text that is neither; `unavailable`
 */
export async function findUser(users: UserStore, emailOrUserId: string): Promise<User> {
  const userId = emailOrUserId.includes('@')
    ? await ownerOf(users, normaliseEmail(emailOrUserId))
    : emailOrUserId.trim().toLowerCase();
  const user = userId === undefined || userId === '' ? undefined : await users.get(userId);
  if (user === undefined) throw unknownUser();
  return user;
}

/**
 * Finds an account by its user id alone.
 *
 * @throws ProblemError `unknown-user`, also for a text that can't be a user id; `unavailable`
 */
export async function userWithId<Found>(
  users: { get(userId: string): Promise<Found | undefined> },
  text: string,
): Promise<Found> {
  const userId = text.toLowerCase();
  const user = isUuid(userId) ? await users.get(userId) : undefined;
  if (user === undefined) throw unknownUser();
  return user;
}

/**
 * Applies an act to the account with this user id.
 *
 * @returns the account as it is afterwards
 * @throws ProblemError `unknown-user`, `unavailable`, and whatever the act throws
 */
export async function actOn(
  { users }: { users: Pick<UserStore, 'get'> },
  { userId }: { userId: string },
  act: (user: User) => Promise<unknown>,
): Promise<User> {
  const user = await userWithId(users, userId);
  await act(user);
  return userWithId(users, user.userId);
}

function ownerOf(users: UserStore, email: string | undefined): Promise<string | undefined> {
  return email === undefined ? Promise.resolve(undefined) : users.ownerOf(email);
}

/**
 * Locks an account out of everything, at once: log-in, refresh, access tokens, mailed links.
 *
 * @returns false when it was disabled already
 * @throws ProblemError `unknown-user`, `unavailable`
 */
export async function disableAccount(
  accounts: AccountAdministration,
  userId: string,
  by: By,
): Promise<boolean> {
  return hasChanged(await accounts.setStatus(userId, 'disabled', by));
}

/**
 * Lets the owner of a disabled account log in again. Sessions from before stay ended.
 *
 * @returns false when it wasn't disabled
 * @throws ProblemError `unknown-user`, `unavailable`
 */
export async function enableAccount(
  accounts: AccountAdministration,
  userId: string,
  by: By,
): Promise<boolean> {
  return hasChanged(await accounts.setStatus(userId, 'active', by));
}

/**
 * Allows mail again to an address that bounced or whose owner complained.
 *
 * @returns false when its mail wasn't refused
 * @throws ProblemError `unknown-user`, `unavailable`
 */
export async function allowMail(accounts: AccountAdministration, userId: string): Promise<boolean> {
  return hasChanged(await accounts.allowMail(userId));
}

/**
 * Marks an address as verified on the operator's word; access tokens say so from the next refresh on.
 *
 * @returns false when it was verified already
 * @throws ProblemError `unknown-user`, also when the account has another address by now; `unavailable`
 */
export async function verifyEmail(
  accounts: AccountAdministration,
  account: Pick<User, 'userId' | 'email'>,
  by: By,
): Promise<boolean> {
  return hasChanged(await accounts.verifyEmail(account, by));
}

/** A malformed role, or too many of them. */
export class RefusedRoles extends Error {
  override readonly name = 'RefusedRoles';
}

/**
 * Gives an account exactly these roles; access tokens have them from the next refresh on.
 *
 * @returns false when it had exactly these
 * @throws RefusedRoles, ProblemError `unknown-user`, `unavailable`
 */
export async function setRoles(
  accounts: AccountAdministration,
  userId: string,
  given: readonly unknown[],
): Promise<boolean> {
  const roles = readRoles(given);
  if (roles === undefined)
    throw new RefusedRoles(
      `An account has at most ${MAX_ROLES} roles, each of 1 to 64 letters, digits and _ . : -`,
    );
  return hasChanged(await accounts.setRoles(userId, roles));
}

const WRONG_ROLES = detailed(
  'invalid-roles',
  `not a list of at most ${MAX_ROLES} roles, each of 1 to 64 letters, digits and _ . : -`,
);

export const rolesFields = {
  roles: v.pipe(
    v.array(v.unknown(), ({ input }) => (input === undefined ? 'required' : WRONG_ROLES)),
    v.metadata({
      description: `All roles of the account: at most ${MAX_ROLES}, each of 1 to 64 letters, digits and _ . : -`,
      examples: [['editor', 'billing:read']],
    }),
    v.check((roles) => readRoles(roles) !== undefined, WRONG_ROLES),
  ),
};

/**
 * The same for the account with this user id, reading the roles from a request's fields.
 *
 * @returns the account as it is afterwards
 * @throws ProblemError `invalid-fields`, `unknown-user`, `unavailable`
 */
export async function setRolesOf(
  deps: { users: Pick<UserStore, 'get'>; accounts: AccountAdministration },
  { fields, ...about }: { userId: string; fields: RawFields },
): Promise<User> {
  const { roles } = readFields(rolesFields, fields);
  return actOn(deps, about, ({ userId }) => setRoles(deps.accounts, userId, roles));
}

/**
 * Ends one session of an account. Ending it twice is harmless.
 *
 * @returns false when the account has no such session
 * @throws ProblemError `unavailable`
 */
export async function endSession(
  { sessions, clock }: { sessions: Pick<SessionStore, 'end'>; clock: Clock },
  session: SessionKey,
  by: By,
): Promise<boolean> {
  return (await sessions.end(session, clock(), { by })) !== undefined;
}

/**
 * Ends all sessions of an account and invalidates its mailed links. The owner can log in again.
 *
 * @throws ProblemError `unknown-user`, `unavailable`
 */
export async function endSessions(accounts: AccountAdministration, userId: string): Promise<void> {
  if (!(await accounts.endSessions(userId))) throw unknownUser();
}

const AT_ONCE = 32;
const TRIES = 8;
const MAX_PAUSE_MS = 5_000;

/**
 * Ends the sessions of all accounts. An account whose write collides or is throttled is tried again: it must not keep the
 * others from being reached. Whoever signs up while it runs may keep the new session.
 *
 * @param onProgress receives the number of accounts done so far
 * @returns the number of accounts
 * @throws ProblemError `unavailable` when the tables don't answer for about 15 seconds
 */
export async function endEverybodysSessions(
  deps: { accounts: AccountAdministration; pause: (ms: number) => Promise<void> },
  onProgress: (done: number) => void = () => undefined,
): Promise<number> {
  let done = 0;
  await inParallel(AT_ONCE, deps.accounts.ids(), async (userId) => {
    const ended = await withRetries(deps.pause, () => deps.accounts.endSessions(userId));
    if (!ended) return; // deleted meanwhile
    done += 1;
    onProgress(done);
  });
  return done;
}

async function withRetries<T>(pause: (ms: number) => Promise<void>, act: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await act();
    } catch (error) {
      const mayPass = error instanceof ProblemError && error.problem.code === 'unavailable';
      if (!mayPass || tried === TRIES) throw error;
      await pause(Math.min(MAX_PAUSE_MS, 50 * 2 ** tried) * (0.5 + Math.random() / 2));
    }
  }
}

/** The rows of an account and of its address name different owners, and code must not guess which one to delete. */
export class RowsDisagree extends Error {
  override readonly name = 'RowsDisagree';
}

/**
 * Deletes an account, frees its address and writes a tombstone. Its sessions and mailed links stop working at once: each
 * use of them reads the account first, and TTL removes their rows.
 *
 * @throws RowsDisagree when the account and the claim on its address don't belong together: nothing was deleted
 * @throws ProblemError `unavailable`
 */
export async function deleteAccount(
  deps: { accounts: AccountAdministration; tombstones: TombstoneStore; clock: Clock },
  account: Pick<User, 'userId' | 'email' | 'heldEmails'>,
  by: By,
): Promise<void> {
  const tombstone = tombstoneFor(await deps.tombstones.key(), account.email, deps.clock());
  if (!(await deps.accounts.delete(account, tombstone, by)))
    throw new RowsDisagree('the rows of the account and of its address do not belong together');
}

function hasChanged(change: Change): boolean {
  if (change === 'gone') throw unknownUser();
  return change === 'changed';
}

function unknownUser(): ProblemError {
  return new ProblemError({ code: 'unknown-user' });
}
