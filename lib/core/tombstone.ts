// Remembers deleted accounts, so that neither an import nor a restored table brings back somebody who asked to be deleted.

import { createHmac } from 'node:crypto';
import { uuidFromHash } from './uuid.ts';

/** Times are milliseconds since the epoch. */
export type Tombstone = {
  /** HMAC-SHA-256 of the address under the stage's key, in hex: the table of tombstones doesn't list addresses. */
  id: string;
  deletedAt: number;
  expiresAt: number;
};

/** Every method throws ProblemError `unavailable`. */
export type TombstoneStore = {
  /** The stage's secret for tombstones and imported user ids: 32 random bytes, made at the first call and kept for ever. */
  key(): Promise<Uint8Array>;
  /** The same, without making one. */
  existingKey(): Promise<Uint8Array | undefined>;
  /** When the accounts of these ids were deleted; ids without a tombstone are left out. */
  deletedAt(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
};

/** A month longer than a yearly backup may be in use. */
const KEPT_MS = 400 * 24 * 60 * 60 * 1000;

/** @param now milliseconds since the epoch */
export function tombstoneFor(key: Uint8Array, email: string, now: number): Tombstone {
  return { id: tombstoneId(key, email), deletedAt: now, expiresAt: now + KEPT_MS };
}

/** @param email normalised */
export function tombstoneId(key: Uint8Array, email: string): string {
  return createHmac('sha256', key).update(`deleted\n${email}`).digest('hex');
}

/**
 * Whether an account is one that was deleted, rather than a later one with the same address.
 *
 * @param createdAt of the account; without it, it counts as the deleted one
 */
export function isDeleted(createdAt: number | undefined, deletedAt: number): boolean {
  return createdAt === undefined || createdAt <= deletedAt;
}

/**
 * The id of an imported account whose row names none: the same one at every run, by which a second import recognises what
 * the first has stored. Nobody without the stage's key can compute it, so that an id never tells whose address it is.
 *
 * @returns a UUID of version 8
 */
export function importedUserId(
  key: Uint8Array,
  { email, passwordHash = '' }: { email: string; passwordHash?: string | undefined },
): string {
  const mac = createHmac('sha256', key).update(`imported\n${email}\n${passwordHash}`).digest();
  return uuidFromHash(mac);
}
