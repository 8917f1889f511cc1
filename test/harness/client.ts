import { gunzipSync } from 'node:zlib';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { inject } from 'vitest';
import { arnOf, find, signerOf } from '../../tools/local/gateway.ts';
import { gatewayEvent } from '../../tools/local/gateway-event.ts';
import { expectDocumented } from './documented.ts';

/** A request as a client makes it. An object as the body goes as JSON; text and bytes go as they are. */
export type Call = {
  method?: string;
  /** With the query string. */
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  /** Only in process: over HTTP it is 127.0.0.1. */
  sourceIp?: string;
  /** Only in process: whether API Gateway delivers the body base64-encoded. */
  base64?: boolean;
};

export type Reply = { status: number; headers: Record<string, string>; text: string; json: unknown };

export type Client = { name: string; send(call: Call): Promise<Reply> };

function prepare({ headers = {}, body }: Call): {
  headers: Record<string, string>;
  body: string | Buffer | undefined;
} {
  if (body === undefined || typeof body === 'string') return { headers, body };
  if (body instanceof Uint8Array) return { headers, body: Buffer.from(body) };
  return { headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) };
}

function replyOf(status: number, headers: Record<string, string>, text: string): Reply {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status, headers, text, json };
}

/** The port that `npm start` would open: real HTTP, the packaged bundle, API Gateway's emulation. */
export const overHttp: Client = {
  name: 'over HTTP',
  async send(call) {
    const { headers, body } = prepare(call);
    const response = await fetch(inject('stack').apiUrl + call.path, {
      method: call.method ?? 'POST',
      // fetch would fill one in for text; a client that names no type is a case of its own.
      headers:
        typeof body === 'string' && !hasContentType(headers) ? { ...headers, 'content-type': '' } : headers,
      ...(body !== undefined && {
        body: typeof body === 'string' ? Buffer.from(body) : new Uint8Array(body),
      }),
    });
    const reply = replyOf(response.status, Object.fromEntries(response.headers), await response.text());
    expectDocumented(call, reply);
    return reply;
  },
};

/** The handlers themselves, called with the events that API Gateway would make. */
export const inProcess: Client = {
  name: 'in process',
  async send(call) {
    const reply = await deliver(toEvent(call));
    expectDocumented(call, reply);
    return reply;
  },
};

/** What the function of the event's route answers to it. */
export async function deliver(event: APIGatewayProxyEvent): Promise<Reply> {
  const name = inject('stack').routes[`${event.httpMethod} ${event.resource}`];
  if (name === undefined)
    throw new Error(`serverless.yml has no route ${event.httpMethod} ${event.resource}`);
  const { handler } = (await import(`../../functions/${name}.ts`)) as {
    handler(event: APIGatewayProxyEvent, context: Context): Promise<APIGatewayProxyResult>;
  };
  const { statusCode, headers = {}, body: sent, isBase64Encoded } = await handler(event, context);
  // What is answered in base64 is compressed, which fetch undoes too.
  const body = isBase64Encoded ? gunzipSync(Buffer.from(sent, 'base64')).toString() : sent;
  const lowerCase = Object.entries(headers).map(([key, value]) => [key.toLowerCase(), String(value)]);
  return replyOf(statusCode, Object.fromEntries(lowerCase), body);
}

export const clients = [inProcess, overHttp];

/** The event that API Gateway makes of a request. */
export function toEvent(
  call: Call,
  served: readonly string[] = Object.keys(inject('stack').routes),
): APIGatewayProxyEvent {
  const { headers, body } = prepare(call);
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const length = bytes === undefined ? {} : { 'Content-Length': String(bytes.length) };
  const { method = 'POST', path } = call;
  const routes = served.map((route) => {
    const [routeMethod = '', template = ''] = route.split(' ');
    return { method: routeMethod, path: template };
  });
  const found = find(routes, method, path.split('?', 1)[0] ?? '');
  const signer = signerOf({ headers: Object.entries(headers) });
  return gatewayEvent({
    method,
    url: path,
    ...(found && { resource: found.route.path, pathParameters: found.pathParameters }),
    ...(found?.route.path.startsWith('/admin/') && signer && { userArn: arnOf(signer) }),
    headers: Object.entries({ ...length, ...headers }),
    body: bytes,
    base64: call.base64 ?? body instanceof Buffer,
    ...(call.sourceIp !== undefined && { sourceIp: call.sourceIp }),
  });
}

const context = { awsRequestId: 'test', getRemainingTimeInMillis: () => 30_000 } as Context;

function hasContentType(headers: Record<string, string>): boolean {
  return Object.keys(headers).some((key) => key.toLowerCase() === 'content-type');
}
