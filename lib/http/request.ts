import type { APIGatewayProxyEvent } from 'aws-lambda';
import { deviceOf } from '../core/device.ts';
import type { Language } from '../core/language.ts';
import { clientNetwork } from './client-network.ts';
import { preferredLanguage } from './language.ts';
import { clientNamedBy, type TrustedProxy } from './trusted-proxy.ts';

/** A request as the dialects see it: API Gateway's event in one uniform shape. */
export type Request = {
  /** The network by which the client's requests are counted; see `clientNetwork`. */
  client: string;
  /** The supported language that the client prefers. */
  language: Language;
  /** A description of the client's device, from the User-Agent; see `deviceOf`. */
  device: string | undefined;
  /** The ARN of the IAM principal that signed the request, on a route that requires a signature. */
  caller: string | undefined;
  /** The value of a header; the last one of several. */
  header(name: string): string | undefined;
  /** Every value of a header, in order. */
  headers(name: string): readonly string[];
  /** The decoded value of a query parameter; the last one of several. */
  query(name: string): string | undefined;
  /** The decoded value of a path parameter. */
  path(name: string): string | undefined;
  /** The bytes of the body; `undefined` where there is none. */
  body: Buffer | undefined;
};

/**
 * @param event of a REST API with Lambda proxy integration
 * @param proxy its header says who the client is; without a proxy, no header does
 */
export function readRequest(event: APIGatewayProxyEvent, proxy?: TrustedProxy): Request {
  const headers = (name: string) => {
    const lower = name.toLowerCase();
    return valuesOf(event.multiValueHeaders ?? event.headers, (given) => given.toLowerCase() === lower);
  };
  const query = (name: string) =>
    valuesOf(
      event.multiValueQueryStringParameters ?? event.queryStringParameters,
      (given) => given === name,
    ).at(-1);
  const header = (name: string) => headers(name).at(-1);
  return {
    // Never X-Forwarded-For, which is whatever the client says.
    get client() {
      const seen = event.requestContext?.identity?.sourceIp ?? '';
      return clientNetwork((proxy && clientNamedBy(proxy, header)) ?? seen);
    },
    get language() {
      return preferredLanguage(header('accept-language'));
    },
    get device() {
      return deviceOf(header('user-agent'));
    },
    get caller() {
      return callerOf(event);
    },
    get body() {
      return bodyOf(event);
    },
    header,
    headers,
    query,
    path: (name) => event.pathParameters?.[name],
  };
}

/** The ARN that API Gateway verified; no header or body of a client can set it. */
export function callerOf({
  requestContext,
}: Pick<APIGatewayProxyEvent, 'requestContext'>): string | undefined {
  return requestContext?.identity?.userArn ?? undefined;
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

/** The values of every member that is meant. An event of `invoke local` is what its file says, which need not be text. */
function valuesOf(
  members: Record<string, string[] | string | undefined> | null,
  isMeant: (name: string) => boolean,
): string[] {
  return Object.entries(members ?? {})
    .filter(([name]) => isMeant(name))
    .flatMap(([, values]) => values)
    .filter((value) => typeof value === 'string');
}
