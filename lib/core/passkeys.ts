// Passkeys, as the core needs them. Times are milliseconds since the epoch.
import { createHash } from 'node:crypto';
import type { User } from './account.ts';
import type { MailRequest } from './mail-request.ts';
import type { Evidence, Session, SessionKey } from './session.ts';

/** The COSE numbers of EdDSA, ES256 and RS256, in order of preference. */
export const PASSKEY_ALGORITHMS = [-8, -7, -257] as const;
export type PasskeyAlgorithm = (typeof PASSKEY_ALGORITHMS)[number];

/** A public key as a JWK (RFC 7517). */
export type PasskeyKey =
  | { kty: 'EC'; crv: 'P-256'; x: string; y: string }
  | { kty: 'OKP'; crv: 'Ed25519'; x: string }
  | { kty: 'RSA'; n: string; e: string };

/** How many passkeys an account may have. */
export const MAX_PASSKEYS = 10;

/** A credential as its authenticator made it. */
export type NewCredential = {
  /** base64url */
  credentialId: string;
  algorithm: PasskeyAlgorithm;
  publicKey: PasskeyKey;
  /** The authenticator's signature counter; 0 where it doesn't count. */
  counter: number;
  /** Whether it may be copied to the holder's other devices. Never changes. */
  backupEligible: boolean;
  backedUp: boolean;
  /** The transports that the browser reported. */
  transports: readonly string[];
};

/** A credential that belongs to an account. */
export type Passkey = NewCredential & {
  factorId: string;
  name: string | null;
  createdAt: number;
  lastUsedAt: number | null;
  /** How often it was used. A removal sees by it that a log-in came in between. */
  uses: number;
};

/** The id of a passkey in tables and for clients: a SHA-256, since credential ids are too long for a table's key. */
export function factorIdOf(credentialId: string): string {
  return createHash('sha256').update(credentialId).digest('base64url');
}

/** A well-formed answer to a challenge, whose signature isn't verified yet. */
export type Assertion = Pick<NewCredential, 'credentialId' | 'counter' | 'backupEligible' | 'backedUp'> & {
  challenge: string;
  /** The user id in the authenticator's user handle. */
  userId: string;
  isSignedBy(key: Pick<NewCredential, 'algorithm' | 'publicKey'>): boolean;
};

/** A response that no ceremony of ours can have produced. The message is for the log. */
export class RefusedCredential extends Error {
  override readonly name = 'RefusedCredential';
}

/** The steps of WebAuthn that need no stored data; see lib/webauthn. */
export type RelyingParty = {
  /** @param response a RegistrationResponseJSON, or anything else. @throws RefusedCredential */
  registration(response: unknown): { challenge: string; credential: NewCredential };
  /** @param response an AuthenticationResponseJSON, or anything else. @throws RefusedCredential */
  assertion(response: unknown): Assertion;
};

/** What a challenge is for. One for a registration is valid only in the session that requested it. */
export type ChallengeUse = { for: 'log-in' } | { for: 'registration'; session: SessionKey };

/** A valid challenge of ours. Only the store can say whether it was used before. */
export type GoodChallenge = {
  /** SHA-256, which is stored when the challenge is used. */
  hash: string;
  issuedAt: number;
  expiresAt: number;
};

/** How long a challenge is valid, in milliseconds. */
export const CHALLENGE_MS = 5 * 60 * 1000;

/** Challenges that are stored only when they are used. Every method throws ProblemError `unavailable`. */
export type PasskeyChallenges = {
  /** @returns base64url */
  issue(use: ChallengeUse, now: number): Promise<string>;
  /** @returns `undefined` for one that isn't ours, is too old, or is for something else */
  check(use: ChallengeUse, challenge: string, now: number): Promise<GoodChallenge | undefined>;
};

/** One use of a passkey, on condition that it hasn't changed since it was read (`seen`). */
export type PasskeyUse = {
  userId: string;
  seen: Passkey;
  counter: number;
  backedUp: boolean;
  now: number;
  challenge: GoodChallenge;
};

/** What is written in the same transaction as a use. */
export type PasskeyUseEffects =
  | { open: Session }
  /** A step-up: the session as it was read, and its new evidence. */
  | { raise: { session: Session; evidence: Evidence } };

/** The account as it was read, which a change of its passkeys must find unchanged. */
export type PasskeyOwner = Pick<
  User,
  'userId' | 'credentialVersion' | 'totp' | 'passkeys' | 'factorAdditions'
>;

/** What the core needs of stored passkeys. Reads are strongly consistent; every method throws ProblemError `unavailable`. */
export type PasskeyStore = {
  get(userId: string, factorId: string): Promise<Passkey | undefined>;
  /** The oldest first. */
  list(userId: string): Promise<Passkey[]>;
  /** The user id of the passkey's owner. */
  ownerOf(factorId: string): Promise<string | undefined>;
  /**
   * Adds a passkey to an account, and cancels a pending TOTP.
   *
   * @returns `used`: the challenge was used before; `taken`: an account has the passkey already; `changed`: the factors were changed
   * since they were read
   */
  add(change: {
    user: PasskeyOwner;
    passkey: Passkey;
    challenge: GoodChallenge;
    session: SessionKey & Pick<Session, 'device'>;
    mail?: MailRequest | undefined;
  }): Promise<'added' | 'used' | 'taken' | 'changed'>;
  /** @returns `over`: the challenge was used before; `changed`: the passkey or the session has changed since it was read */
  use(use: PasskeyUse, effects: PasskeyUseEffects): Promise<'used' | 'over' | 'changed'>;
  /** Requests a mail about a refused use, once for the same response however often it is sent. */
  warn(mail: MailRequest): Promise<void>;
  /** Does nothing where the account has no such passkey. */
  rename(userId: string, factorId: string, name: string): Promise<void>;
  /**
   * Removes a passkey, ends the sessions that it opened, and removes the recovery codes with the last factor.
   *
   * @returns false when one of them was changed since it was read
   */
  remove(change: {
    user: PasskeyOwner;
    passkey: Passkey;
    /** The session in which it is removed. */
    session: SessionKey & Pick<Session, 'device'>;
    now: number;
    mail?: MailRequest | undefined;
  }): Promise<boolean>;
};
