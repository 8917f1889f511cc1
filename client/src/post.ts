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
  let body: Fields;
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
    body = await contentOf(response);
  } catch (cause) {
    if (cause instanceof GatehouseError) throw cause;
    const message = 'The service did not answer; check the connection, and CORS_ORIGINS of Gatehouse.';
    throw new GatehouseError(0, message, { cause });
  }
  if (response.ok && fits(body)) return body;
  throw errorOf(response, body);
}

/** An unsuccessful answer, as the error that callers get. */
function errorOf({ status, statusText, headers }: Response, problem: Fields): GatehouseError {
  // A proxy or a captive portal has its own reasons for a 401 or a 400. What says "later" is believed of anybody.
  const isOurs = problem.status === status && hasTexts(problem, 'message');
  const counts = isOurs || status === 429 || status > 499;
  return new GatehouseError(
    counts ? status : 0,
    isOurs
      ? `${problem.message}`
      : `The service answered ${status}${counts ? '' : ', but not as Gatehouse does; check baseUrl'}.`,
    {
      title: statusText,
      ...(isOurs && problem),
      retryAfter: Number(headers.get('retry-after')) || undefined,
    },
  );
}

/**
 * The JSON of an answer that stays readable, if it is of the type that Gatehouse gives: that of problem details (RFC 9457)
 * with any refusal. Of any other, nothing.
 */
export async function contentOf(response: Response): Promise<Fields> {
  const text = await response.clone().text(); // whatever it is, so that its connection is free again
  const type = response.ok ? 'application/json' : 'application/problem+json';
  return response.headers.get('content-type')?.startsWith(type) ? membersOf(text) : {};
}

/** The members of a JSON object; of any other text, none. */
export function membersOf(text: string | null | undefined): Fields {
  try {
    return Object(JSON.parse(text ?? ''));
  } catch {
    return {};
  }
}

/** Whether all of these members are there, and texts that aren't blank. */
export const hasTexts = (members: object, ...names: string[]) =>
  names.every((name) => (members as Record<string, Partial<string>>)[name]?.trim?.());
