import * as v from 'valibot';
import type { User, UserStore } from './account.ts';
import type { AccountAdministration } from './administer-account.ts';
import { normaliseEmail } from './email-address.ts';
import { invalidFields, type RawFields, readBy, readFields } from './fields.ts';
import { pageToken, readPageToken } from './page-token.ts';
import type { TombstoneStore } from './tombstone.ts';

export type ListUsersRequest = {
  /** An email address in any spelling, to find the one account that has it. */
  email: string | undefined;
  /** As they came. */
  limit: string | undefined;
  next: string | undefined;
};

export type ListUsersDeps = {
  users: Pick<UserStore, 'ownerOf'>;
  accounts: Pick<AccountAdministration, 'one' | 'page'>;
  tombstones: Pick<TombstoneStore, 'key'>;
};

/** An account as administrators see it. */
export type ListedUser = Pick<User, (typeof LISTED_ATTRIBUTES)[number]>;
export type UserPage = { users: ListedUser[]; next: string | null };

const LISTED_ATTRIBUTES = [
  'userId',
  'email',
  'name',
  'bio',
  'status',
  'emailVerified',
  'roles',
  'createdAt',
] as const satisfies (keyof User)[];

/** How many accounts a page has at most, and by default. */
const MAX_PAGE_SIZE = 100;

const fields = {
  limit: v.optional(
    readBy('invalid-limit', { description: '', examples: [] }, (value) =>
      /^[1-9]\d{0,2}$/.test(String(value)) && Number(value) <= MAX_PAGE_SIZE
        ? { value: Number(value) }
        : { refused: `not a whole number from 1 to ${MAX_PAGE_SIZE}.` },
    ),
    MAX_PAGE_SIZE,
  ),
};

export const WRONG_NEXT = {
  field: 'next',
  reason: 'invalid-next',
  detail: 'Not the `next` of a page of this stage, letter for letter.',
} as const;

/**
 * One page of all accounts, in no particular order and not as one snapshot; or the one account with an address. A damaged
 * row is left out, so that it can't keep the others from being listed.
 *
 * @throws ProblemError `invalid-fields` for a limit out of bounds, or a `next` that isn't of this stage; `unavailable`
 */
export async function listUsers(deps: ListUsersDeps, request: ListUsersRequest): Promise<UserPage> {
  const { limit } = readFields(fields, { limit: request.limit } as RawFields);
  const key = await deps.tombstones.key();
  const after = request.next === undefined ? undefined : readPageToken(key, request.next);
  if (request.next !== undefined && after === undefined) throw invalidFields([WRONG_NEXT]);
  if (request.email !== undefined) return { users: await usersWithEmail(deps, request.email), next: null };
  const { users, last } = await deps.accounts.page(LISTED_ATTRIBUTES, { limit, after });
  return { users, next: last === undefined ? null : pageToken(key, last) };
}

async function usersWithEmail({ users, accounts }: ListUsersDeps, given: string): Promise<ListedUser[]> {
  const email = normaliseEmail(given);
  const userId = email === undefined ? undefined : await users.ownerOf(email);
  const user = userId === undefined ? undefined : await accounts.one(userId, LISTED_ATTRIBUTES);
  return user === undefined ? [] : [user];
}
