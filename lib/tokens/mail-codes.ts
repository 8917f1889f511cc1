import { createHmac } from 'node:crypto';
import type { MailCodes } from '../core/mail-code.ts';
import type { StageKey } from './stage-key.ts';

/** HMAC-SHA-256 under a key that isn't in the tables. A plain SHA-256 wouldn't do: all 10^8 codes can be hashed in about a second. */
export function mailCodes(stage: Pick<StageKey, 'derived'>): MailCodes {
  return {
    async hash(tagId, code) {
      const key = await stage.derived('codes');
      return createHmac('sha256', key).update(`${tagId}\n${code}`).digest('base64url');
    },
  };
}
