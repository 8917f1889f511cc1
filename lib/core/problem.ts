/** The fields that a client can fill in, under the names the core uses; a dialect may call them differently. */
export type Field =
  | 'name'
  | 'bio'
  | 'email'
  | 'password'
  | 'newPassword'
  | 'confirm'
  | 'refreshToken'
  | 'tag'
  | 'token'
  | 'verification'
  | 'code'
  | 'recoveryCode'
  | 'challenge'
  | 'otp'
  | 'passkey'
  | 'response'
  | 'factorId'
  | 'sessionId'
  | 'others'
  | 'all'
  // Fields of an account, as an import or an administrator describes it.
  | 'userId'
  | 'passwordHash'
  | 'status'
  | 'createdAt'
  | 'passwordChangedAt'
  | 'emailVerified'
  | 'roles'
  | 'mailRefused'
  | 'mailRefusedUntil'
  | 'mailBounces'
  | 'factors'
  // Parameters of a list of accounts.
  | 'limit'
  | 'next';

/** Why a field was refused. Each dialect has its own sentence for each reason. */
export type Reason =
  | 'required'
  | 'not-text'
  | 'not-true'
  | 'not-object'
  | 'invalid-email'
  | 'name-length'
  | 'name-unusable-characters'
  | 'name-invisible'
  | 'bio-unusable-characters'
  | 'bio-too-long'
  | 'password-too-short'
  | 'password-too-long'
  | 'password-unusable-characters'
  | 'password-common'
  | 'password-breached'
  | 'confirm-differs';

/** Why a field of an imported row, or a parameter of a list, was refused; `detail` says it in a sentence. */
export type DetailedReason =
  | 'invalid-user-id'
  | 'user-id-taken'
  | 'invalid-hash'
  | 'invalid-choice'
  | 'invalid-time'
  | 'before-deletion'
  | 'factors-refused'
  | 'invalid-roles'
  | 'invalid-count'
  | 'invalid-limit'
  | 'invalid-next';

/** @property maximum the number of characters, where the bound isn't 72 bytes */
export type FieldProblem =
  | { field: Field; reason: Reason; minimum?: number; maximum?: number }
  /** @property detail a sentence that holds no value of the request */
  | { field: Field; reason: DetailedReason; detail: string };

/**
 * Everything that can go wrong and that a client learns of: a closed union. Status codes and sentences are in the dialects.
 * Each maps every code, so that a new code doesn't compile until every dialect has an answer for it.
 */
export type Problem =
  | { code: 'malformed-body' }
  | { code: 'body-too-large' }
  | { code: 'unsupported-media-type' }
  | { code: 'cross-site-request' }
  /** A request without an IAM signature, on a route that requires one. */
  | { code: 'forbidden' }
  | { code: 'invalid-fields'; fields: readonly FieldProblem[] }
  | { code: 'email-taken' }
  /** A sign-up in a dialect that can't wait for the address to be verified. */
  | { code: 'verification-required' }
  | { code: 'wrong-credentials' }
  | { code: 'missing-access-token' }
  | { code: 'invalid-access-token' }
  | { code: 'invalid-refresh-token' }
  /** @see requireStepUp; `maxAge` in seconds */
  | { code: 'step-up-required'; acrValues: readonly ('aal1' | 'aal2')[]; maxAge?: number }
  /** The password is right, and the account has a second factor; `expiresIn` in seconds. */
  | {
      code: 'second-factor-required';
      challenge: string;
      methods: readonly ('totp' | 'recovery-code')[];
      expiresIn: number;
    }
  /** The same, in dialects that take the code together with the password. */
  | { code: 'otp-required' }
  /** The challenge of a log-in that waits for its second factor is unknown, used, or expired. */
  | { code: 'expired-challenge' }
  /** The account has the maximum number of factors of this kind. */
  | { code: 'factor-limit' }
  | { code: 'no-factor' }
  /** The browser's answer is not a passkey that can be added. */
  | { code: 'invalid-passkey' }
  /** No account has the passkey. */
  | { code: 'unknown-credential' }
  | { code: 'not-found' }
  | { code: 'foreign-refresh-token' }
  /** A wrong code of an authenticator app, of a mail, or a wrong recovery code. */
  | { code: 'wrong-code' }
  | { code: 'missing-tag' }
  | { code: 'wrong-tag' }
  | { code: 'expired-tag' }
  | { code: 'unknown-user' }
  /** Refused by the hook `beforeSignUp`, in its words. @see JudgeSignUp */
  | { code: 'sign-up-refused'; sentence: string }
  /** A hook failed, and `onError` says to refuse the request. */
  | { code: 'hook-failed'; retryAfter: number }
  | { code: 'throttled'; retryAfter: number }
  | { code: 'unavailable'; retryAfter: number }
  | { code: 'internal' };

export type ProblemCode = Problem['code'];

/**
 * A sign of an attack that the core noticed while it refused a request. Only logs and metrics get it: the client's answer
 * is the same with and without.
 */
export type Notice = 'reuse-detected' | 'lockout-begun' | 'wrong-code' | 'refused-passkey';

/**
 * Thrown by the core and the stores; caught once, in `lib/http`, and rendered by the dialect of the route.
 * `message` is for the log and never reaches a client; `problem` is for the client and holds no detail of ours.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  readonly notice: Notice | undefined;

  constructor(
    problem: Problem,
    message: string = problem.code,
    options?: ErrorOptions & { notice?: Notice | undefined },
  ) {
    super(message, options);
    this.problem = problem;
    this.notice = options?.notice;
  }
}
