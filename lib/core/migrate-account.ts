// Lazy migration: accounts move in one by one, each when its owner logs in with the password of the system before.
import { randomUUID } from 'node:crypto';
import type { ClaimStore, Clock, PasswordHasher, User } from './account.ts';
import { type AdmitDeps, type LoggedIn, prepareAdmission } from './admit.ts';
import type { LegacyUser, Migration } from './hooks.ts';
import type { Language } from './language.ts';
import { isPossiblePassword, normalisePassword } from './password-policy.ts';
import type { Session } from './session.ts';
import { type SignUpDeps, verificationOf } from './sign-up.ts';
import { type TombstoneStore, tombstoneId } from './tombstone.ts';

/** What says whether an account may move in with an address. */
export type AddressDeps = {
  claims: ClaimStore;
  tombstones: Pick<TombstoneStore, 'existingKey' | 'deletedAt'>;
  clock: Clock;
};

export type MigrateDeps = Omit<AdmitDeps, 'sessions'> & {
  hasher: Pick<PasswordHasher, 'hash' | 'takes'>;
  migration: Migration &
    Omit<AddressDeps, 'clock'> & {
      accounts: Pick<SignUpDeps['accounts'], 'create'>;
      emailVerification: SignUpDeps['emailVerification'];
    };
};

type Typed = { email: string; password: string };

/**
 * Asks the system before whether this is the password of an address that nobody has. What our hash could not hold isn't
 * asked: the account could not be made.
 *
 * @param email normalised
 * @returns `taken` when somebody has the address by now
 * @throws ProblemError `hook-failed`, `unavailable`
 */
export async function findMigrant(
  { hasher, migration, clock }: MigrateDeps,
  { email, password }: Typed,
): Promise<LegacyUser | 'taken' | undefined> {
  if (!isPossiblePassword(password) || !hasher.takes(normalisePassword(password))) return undefined;
  const availability = await availabilityOf({ ...migration, clock }, email);
  if (availability === 'free') return migration.find({ email, password });
  return availability === 'taken' ? availability : undefined;
}

/**
 * Whether an account may move in with an address. One that was deleted here doesn't come back by itself: the system before
 * still has it.
 *
 * @throws ProblemError `unavailable`
 */
export async function availabilityOf(
  { claims, tombstones, clock }: AddressDeps,
  email: string,
): Promise<'free' | 'taken' | 'deleted'> {
  if ((await claims.claimantOf(email, clock())) !== undefined) return 'taken';
  const key = await tombstones.existingKey();
  if (key === undefined) return 'free';
  return (await tombstones.deletedAt([tombstoneId(key, email)])).size === 0 ? 'free' : 'deleted';
}

type Migrant = Typed & {
  legacy: LegacyUser;
  refreshes: boolean;
  device?: string | undefined;
  language: Language;
};

/**
 * Makes the account of whoever the system before knows, and opens its first session: one transaction. The password is
 * kept whatever the policy says, since it was good until now.
 *
 * @returns `undefined` when somebody has got the address meanwhile: another log-in of the same owner, or a sign-up
 * @throws ProblemError `hook-failed`, `unavailable`
 */
export async function migrateAccount(deps: MigrateDeps, migrant: Migrant): Promise<LoggedIn | undefined> {
  const { accounts, emailVerification } = deps.migration;
  const { refreshes, device, language, password } = migrant;
  const user = migratedUser({ ...migrant, userId: randomUUID() }, deps.clock());
  // Nobody has proved the address yet: as after a sign-up, the owner gets a mail.
  const mail = user.emailVerified || emailVerification === 'off' ? undefined : verificationOf(user, language);
  let created = false;
  const open = async (session: Session) => {
    const passwordHash = await deps.hasher.hash(normalisePassword(password));
    const verifyMail = mail && { tagId: mail.tagId, at: mail.requestedAt };
    created = await accounts.create(
      { ...user, passwordHash, ...(verifyMail && { verifyMail }) },
      session,
      mail,
    );
  };
  const admission = { user, refreshes, device, amr: ['pwd'], acr: 'aal1' } as const;
  const admit = await prepareAdmission({ ...deps, sessions: { open } }, admission);
  const loggedIn = await admit();
  return created ? loggedIn : undefined;
}

/** An account that has just moved in, without its password. @param now milliseconds since the epoch */
export function migratedUser(
  { userId, email, legacy }: { userId: string; email: string; legacy: LegacyUser },
  now: number,
): User {
  const { name, emailVerified, roles = [] } = legacy;
  return {
    ...{ userId, email, name, bio: null, status: 'active', credentialVersion: 1, createdAt: now },
    ...(emailVerified && { emailVerified }),
    ...(roles.length > 0 && { roles }),
  };
}
