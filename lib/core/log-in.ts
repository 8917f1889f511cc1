import { randomUUID } from 'node:crypto';
import type { AccessToken, AccessTokenSigner } from './access-token.ts';
import {
  type Clock,
  type HashRenewal,
  type PasswordHasher,
  type Profile,
  profileOf,
  type User,
  type UserStore,
} from './account.ts';
import { normaliseEmail } from './email-address.ts';
import { type RawFields, readFields, textSuchAs } from './fields.ts';
import { hashSecret, newSecret, writeRefreshToken } from './opaque-token.ts';
import { normalisePassword, refusedPassword } from './password-policy.ts';
import { type Notice, ProblemError } from './problem.ts';
import { newRefreshableSession, newSession, type SessionLifetimes, type SessionStore } from './session.ts';
import { type Throttle, withinLoginLimits } from './throttle.ts';

export type LogInRequest = {
  fields: RawFields;
  /** Whether the client takes a refresh token. */
  refreshes: boolean;
  client: string;
};

export type LoggedIn = { profile: Profile; accessToken: AccessToken; refreshToken?: string };

/** The rules of a log-in's fields: what cannot be right is wrong credentials, like any other guess. */
export const logInFields = {
  email: textSuchAs('ada@example.com'),
  password: textSuchAs('correct horse battery staple'),
};

export type LogInParts = {
  users: Pick<UserStore, 'ownerOf' | 'get'>;
  sessions: Pick<SessionStore, 'open' | 'get'>;
  hasher: PasswordHasher;
  renewals: {
    /**
     * Puts a new hash in the place of the one that was read. Does nothing when that is no longer stored: a reset came
     * in between, and its password must stand.
     *
     * @throws ProblemError `unavailable`
     */
    store(renewal: HashRenewal): Promise<void>;
    /** Told why a hash is still the old one. The log-in goes on; the next one tries again. */
    failed(userId: string, error: unknown): void;
  };
  signer: AccessTokenSigner;
  throttle: Throttle;
  clock: Clock;
  lifetimes: SessionLifetimes;
};

/**
 * Opens a session for who knows the password. A wrong password, an unknown or disabled account, a malformed address
 * and a password that no account can have are one answer, reached by the same calls and one computed hash.
 *
 * @throws ProblemError `invalid-fields`, `wrong-credentials`, `throttled`, `unavailable`
 * @see OWASP ASVS 5.0 6.3.8
 */
export async function logIn(parts: LogInParts, request: LogInRequest): Promise<LoggedIn> {
  const credentials = readFields(logInFields, request.fields);
  // What is no address is looked up by its hash, which nobody has: as it is, no table might take it for a key.
  const email = normaliseEmail(credentials.email) ?? hashSecret(Buffer.from(credentials.email));

  let notice: Notice | undefined;
  const loggedIn = await withinLoginLimits(
    parts.throttle,
    { account: email, client: request.client },
    {
      find: () => parts.users.ownerOf(email),
      load: (userId) => load(parts, userId),
      hasOpened: (userId, sessionId) => hasOpened(parts, userId, sessionId),
      check: (user) => checkPassword(parts, user, credentials.password),
      admit: async (user, sessionId) => {
        await renewHash(parts, user, credentials.password);
        return openSession(parts, user, sessionId, request.refreshes);
      },
    },
    () => {
      notice = 'lockout-begun';
    },
  );
  if (loggedIn === undefined) throw new ProblemError({ code: 'wrong-credentials' }, undefined, { notice });
  return loggedIn;
}

/** An address without an owner is looked up all the same, under an id that nobody has: as many calls, as much time. */
async function load({ users, signer }: LogInParts, userId: string = randomUUID()): Promise<User | undefined> {
  // In a cold function the signing key is far away: it is fetched beside, and at hand when it is asked for again.
  const [user] = await Promise.all([users.get(userId), signer.ready()]);
  return user;
}

async function hasOpened(
  { sessions }: LogInParts,
  userId: string = randomUUID(),
  sessionId: string,
): Promise<boolean> {
  return (await sessions.get({ userId, sessionId })) !== undefined;
}

type UserWithHash = User & { passwordHash: string };

async function checkPassword(
  { hasher }: LogInParts,
  user: User | undefined,
  password: string,
): Promise<UserWithHash | undefined> {
  // One code point is the least that any policy ever asked for: an account keeps its password when the minimum rises.
  const possible = refusedPassword(password, 1) === undefined;
  const passwordHash = possible ? user?.passwordHash : undefined;
  const matches = await hasher.verify(
    possible ? normalisePassword(password) : '',
    passwordHash,
    user?.userId,
  );
  if (!matches || passwordHash === undefined || user?.status !== 'active') return undefined;
  return { ...user, passwordHash };
}

/** The one moment when the password is known and its hash can be made anew, as for those that were imported. */
async function renewHash(
  { hasher, renewals }: LogInParts,
  { userId, passwordHash: from }: UserWithHash,
  password: string,
): Promise<void> {
  if (!hasher.isOutdated(from)) return;
  try {
    await renewals.store({ userId, from, to: await hasher.hash(normalisePassword(password)) });
  } catch (error) {
    renewals.failed(userId, error);
  }
}

async function openSession(
  { signer, sessions, clock, lifetimes }: LogInParts,
  user: User,
  sessionId: string,
  refreshes: boolean,
): Promise<LoggedIn> {
  const sign = await signer.ready();
  const now = clock();
  const profile = profileOf(user);
  const accessToken = await sign(profile, sessionId, now);
  if (!refreshes) {
    await sessions.open(newSession(user, sessionId, lifetimes, now));
    return { profile, accessToken };
  }
  const token = { userId: user.userId, sessionId, family: newSecret(), secret: newSecret() };
  const hashes = { familyHash: hashSecret(token.family), currentHash: hashSecret(token.secret) };
  await sessions.open(newRefreshableSession(user, sessionId, lifetimes, now, hashes));
  return { profile, accessToken, refreshToken: writeRefreshToken(token) };
}
