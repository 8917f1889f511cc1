import type { Clock, PasswordHasher, User } from './account.ts';
import { both } from './both.ts';
import type { Language } from './language.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import { isPossiblePassword, normalisePassword } from './password-policy.ts';
import { ProblemError } from './problem.ts';
import { openAttempt, type Throttle } from './throttle.ts';

export type CheckedUser = User & {
  passwordHash: string;
  /** The hash was made by another system from the password as typed, without NFC. */
  hashIsOverTyped: boolean;
};

/**
 * Checks a password. Computes one hash, or two for a password that NFC changes. The number depends only on what was typed,
 * so that the time reveals nothing about the account.
 *
 * @returns `undefined` when the password is wrong, or there is no active account
 */
export async function checkPassword(
  { hasher }: { hasher: PasswordHasher },
  user: User | undefined,
  typed: string,
): Promise<CheckedUser | undefined> {
  const possible = isPossiblePassword(typed);
  // A disabled account is checked like an unknown one, so that the cost of its hash doesn't reveal that it exists.
  const passwordHash = possible && user?.status === 'active' ? user.passwordHash : undefined;
  const normalised = possible ? normalisePassword(typed) : '';
  const matches = await hasher.verify(normalised, passwordHash, user?.userId);
  const hashIsOverTyped =
    possible && normalised !== typed && (await hasher.verify(typed, passwordHash, user?.userId));
  if (!(matches || hashIsOverTyped) || user === undefined || passwordHash === undefined) return undefined;
  return { ...user, passwordHash, hashIsOverTyped };
}

export type ProveDeps = {
  hasher: PasswordHasher;
  throttle: Throttle;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/** The client that sent a proof, and the language of mails about it. */
export type Prover = { client: string; language: Language };

/**
 * Does something for the holder of a session who types the account's password again. The attempt counts like a log-in:
 * against the account and the client's address, before the hash is computed.
 *
 * @param prepare runs when the password is right, and returns a function that writes; an error of either isn't counted
 * @throws ProblemError `wrong-credentials`, `throttled`, `unavailable`, and whatever `prepare` and its result throw
 */
export async function withPassword<T>(
  deps: ProveDeps,
  { user, typed, client, language }: Prover & { user: User; typed: string },
  prepare: () => Promise<() => Promise<T>>,
): Promise<T> {
  const attempt = openAttempt(deps.throttle, { email: user.email, client });
  try {
    await attempt.countAddress();
    await attempt.reserve();
    if ((await checkPassword(deps, user, typed)) === undefined)
      throw wrongCredentials(await attempt.failed(lockMail(deps, user.userId, language)));
    const act = await prepare();
    const [result] = await both(act(), attempt.succeeded());
    return result;
  } finally {
    await attempt.release();
  }
}

/** The mail to the owner when this failed attempt locks the account until a reset. */
export function lockMail(
  { clock, tagLifetime }: { clock: Clock; tagLifetime: number },
  userId: string | undefined,
  language: Language,
): MailRequest {
  return newMailRequest({ userId, language, purpose: 'locked' }, clock(), tagLifetime);
}

export function wrongCredentials(locked: boolean): ProblemError {
  return new ProblemError({ code: 'wrong-credentials' }, undefined, {
    notice: locked ? 'lockout-begun' : undefined,
  });
}
