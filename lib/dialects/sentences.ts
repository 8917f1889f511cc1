import type { FieldProblem, Reason } from '../core/problem.ts';

/** A sentence for each reason to refuse a field, which says what was wrong and so what to do. */
const sentences: Record<Reason, string> = {
  required: 'This field is required.',
  'not-text': 'Not a valid string.',
  'not-true': 'Send true, or leave this field out.',
  'not-object': 'Not a JSON object.',
  'invalid-email': 'Enter a valid email address.',
  'name-length': 'Enter a name of 1 to 100 characters.',
  'name-unusable-characters': 'Enter a name without control characters.',
  'name-invisible': 'Enter a name with at least one visible character.',
  'bio-unusable-characters': 'Enter a bio of valid Unicode text.',
  'bio-too-long': 'Enter a bio of at most 1,000 characters.',
  'password-too-short': 'Enter a password of at least 8 characters.',
  'password-too-long': 'Enter a password of at most 72 bytes (in UTF-8); longer ones cannot be hashed whole.',
  'password-unusable-characters': 'Enter a password of valid Unicode text without NUL characters.',
  'password-common':
    'Enter a password that is harder to guess: this one is common, or made of your name, your address or the name of this service.',
  'password-breached': 'Enter another password: this one was found in a data breach.',
  'confirm-differs': 'Enter the same password twice.',
};

export function sentenceFor(problem: FieldProblem): string {
  if ('detail' in problem) return problem.detail.charAt(0).toUpperCase() + problem.detail.slice(1);
  const { reason, minimum, maximum } = problem;
  if (minimum !== undefined) return `Enter a password of at least ${minimum} characters.`;
  return maximum === undefined ? sentences[reason] : `Enter a password of at most ${maximum} characters.`;
}

/** What a request gets that has several sets of fields, or none, where one of them is asked for. */
export const NOT_ONE_OF = 'Send exactly one of the sets of fields that this operation takes.';

/** The refusal of a page of another site, for its developer. */
export const CROSS_SITE =
  'The request comes from a page of an origin that is not allowed here (CORS_ORIGINS).';

/** An example for the OpenAPI document of what a hook may say. */
export const SIGN_UP_REFUSED = 'Sign up with the address of your company.';

/** The answer when a hook failed. The log says how. */
export const HOOK_FAILED = 'A rule of this service could not be checked';
/** The refusal of a request without an IAM signature, in API Gateway's words (infrastructure/gateway-responses.ts). */
export const UNSIGNED =
  'Sign the request with AWS Signature Version 4, as an IAM principal that may invoke this route.';

/** The sentence of a 429 or a 503. @param seconds after which the client may try again */
export function tryAgainIn(seconds: number, because: string): string {
  return `${because}; try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
}
