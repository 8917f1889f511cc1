import type { Totp } from './factors.ts';
import type { Passkey } from './passkeys.ts';

/** The second factors of one account as tables hold them: what an export writes and an import puts back. */
export type StoredFactors = {
  totp?: Totp;
  /** SHA-256 of the codes that are left. */
  recoveryCodes?: { hashes: readonly string[]; createdAt: number };
  passkeys: readonly Passkey[];
};

/** What the account's own row says of them. */
export function summaryOf({ totp, passkeys }: StoredFactors): { totp?: true; passkeys?: number } {
  return { ...(totp && { totp: true }), ...(passkeys.length > 0 && { passkeys: passkeys.length }) };
}
