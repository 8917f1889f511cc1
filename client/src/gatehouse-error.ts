/** What the service says about one field of a form. */
export type FieldError = { field: string; message: string };

/** The one error that this package throws: what the service answered, or that it did not answer. */
export class GatehouseError extends Error {
  override readonly name = 'GatehouseError';
  /** Of the answer; 0 when there was none: offline, cut off, timed out, or given up by us. */
  readonly status: number;
  /** Of the problem details (RFC 9457), such as `Bad Request`. */
  readonly title: string;
  /** One entry per refused field of a form, else empty. */
  readonly errors: readonly FieldError[];
  /** Seconds after which it may be tried again, when the service said so. */
  readonly retryAfter: number | undefined;

  constructor(
    status: number,
    message: string,
    more: { title?: string; errors?: FieldError[]; retryAfter?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, more);
    this.status = status;
    this.title = more.title ?? 'No Answer';
    this.errors = more.errors ?? [];
    this.retryAfter = more.retryAfter;
  }
}

/** The error that tells a caller that nobody is logged in, or no longer. */
export const noSession = () =>
  new GatehouseError(401, 'There is no session; log in.', { title: 'Unauthorized' });
