import type { Takes } from '../http/take.ts';

// Texts of the OpenAPI document that several dialects share for one use-case.

export const LOG_IN =
  'Opens a session. A wrong password, an unknown address and a disabled account get the same answer in the same time.';

export const FORGET =
  'Sends a link, valid for 30 minutes, if the address has an account. Known and unknown addresses get the same answer in the same time.';

export const RESET =
  'Sets a new password with the tag of the mailed link. Every session of the user ends, and every other mailed link stops working. If the new password is refused, the tag can still be used.';

/** The query parameter that holds the tag of a mailed link. */
export const mailedTag = {
  description: 'The tag of the mailed link. It can be used once.',
  example: 'the-tag-of-the-mailed-link',
  required: true,
  schema: { type: 'string', minLength: 1 },
} satisfies NonNullable<Takes['query']>[string];
