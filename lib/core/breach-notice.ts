import type { Clock, User } from './account.ts';
import type { Language } from './language.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import { normalisePassword } from './password-policy.ts';

/** Looks for breached passwords at log-in. */
export type Breaches = {
  /** Says no when it can't be found out. */
  isBreached(password: string): Promise<boolean>;
  /**
   * Marks the user as mailed, and writes the mail's row, in one transaction. Does nothing when the user was marked after
   * `since`.
   *
   * @param since milliseconds since the epoch
   * @throws ProblemError `unavailable`
   */
  tell(mail: MailRequest, since: number): Promise<void>;
  /** Is given the reason why an owner wasn't mailed. The log-in goes on; the next one tries again. */
  failed(userId: string, error: unknown): void;
};

export type BreachDeps = {
  /** Absent where breached passwords are not looked for. */
  breaches?: Breaches | undefined;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Mails the owner of a right password that was found in a breach, once for each password. The log-in goes on: whoever
 * knows the password gets in either way, and the owner has to learn of it.
 *
 * @param language of the client
 */
export async function notifyOfBreach(
  { breaches, clock, tagLifetime }: BreachDeps,
  user: User,
  password: string,
  language: Language,
): Promise<void> {
  const since = user.passwordChangedAt ?? 0;
  if (breaches === undefined || (user.breachMailedAt ?? -1) >= since) return;
  if (!(await breaches.isBreached(normalisePassword(password)))) return;
  const mail = { userId: user.userId, language, purpose: 'password-breached' } as const;
  try {
    await breaches.tell(newMailRequest(mail, clock(), tagLifetime), since);
  } catch (error) {
    breaches.failed(user.userId, error);
  }
}
