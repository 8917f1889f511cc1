import { createHmac } from 'node:crypto';
import type { MailCodes } from '../core/mail-code.ts';
import type { StageKey } from './stage-key.ts';

/** HMAC-SHA-256 under a key that no table holds: there are only 10^8 codes, and SHA-256 of each takes a second in all. */
export function mailCodes(stage: Pick<StageKey, 'derived'>): MailCodes {
  return {
    async hash(tagId, code) {
      const key = await stage.derived('codes');
      return createHmac('sha256', key).update(`${tagId}\n${code}`).digest('base64url');
    },
  };
}
