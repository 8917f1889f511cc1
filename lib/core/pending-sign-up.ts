import type { LatestMail, User } from './account.ts';
import type { Session } from './session.ts';

/** A sign-up that waits for its address. Several may wait for the same; the first one completed wins. */
export type PendingSignUp = {
  signUpId: string;
  /** SHA-256 of the secret that the tab which signed up holds. */
  secretHash: string;
  /** The account's, once there is one. */
  userId: string;
  email: string;
  name: string;
  bio: string | null;
  /** Absent once the account exists. */
  passwordHash?: string;
  state: 'pending' | 'completed';
  latest: LatestMail;
  /** Milliseconds since the epoch. Nothing is judged by it: the row is kept a day longer than its latest link lives. */
  expiresAt: number;
};

/** The end of a sign-up that waited. */
type SignUpCompletion = {
  pending: PendingSignUp;
  user: User;
  /** None where nobody is there to hold it. */
  session?: Session;
  /** The id of the mail that proved the address. */
  tagId: string;
};

/** What the core needs of sign-ups that wait. Every method throws ProblemError `unavailable`. */
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
