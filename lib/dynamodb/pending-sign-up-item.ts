import type { PendingSignUp } from '../core/pending-sign-up.ts';
import { timeToLive, writeItem } from './database.ts';

/** As it is stored: in the table of mails, in a shape that the stream leaves alone. */
export function pendingSignUpItem({ signUpId, expiresAt, ...pending }: PendingSignUp) {
  return writeItem({ tagId: signUpId, ...pending, expiresAt: timeToLive(expiresAt) });
}
