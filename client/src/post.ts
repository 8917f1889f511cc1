import { type FieldError, GatehouseError } from './gatehouse-error.ts';

export type Fields = Record<string, unknown>;
export type Fetch = typeof fetch;

/**
 * Posts JSON to the service: the members of its answer.
 *
 * Nothing is sent along that the service does not ask for, and a redirect is an error: to follow one (307, 308) would
 * hand a password or a refresh token to whatever it names.
 *
 * @throws GatehouseError
 */
export async function post(send: Fetch, url: string, fields: Fields, init?: RequestInit): Promise<Fields> {
  let response: Response;
  let text: string;
  try {
    response = await send(url, {
      ...init,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fields),
      credentials: 'omit',
      redirect: 'error',
    });
    text = await response.text();
  } catch (cause) {
    if (cause instanceof GatehouseError) throw cause;
    throw new GatehouseError(0, 'The service did not answer; check the connection and try again.', { cause });
  }
  const body = membersOf(text);
  if (!response.ok) throw errorOf(response, body);
  // A captive portal or a wrong baseUrl answers 200 with a page.
  if (body === undefined)
    throw new GatehouseError(0, `${url} did not answer as Gatehouse does; check baseUrl.`);
  return body;
}

/** A response of the service that is no success, as the error that callers get. */
function errorOf(response: Response, body: Fields = {}): GatehouseError {
  const { message, title, errors } = body;
  return new GatehouseError(response.status, textOr(message, `The service answered ${response.status}.`), {
    title: textOr(title, response.statusText),
    errors: Array.isArray(errors) ? (errors as FieldError[]) : [],
    retryAfter: Number(response.headers.get('retry-after')) || undefined,
  });
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

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value ? value : otherwise;
}
