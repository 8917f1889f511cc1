// Second factors as they are stored. Times are milliseconds since the epoch.

import type { MailRequest } from './mail-request.ts';
import type { Evidence, Session, SessionKey } from './session.ts';

/** An active TOTP. An account has at most one. */
export type Totp = {
  /** The `factorId` that clients see; the sealed secret is bound to it. */
  id: string;
  name: string | null;
  sealedSecret: string;
  /** The last step that was used: neither it nor an older one is accepted again. */
  lastStep: number;
  createdAt: number;
  lastUsedAt: number;
};

/** A TOTP that waits for its first code, in the session that set it up. */
export type PendingTotp = Pick<Totp, 'id' | 'name' | 'sealedSecret' | 'createdAt'> & {
  sessionId: string;
  expiresAt: number;
};

/** One use of a factor, on condition that nobody has used the same before. */
export type FactorUse =
  | { by: 'totp'; userId: string; id: string; step: number; now: number }
  /** `left`: the number of codes left after this one. */
  | { by: 'recovery-code'; userId: string; hash: string; left: number };

/** What is written in the same transaction as a use: all of it, or nothing. */
type UseEffects = {
  /** The hash of the challenge that the use answers, which can be used once. */
  challenge?: string;
  open?: Session;
  /** A step-up: the session's new evidence. */
  raise?: { session: SessionKey; evidence: Evidence };
  /** Counters to delete. */
  forget?: readonly string[];
  mail?: MailRequest;
};

/**
 * The outcome of a use. `wrong`: it was used before, or the factor is gone. `changed`: another recovery code was used in
 * between, so that `left` is wrong. `over`: the challenge was used, or the session has ended.
 */
export type UseOutcome = 'used' | 'wrong' | 'changed' | 'over';

/** A change of an account's factors, applied only to the account and session as they were read. */
export type FactorChange = {
  user: { userId: string; credentialVersion: number; passkeys?: number | undefined };
  mail?: MailRequest;
};

/** A factor as clients see it. */
export type ListedFactor = {
  factorId: string;
  type: 'totp' | 'passkey';
  name: string | null;
  createdAt: number;
  lastUsedAt: number | null;
};

/** What the core needs of the table of factors. Reads are strongly consistent; every method throws ProblemError `unavailable`. */
export type FactorStore = {
  totp(userId: string): Promise<Totp | undefined>;
  /** The hashes of those that are left; `undefined` when the account never had any. */
  recoveryCodes(userId: string): Promise<readonly string[] | undefined>;
  use(use: FactorUse, effects: UseEffects): Promise<UseOutcome>;
};

/** What the core needs to show the factors of an account. */
export type FactorList = {
  /** Active factors, the oldest first. @throws ProblemError `unavailable` */
  list(userId: string): Promise<{ factors: ListedFactor[]; recoveryCodesLeft: number | null }>;
};

/** What the core needs to change them. Every method throws ProblemError `unavailable`. */
export type FactorChanges = {
  pendingTotp(userId: string): Promise<PendingTotp | undefined>;
  /** Stores a pending TOTP, in place of any earlier one. */
  putPendingTotp(userId: string, pending: PendingTotp): Promise<void>;
  /**
   * Activates the pending TOTP, with its first step used, and replaces the recovery codes. Every other session
   * ends: the version of the account rises, and that of the one session with it.
   *
   * @returns false when the pending one is gone, the session is over, or the account was changed meanwhile
   */
  activateTotp(
    change: FactorChange & {
      pending: PendingTotp;
      step: number;
      now: number;
      hashes: readonly string[];
      session: SessionKey & Pick<Session, 'device'>;
      evidence: Evidence;
    },
  ): Promise<boolean>;
  /**
   * Removes the active TOTP, and the recovery codes where no passkey is left.
   *
   * @returns false when the account was changed meanwhile
   */
  removeTotp(change: FactorChange & { now: number; session: Session }): Promise<boolean>;
  /** @returns false when the account has no factor any more, or was changed meanwhile */
  replaceRecoveryCodes(
    change: FactorChange & { hashes: readonly string[]; now: number; session: Session },
  ): Promise<boolean>;
};

/** A log-in with the right password that waits for its second factor. */
export type Challenge = { userId: string; credentialVersion: number; expiresAt: number };

/** What the core needs of stored challenges. The key of each is the SHA-256 of the text that the client has. */
export type ChallengeStore = {
  put(hash: string, challenge: Challenge): Promise<void>;
  get(hash: string): Promise<Challenge | undefined>;
};

/** Seals the secrets of TOTPs; see lib/tokens/totp-sealing.ts. */
export type TotpSealing = {
  /** @throws ProblemError `unavailable` */
  seal(secret: Uint8Array, owner: { userId: string; id: string }): Promise<string>;
  /** @throws ProblemError `unavailable`; Error when the row isn't its owner's */
  unseal(sealed: string, owner: { userId: string; id: string }): Promise<Buffer>;
};
