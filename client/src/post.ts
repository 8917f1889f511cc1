import { GatehouseError } from './gatehouse-error.ts';
import { abortAfter } from './patience.ts';

export type Fields = Record<string, unknown>;
export type Fetch = typeof fetch;

/** Milliseconds for an answer. API Gateway gives up after 29 s. */
const PATIENCE = 30_000;

/**
 * Posts JSON to the service, or gets when there are no fields: the members of its answer.
 *
 * Nothing is sent along that the service does not ask for, and a redirect is an error: to follow one (307, 308) would
 * hand a password or a refresh token to whatever it names.
 *
 * @param fits whether an answer has the members that this operation's answer has: a captive portal says 200, too
 * @throws GatehouseError
 */
export async function post(
  send: Fetch,
  url: string,
  fields: Fields | undefined,
  fits: (answer: Fields) => boolean,
  init?: RequestInit,
): Promise<Fields> {
  let response: Response;
  let text: string;
  try {
    response = await send(url, {
      signal: abortAfter(PATIENCE),
      ...init,
      method: fields ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json' },
      ...(fields && { body: JSON.stringify(fields) }),
      credentials: 'omit',
      redirect: 'error',
    });
    text = await response.text();
  } catch (cause) {
    if (cause instanceof GatehouseError) throw cause;
    throw new GatehouseError(0, `The service did not answer; check the connection${orCors(url)}.`, { cause });
  }
  const body = membersOf(text) ?? {};
  const type = response.headers.get('content-type') ?? '';
  if (response.ok && !type.includes('html') && fits(body)) return body;
  throw errorOf(response, type.startsWith('application/problem+json') ? body : {});
}

/** An unsuccessful answer, as the error that callers get. */
function errorOf({ status, statusText, headers }: Response, problem: Fields): GatehouseError {
  // A proxy or a captive portal has its own reasons for a 401 or a 400. What says "later" is believed of anybody.
  const { message, title, errors, code, challenge, methods, acrValues, maxAge } = isProblem(problem, status)
    ? problem
    : ({} as Partial<Problem>);
  const counts = message || status === 429 || status > 499;
  return new GatehouseError(
    counts ? status : 0,
    message || `The service answered ${status}${counts ? '' : ', but not as Gatehouse does; check baseUrl'}.`,
    {
      ...{ code, challenge, methods, acrValues, maxAge },
      title: title || statusText,
      errors: Array.isArray(errors) ? errors : [],
      retryAfter: Number(headers.get('retry-after')) || undefined,
    },
  );
}

type Problem = Partial<
  Pick<GatehouseError, 'title' | 'errors' | 'code' | 'challenge' | 'methods' | 'acrValues' | 'maxAge'>
> & {
  message: string;
};

const isProblem = (body: object, status: number): body is Problem =>
  status > 399 && (body as Fields).status === status && hasTexts(body, 'message');

/** The problem details of an answer that stays readable; of any other, nothing. */
export const problemOf = async (response: Response): Promise<Fields> =>
  /^application\/problem\+json/.test(response.headers.get('content-type') ?? '')
    ? (membersOf(await response.clone().text()) ?? {})
    : {};

/** A browser does not tell a page why a request to another origin failed: most often it is not allowed. */
function orCors(url: string): string {
  const { location } = globalThis as { location?: Location };
  return location && new URL(url).origin !== location.origin
    ? `, and whether CORS_ORIGINS of Gatehouse has ${location.origin}`
    : ' and try again';
}

/** The members of a JSON object, `undefined` for any other text. */
export function membersOf(text: string): Fields | undefined {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' && value ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether all of these members are there, and texts. */
export const hasTexts = (members: object, ...names: string[]) =>
  names.every((name) => typeof (members as Fields)[name] === 'string' && (members as Fields)[name]);
