import { GatehouseError } from './gatehouse-error.ts';
import { abortAfter } from './patience.ts';

export type Fields = Record<string, unknown>;
export type Fetch = typeof fetch;

// What the documented answers have; what else answers 200 is not Gatehouse.
export const MESSAGE = ['message'];
export const USER = ['message', 'user'];

export type Call = ReturnType<typeof caller>;

/**
 * A function that posts JSON to the service, below `root`, and resolves with the members of its answer.
 *
 * Nothing is sent along that the service does not ask for, and a redirect is an error: to follow one (307, 308) would
 * hand a password or a refresh token to whatever it names.
 */
export const caller =
  (root: string, send: Fetch) =>
  /**
   * @param needs members that this operation's answer has: a captive portal says 200, too
   * @throws GatehouseError
   */
  async <Answer>(
    path: string,
    fields: Fields | undefined,
    needs: readonly string[] = MESSAGE,
    init?: RequestInit,
    by = send,
  ): Promise<Answer> => {
    let response: Response;
    try {
      response = await by(root + path, {
        signal: abortAfter(30_000), // API Gateway gives up after 29 s
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fields),
        ...init,
        credentials: 'omit',
        redirect: 'error',
      });
    } catch (cause) {
      if (cause instanceof GatehouseError) throw cause;
      const message = 'No answer; check the connection and CORS_ORIGINS.';
      throw new GatehouseError(0, message, { cause });
    }
    const body = await contentOf(response);
    if (response.ok && needs.every((name) => body[name])) return body as Answer;
    throw errorOf(response, body);
  };

/** An unsuccessful answer, as the error that callers get. */
function errorOf({ status, headers }: Response, problem: Fields): GatehouseError {
  // A proxy or a captive portal has its own reasons for a 401 or a 400. What says "later" is believed of anybody.
  const isOurs = problem.status === status && problem.message;
  const counts = isOurs || status === 429 || status > 499;
  return new GatehouseError(
    counts ? status : 0,
    isOurs ? `${problem.message}` : `The service answered ${status}${counts ? '' : '; check baseUrl'}.`,
    { ...((isOurs && problem) as Fields), retryAfter: Number(headers.get('retry-after')) || undefined },
  );
}

/**
 * The JSON of an answer that stays readable, if it is of the type that Gatehouse gives: that of problem details (RFC 9457)
 * with any refusal. Of any other, nothing.
 */
export async function contentOf(response: Response): Promise<Fields> {
  const type = response.headers.get('content-type');
  const content: unknown = await response
    .clone()
    .json() // read whatever it is, so that its connection is free again
    .catch(() => undefined);
  return type?.startsWith(response.ok ? 'application/json' : 'application/problem+json')
    ? Object(content)
    : {};
}
