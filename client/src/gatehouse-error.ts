/** What the service says about one field of a form. */
export type FieldError = {
  field: string;
  message: string;
  /** A stable word such as `password-common`, where the service gives one. */
  code?: string;
};

/** The one error that this package throws: what the service answered, or that it did not answer. */
export class GatehouseError extends Error {
  override readonly name = 'GatehouseError';
  /**
   * Status of the answer. 0 when Gatehouse gave none: offline, cut off, timed out, given up by us, or something in between
   * answered in its place.
   */
  declare readonly status: number;
  /** `title` of the problem details (RFC 9457), such as `Bad Request`. */
  readonly title: string = 'No Answer';
  /** `code` of the problem details: a stable word such as `wrong-credentials`, where the service gives one. */
  readonly code: string | undefined;
  /** One entry per refused field of a form, else empty. */
  readonly errors: readonly FieldError[] = [];
  /** Seconds after which it may be tried again, when the service said so. */
  declare readonly retryAfter: number | undefined;
  /** With `second-factor-required`: what `logInWithSecondFactor` takes. It is half a log-in, and not shown by loggers. */
  declare readonly challenge: string | undefined;
  /** With `second-factor-required`: the ways that the account has, `totp` and `recovery-code`. */
  declare readonly methods: readonly string[] | undefined;
  /** With `step-up-required`: `aal2` when the second factor or a passkey is needed, else `aal1`. */
  declare readonly acrValues: readonly string[] | undefined;
  /** With `step-up-required`: seconds that the proof may be old; `undefined` when only the level matters. */
  readonly maxAge: number | undefined;

  constructor(
    status: number,
    message: string,
    more?: Partial<Omit<GatehouseError, 'name' | 'message' | 'stack' | 'status'>>,
  ) {
    super(message, more);
    Object.defineProperty(this, 'challenge', { writable: true }); // and not enumerable
    Object.assign(this, more, { status });
  }
}

/** The error that tells a caller that nobody is logged in, or no longer. */
export const noSession = () =>
  new GatehouseError(401, 'There is no session; log in.', { title: 'Unauthorized' });
