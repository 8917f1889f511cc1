// Lazy migration: accounts move in one by one, each when its owner logs in with the password of the previous system.
import { randomUUID } from 'node:crypto';
import type { ClaimStore, Clock, PasswordHasher, User } from './account.ts';
import { type AdmitDeps, type LoggedIn, prepareAdmission } from './admit.ts';
import type { LegacyUser, Migration } from './hooks.ts';
import type { Language } from './language.ts';
import { isPossiblePassword, normalisePassword } from './password-policy.ts';
import type { Session } from './session.ts';
import { type SignUpDeps, verificationMailOf } from './sign-up.ts';
import { type TombstoneStore, tombstoneId } from './tombstone.ts';

/** What decides whether an account may move in with an address. */
export type AddressDeps = {
  claims: ClaimStore;
  tombstones: Pick<TombstoneStore, 'existingKey' | 'deletedAt'>;
  clock: Clock;
};

export type MigrateDeps = Omit<AdmitDeps, 'sessions'> & {
  hasher: Pick<PasswordHasher, 'hash' | 'canHash'>;
  migration: Migration &
    Omit<AddressDeps, 'clock'> & {
      accounts: Pick<SignUpDeps['accounts'], 'create'>;
      emailVerification: SignUpDeps['emailVerification'];
    };
};

type Typed = { email: string; password: string };

/**
 * Asks the previous system whether this is the password of an address that nobody has here. It isn't asked about a password
 * that our scheme can't hash, since the account couldn't be made.
 *
 * @param email normalised
 * @returns `taken` when somebody has the address by now
 * @throws ProblemError `hook-failed`, `unavailable`
 */
export async function findMigrant(
  { hasher, migration, clock }: MigrateDeps,
  { email, password }: Typed,
): Promise<LegacyUser | 'taken' | undefined> {
  if (!isPossiblePassword(password) || !hasher.canHash(normalisePassword(password))) return undefined;
  const availability = await availabilityOf({ ...migration, clock }, email);
  if (availability === 'free') return migration.find({ email, password });
  return availability === 'taken' ? availability : undefined;
}

/**
 * Whether an account may move in with an address. An account that was deleted here must not come back only because the
 * previous system still has it.
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
 * Creates the account of a user of the previous system and opens its first session, in one transaction. The password
 * doesn't have to satisfy the policy, since it was accepted until now.
 *
 * @returns `undefined` when somebody has got the address meanwhile: another log-in of the same owner, or a sign-up
 * @throws ProblemError `hook-failed`, `unavailable`
 */
export async function migrateAccount(deps: MigrateDeps, migrant: Migrant): Promise<LoggedIn | undefined> {
  const { accounts, emailVerification } = deps.migration;
  const { refreshes, device, language, password } = migrant;
  const user = migratedUser({ ...migrant, userId: randomUUID() }, deps.clock());
  // If the address isn't verified, the owner gets a mail, as after a sign-up.
  const mail =
    user.emailVerified || emailVerification === 'off' ? undefined : verificationMailOf(user, language);
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

/** The row of an account that moves in, without its password hash. @param now milliseconds since the epoch */
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
