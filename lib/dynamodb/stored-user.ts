import * as v from 'valibot';
import type { User } from '../core/account.ts';
import { isUuid } from '../core/uuid.ts';
import { type Rules, storedTime } from './sound-rows.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const mail = v.optional(v.object({ tagId: v.string(), at: storedTime }));

/** Only types and shapes: the rules of the values may have been different when the row was written. */
const rules = {
  userId: v.pipe(v.string(), v.check(isUuid)),
  email: v.pipe(v.string(), v.minLength(1)),
  name: v.string(),
  bio: v.nullable(v.string()),
  passwordHash: v.optional(v.string()),
  status: v.picklist(['active', 'disabled']),
  credentialVersion: count,
  createdAt: storedTime,
  roles: v.optional(v.array(v.string())),
  totp: v.optional(v.boolean()),
  passkeys: v.optional(count),
  heldEmails: v.optional(v.array(v.object({ email: v.string(), until: storedTime }))),
  factorAdditions: v.optional(v.array(v.object({ by: v.string(), at: storedTime }))),
  passwordChangedAt: v.optional(storedTime),
  breachMailedAt: v.optional(storedTime),
  factorsRemovedAt: v.optional(storedTime),
  emailVerified: v.optional(v.boolean()),
  verifyMail: mail,
  changeMail: mail,
  undone: v.optional(v.array(v.object({ from: storedTime, until: storedTime }))),
  mailRefused: v.optional(v.picklist(['bounced', 'complained'])),
  mailRefusedUntil: v.optional(storedTime),
  mailBounces: v.optional(count),
} satisfies Record<keyof User, v.GenericSchema>;

/** The rules of some attributes of an account's row. */
export function storedUser(attributes: readonly (keyof User)[]): Rules {
  return Object.fromEntries(attributes.map((name) => [name, rules[name]]));
}
