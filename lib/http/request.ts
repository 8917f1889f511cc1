import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Language } from '../core/language.ts';
import { clientNetwork } from './client-network.ts';
import { preferredLanguage } from './language.ts';

/** A request as the dialects see it: what API Gateway delivered, with its several spellings made one. */
export type Request = {
  /** The network that the client's requests are counted by. */
  client: string;
  /** The language of ours that its client likes best. */
  language: Language;
  /** A header's one value; of several the last. */
  header(name: string): string | undefined;
  /** A query parameter's one value, decoded; of several the last. */
  query(name: string): string | undefined;
  /** A value of the route's path, decoded. */
  path(name: string): string | undefined;
  /** The octets of the body; `undefined` where there is none. */
  body: Buffer | undefined;
};

/** @param event of a REST API with Lambda proxy integration */
export function readRequest(event: APIGatewayProxyEvent): Request {
  const headers = lastOfEach(event.multiValueHeaders, event.headers);
  const query = lastOfEach(
    event.multiValueQueryStringParameters,
    event.queryStringParameters,
    (name) => name,
  );
  return {
    // Never X-Forwarded-For, which is whatever the client says.
    client: clientNetwork(event.requestContext?.identity?.sourceIp ?? ''),
    get language() {
      return preferredLanguage(headers.get('accept-language'));
    },
    header: (name) => headers.get(name.toLowerCase()),
    query: (name) => query.get(name),
    path: (name) => event.pathParameters?.[name],
    body: bodyOf(event),
  };
}

/** `POST /accounts/auth`, from the route's template or else the path, without the trailing slash. */
export function routeOf(event: Pick<APIGatewayProxyEvent, 'httpMethod' | 'resource' | 'path'>): string {
  return `${event.httpMethod} ${(event.resource || event.path || '').replace(/(?<=.)\/$/, '')}`;
}

function bodyOf(event: APIGatewayProxyEvent): Buffer | undefined {
  // serverless invoke local delivers what the event's file says, which need not be text.
  const body: unknown = event.body;
  if (body === null || body === undefined || body === '') return undefined;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return Buffer.from(text, event.isBase64Encoded === true ? 'base64' : 'utf8');
}

type Multi = Record<string, string[] | undefined> | null | undefined;
type Single = Record<string, string | undefined> | null | undefined;

function lastOfEach(
  multi: Multi,
  single: Single,
  spelling = (name: string) => name.toLowerCase(),
): Map<string, string> {
  const values = new Map<string, string>();
  const entries = multi
    ? Object.entries(multi).map(([name, all]) => [name, all?.at(-1)] as const)
    : Object.entries(single ?? {});
  for (const [name, value] of entries) if (typeof value === 'string') values.set(spelling(name), value);
  return values;
}
