import type { FieldProblem, Reason } from '../core/problem.ts';

/** What a refused field's reason is in words: what was wrong, and by that what to do. */
const sentences: Record<Reason, string> = {
  required: 'This field is required.',
  'not-text': 'Not a valid string.',
  'not-true': 'Send true, or leave this field out.',
  'not-object': 'Not a JSON object.',
  'invalid-email': 'Enter a valid email address.',
  'name-length': 'Enter a name of 1 to 100 characters.',
  'name-unusable-characters': 'Enter a name without control characters.',
  'name-invisible': 'Enter a name that can be seen.',
  'bio-unusable-characters': 'Enter a bio of valid Unicode text.',
  'bio-too-long': 'Enter a bio of at most 1,000 characters.',
  'password-too-short': 'Enter a password of at least 8 characters.',
  'password-too-long': 'Enter a password of at most 72 bytes (in UTF-8); longer ones cannot be hashed whole.',
  'password-unusable-characters': 'Enter a password of valid Unicode text without NUL characters.',
  'password-common':
    'Enter a password that is harder to guess: this one is common, or made of your name, your address or the name of this service.',
  'password-breached': 'Enter another password: this one was found in a data breach.',
  'confirm-differs': 'Enter the same password twice.',
  'invalid-user-id': 'Enter a UUID, or leave it out and one is made.',
  'user-id-taken': 'Another user has this id.',
  'invalid-hash': 'Enter a password hash of a known form, or leave it out and the owner gets a reset email.',
  'invalid-choice': 'Enter one of the values that this field may have.',
  'invalid-time': 'Enter a time with its zone, such as 2026-01-31T12:00:00Z.',
  'before-deletion':
    'This account was deleted here after it was made; leave createdAt out to make a new one.',
  'invalid-roles': 'Enter a list of at most 50 roles, each of 1 to 64 letters, digits and _ . : -',
  'invalid-count': 'Enter a whole number.',
  'invalid-limit': 'Enter a whole number from 1 to 100.',
  'invalid-next': 'Enter the `next` of an earlier page, as it came.',
};

export function sentenceFor({ reason, minimum, maximum, detail }: FieldProblem): string {
  if (detail !== undefined) return detail.charAt(0).toUpperCase() + detail.slice(1);
  if (minimum !== undefined) return `Enter a password of at least ${minimum} characters.`;
  return maximum === undefined ? sentences[reason] : `Enter a password of at most ${maximum} characters.`;
}

/** What a request gets that has several sets of fields, or none, where one of them is asked for. */
export const NOT_ONE_OF = 'The fields do not fit: send one of the sets of fields that this operation takes.';

/** What a page of another site gets, whose developer may read it. */
export const CROSS_SITE =
  'The request comes from a page of an origin that is not allowed here (CORS_ORIGINS).';

/** For the OpenAPI document: what a rule of the team's own may say. */
export const SIGN_UP_REFUSED = 'Sign up with the address of your company.';

/** What a request gets when code in lib/hooks.ts failed: what of it, the log says. */
export const HOOK_FAILED = 'A rule of this service could not be checked';
/** What a request gets that no IAM principal signed, where one has to. API Gateway says the same (infrastructure/gateway-responses.ts). */
export const UNSIGNED =
  'Sign the request with AWS Signature Version 4, as an IAM principal that may send it.';

/** The sentence of a 429 or a 503. @param seconds after which the client may try again */
export function tryAgainIn(seconds: number, because: string): string {
  return `${because}; try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
}
