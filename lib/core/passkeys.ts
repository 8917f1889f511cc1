// What the core knows of passkeys. Times are milliseconds since the epoch.
import { createHash } from 'node:crypto';
import type { User } from './account.ts';
import type { MailRequest } from './mail-request.ts';
import type { Evidence, Session, SessionKey } from './session.ts';

/** COSE's numbers of EdDSA, ES256 and RS256, what is liked best first. */
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
  /** How many signatures it has made; 0 where the authenticator doesn't count. */
  counter: number;
  /** Whether it may be copied to the holder's other devices. Never changes. */
  backupEligible: boolean;
  backedUp: boolean;
  /** How the browser may reach it, as the browser said. */
  transports: readonly string[];
};

/** A credential that belongs to an account. */
export type Passkey = NewCredential & {
  factorId: string;
  name: string | null;
  createdAt: number;
  lastUsedAt: number | null;
  /** How often it was used: whoever removes it sees by this that a log-in came in between. */
  uses: number;
};

/** The name of a passkey in tables and for clients: ids of credentials are too long for a key of a table. */
export function factorIdOf(credentialId: string): string {
  return createHash('sha256').update(credentialId).digest('base64url');
}

/** Somebody's answer to a challenge, which holds in itself; whose key signed it is not yet known. */
export type Assertion = Pick<NewCredential, 'credentialId' | 'counter' | 'backupEligible' | 'backedUp'> & {
  challenge: string;
  /** Whom the authenticator takes its user for. */
  userId: string;
  isSignedBy(key: Pick<NewCredential, 'algorithm' | 'publicKey'>): boolean;
};

/** Bytes of an authenticator that no ceremony of ours can have made. The message is for the log. */
export class RefusedCredential extends Error {
  override readonly name = 'RefusedCredential';
}

/** The steps of WebAuthn that need nothing that is stored; see lib/webauthn. */
export type RelyingParty = {
  /** @param response a RegistrationResponseJSON, or anything else. @throws RefusedCredential */
  registration(response: unknown): { challenge: string; credential: NewCredential };
  /** @param response an AuthenticationResponseJSON, or anything else. @throws RefusedCredential */
  assertion(response: unknown): Assertion;
};

/** What a challenge is for. One for a registration is good in the session that asked for it alone. */
export type ChallengeUse = { for: 'log-in' } | { for: 'registration'; session: SessionKey };

/** A challenge of ours, which has not yet been used as far as it says itself. */
export type GoodChallenge = {
  /** SHA-256: what is stored when it is used. */
  hash: string;
  issuedAt: number;
  expiresAt: number;
};

/** How long a challenge is good, in milliseconds. */
export const CHALLENGE_MS = 5 * 60 * 1000;

/** Challenges that are stored nowhere before they are used. Every method throws ProblemError `unavailable`. */
export type PasskeyChallenges = {
  /** @returns base64url */
  issue(use: ChallengeUse, now: number): Promise<string>;
  /** @returns `undefined` for one that is none of ours, too old, or for something else */
  check(use: ChallengeUse, challenge: string, now: number): Promise<GoodChallenge | undefined>;
};

/** One use of a passkey, on condition that it is still as it was read. */
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
  /** Those that were added first before the others. */
  list(userId: string): Promise<Passkey[]>;
  /** Whose passkey it is, if it is anybody's. */
  ownerOf(factorId: string): Promise<string | undefined>;
  /**
   * Gives a passkey to an account, and cancels a TOTP that waits for its first code.
   *
   * @returns `used`: the challenge was; `taken`: some account has it already; `changed`: the account's factors were changed
   * since they were read
   */
  add(change: {
    user: PasskeyOwner;
    passkey: Passkey;
    challenge: GoodChallenge;
    session: SessionKey & Pick<Session, 'device'>;
    mail?: MailRequest | undefined;
  }): Promise<'added' | 'used' | 'taken' | 'changed'>;
  /** @returns `over`: the challenge was used before; `changed`: the passkey or the session is another by now */
  use(use: PasskeyUse, effects: PasskeyUseEffects): Promise<'used' | 'over' | 'changed'>;
  /** Asks for a mail about a refused use, unless it was asked for before: by the same answer, which is sent again. */
  warn(mail: MailRequest): Promise<void>;
  /** Does nothing where the account has no such passkey. */
  rename(userId: string, factorId: string, name: string): Promise<void>;
  /**
   * Takes a passkey from its account, ends the sessions that it opened, and removes the recovery codes with the last factor.
   *
   * @returns false when one of them was changed since it was read
   */
  remove(change: {
    user: PasskeyOwner;
    passkey: Passkey;
    /** In which it is removed. */
    session: SessionKey & Pick<Session, 'device'>;
    now: number;
    mail?: MailRequest | undefined;
  }): Promise<boolean>;
};
