import type { Totp } from './factors.ts';
import type { Passkey } from './passkeys.ts';

/** The second factors of one account as they are stored: an export writes them, and an import restores them. */
export type StoredFactors = {
  totp?: Totp;
  /** SHA-256 of the codes that are left. */
  recoveryCodes?: { hashes: readonly string[]; createdAt: number };
  passkeys: readonly Passkey[];
};

/** The attributes of the account's own row that summarise its factors. */
export function summaryOf({ totp, passkeys }: StoredFactors): { totp?: true; passkeys?: number } {
  return { ...(totp && { totp: true }), ...(passkeys.length > 0 && { passkeys: passkeys.length }) };
}
