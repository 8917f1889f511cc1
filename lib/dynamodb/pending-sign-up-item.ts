import type { PendingSignUp } from '../core/pending-sign-up.ts';
import { timeToLive, writeItem } from './database.ts';

/** The row of a pending sign-up: in the outbox, in a shape that the stream's filter skips. */
export function pendingSignUpItem({ signUpId, expiresAt, ...pending }: PendingSignUp) {
  return writeItem({ tagId: signUpId, ...pending, expiresAt: timeToLive(expiresAt) });
}
