import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { hashSecret } from '../core/opaque-token.ts';
import { CHALLENGE_MS, type ChallengeUse, type PasskeyChallenges } from '../core/passkeys.ts';
import type { StageKey } from './stage-key.ts';

// 6 bytes of time, 16 random ones, and a MAC of 32: 72 characters of base64url without padding bits.
const [TIME_BYTES, NONCE_BYTES, MAC_BYTES] = [6, 16, 32];
const FORM = /^[\w-]{72}$/;

/**
 * Challenges that contain their time and purpose, with a MAC under a key that isn't in the tables: issuing one needs no
 * read or write. Each can still be used only once, since its use is stored (see `PasskeyStore`).
 *
 * @see WebAuthn Level 3 section 13.4.3: at least 16 random bytes
 */
export function passkeyChallenges(stage: Pick<StageKey, 'derived'>): PasskeyChallenges {
  async function macOf(use: ChallengeUse, issued: Buffer): Promise<Buffer> {
    const bound = use.for === 'registration' ? `\n${use.session.userId}\n${use.session.sessionId}` : '';
    const key = await stage.derived('challenges');
    return createHmac('sha256', key).update(`${use.for}${bound}\n`).update(issued).digest();
  }

  return {
    async issue(use, now) {
      const issued = randomBytes(TIME_BYTES + NONCE_BYTES);
      issued.writeUIntBE(now, 0, TIME_BYTES);
      return Buffer.concat([issued, await macOf(use, issued)]).toString('base64url');
    },

    async check(use, challenge, now) {
      if (!FORM.test(challenge)) return undefined;
      const bytes = Buffer.from(challenge, 'base64url');
      const issued = bytes.subarray(0, -MAC_BYTES);
      if (!timingSafeEqual(bytes.subarray(-MAC_BYTES), await macOf(use, issued))) return undefined;
      const issuedAt = issued.readUIntBE(0, TIME_BYTES);
      const expiresAt = issuedAt + CHALLENGE_MS;
      return now < expiresAt ? { hash: hashSecret(bytes), issuedAt, expiresAt } : undefined;
    },
  };
}
