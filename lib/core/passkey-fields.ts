import * as v from 'valibot';
import { personName, text } from './fields.ts';
import type { Reason } from './problem.ts';

/** What a browser's `toJSON()` of a credential gave. What is in it is judged as a whole, not field by field. */
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

/** What a factor is called, by the rules of names; `null` when it is called nothing. */
export const passkeyName = v.nullish(personName, null);

/** Which passkey, as `POST /auth/passkeys` answered it. What is none of ours is unknown, not wrong. */
export const factorId = v.pipe(
  text,
  v.metadata({ examples: ['sYBkXmhK0X8sLcVH9Q0bW7m0b0lOaDqgpU1K2vQ3rTs'] }),
);

/** DynamoDB would refuse any other text as a key. */
export function isFactorId(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}
