import type { LatestMail, User } from './account.ts';
import type { Session } from './session.ts';

/** A sign-up that waits for its address to be verified. Several may wait for one address; the first to complete wins. */
export type PendingSignUp = {
  signUpId: string;
  /** SHA-256 of the secret that only the tab which signed up has. */
  secretHash: string;
  /** The id that the account will have. */
  userId: string;
  email: string;
  name: string;
  bio: string | null;
  /** Absent once the account exists. */
  passwordHash?: string;
  state: 'pending' | 'completed';
  latest: LatestMail;
  /** Milliseconds since the epoch. For the row's TTL only: a day after its latest link expires. */
  expiresAt: number;
};

/** What completes a pending sign-up. */
type SignUpCompletion = {
  pending: PendingSignUp;
  user: User;
  /** Absent where the client can't hold a session, such as a page. */
  session?: Session;
  /** The id of the mail that proved the address. */
  tagId: string;
};

/** What the core needs of pending sign-ups. Every method throws ProblemError `unavailable`. */
export type PendingSignUpStore = {
  /** Strongly consistent. */
  get(signUpId: string): Promise<PendingSignUp | undefined>;
  /**
   * Creates the account with its claim and its first session, and uses the mail up: one transaction.
   *
   * @returns `completed` when the sign-up was completed before, `taken` when the address has got another owner
   */
  complete(completion: SignUpCompletion): Promise<'created' | 'completed' | 'taken'>;
};
