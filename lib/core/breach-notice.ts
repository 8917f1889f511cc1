import type { Clock, User } from './account.ts';
import type { Language } from './language.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import { normalisePassword } from './password-policy.ts';

/** Looks for breached passwords at log-in. */
export type Breaches = {
  /** False when the service doesn't answer. */
  isBreached(password: string): Promise<boolean>;
  /**
   * Marks the user as notified and writes the mail's row, in one transaction. Does nothing when the user was marked after
   * `since`.
   *
   * @param since milliseconds since the epoch
   * @throws ProblemError `unavailable`
   */
  notify(mail: MailRequest, since: number): Promise<void>;
  /** Receives the error when an owner couldn't be notified. The log-in goes on; the next one tries again. */
  failed(userId: string, error: unknown): void;
};

export type BreachDeps = {
  /** Absent where passwords aren't compared with known breaches. */
  breaches?: Breaches | undefined;
  clock: Clock;
  /** Milliseconds. */
  tagLifetime: number;
};

/**
 * Mails the owner when the right password of a log-in is in a known breach, once for each password. The log-in goes on: a
 * refusal would lock the owner out, too, and a mail is how they learn of it.
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
    await breaches.notify(newMailRequest(mail, clock(), tagLifetime), since);
  } catch (error) {
    breaches.failed(user.userId, error);
  }
}
