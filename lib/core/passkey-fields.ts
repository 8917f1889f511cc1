import * as v from 'valibot';
import { personName, text } from './fields.ts';
import type { Reason } from './problem.ts';

/** The result of a credential's `toJSON()`. lib/webauthn checks its content as a whole, not field by field. */
export const credentialJson = v.pipe(
  v.unknown(),
  v.metadata({
    description:
      'An object: the credential that the browser answered, as its `toJSON()` gives it (WebAuthn Level 3).',
    examples: [{ id: 'k3J9', rawId: 'k3J9', type: 'public-key', response: {}, clientExtensionResults: {} }],
  }),
  // Before the rule below, which makes an object of an array.
  v.check((value) => !Array.isArray(value), 'not-object' satisfies Reason),
  v.looseObject({}, ({ input }): Reason => (input === undefined ? 'required' : 'not-object')),
);

/** The name of a factor, by the rules of personal names; `null` for none. */
export const passkeyName = v.nullish(personName, null);

/** The id of a passkey, as `POST /auth/passkeys` returned it. Any other text is an unknown passkey, not a malformed field. */
export const factorId = v.pipe(
  text,
  v.metadata({ examples: ['sYBkXmhK0X8sLcVH9Q0bW7m0b0lOaDqgpU1K2vQ3rTs'] }),
);

/** DynamoDB would refuse any other text as a key. */
export function isFactorId(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}
