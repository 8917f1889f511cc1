import * as v from 'valibot';
import { type Rules, storedTime } from './sound-rows.ts';

/** The rules of a session, as `readSession` returns it, before it is shown to anybody. */
export const storedSession: Rules = {
  userId: v.string(),
  sessionId: v.pipe(v.string(), v.uuid()),
  credentialVersion: v.number(),
  amr: v.array(v.string()),
  acr: v.picklist(['aal1', 'aal2']),
  authTime: storedTime,
  createdAt: storedTime,
  lastUsedAt: storedTime,
  device: v.optional(v.string()),
  idleExpiresAt: storedTime,
  absoluteExpiresAt: storedTime,
  endedAt: v.optional(storedTime),
};
