// The API on this machine: an HTTP server in front of the functions.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Service } from '../deploy/service.ts';
import { functionEnvironment, localEnvironment, served } from './environment.ts';
import { type LocalFunctions, openFunctions } from './functions.ts';
import { type Incoming, MAX_BODY, type Outgoing, openGateway } from './gateway.ts';
import type { Part } from './part.ts';
import { asker } from './wait-for-http.ts';

/** One answered request, for display. */
export interface Answered {
  readonly method: string;
  /** Without the query, which may hold a secret. */
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
  readonly requestId: string;
  /** The origin of a page that may not read the answer. */
  readonly refusedOrigin?: string;
}

export interface ApiOptions {
  readonly port: number;
  readonly service: Service;
  /** Variables that the functions read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Gets what the functions print, line by line, and why one failed. */
  readonly log?: (line: string) => void;
  readonly answered?: (request: Answered) => void;
  /** The page at `/`, for browsers. */
  readonly home?: string;
}

export type Api = Part & Pick<LocalFunctions, 'invoke'>;

/** Builds the functions and serves them. @throws Error when the port is taken */
export async function startApi(options: ApiOptions): Promise<Api> {
  const { port, env, log = () => undefined, answered, home } = options;
  const service = served(options.service, env);
  const functions = await openFunctions({
    names: Object.keys(service.functions),
    environment: (name) => functionEnvironment(service, name, env),
    log,
  });
  const gateway = openGateway({
    service,
    corsOrigins: localEnvironment(env).CORS_ORIGINS ?? '',
    invoke: functions.invoke,
    failed: (name, error) => log(`${name} failed: ${error.message}`),
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const begin = performance.now();
    const request = await requestOf(incoming);
    const outgoing = home !== undefined && asksForHome(incoming) ? homePage(home) : await gateway(request);
    send(response, incoming, outgoing);
    if (incoming.headers['user-agent'] === asker) return;
    const refusedOrigin = originRefused(incoming, outgoing);
    answered?.({
      method: request.method,
      path: request.url.split('?', 1)[0] ?? '',
      status: outgoing.status,
      milliseconds: Math.round(performance.now() - begin),
      requestId: request.requestId,
      ...(refusedOrigin !== undefined && { refusedOrigin }),
    });
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response).catch((error: Error) => {
      log(`${incoming.method} could not be answered: ${error.message}`);
      response.destroy();
    });
  });
  server.keepAliveTimeout = 60_000; // longer than clients keep a connection, so that none is closed while they use it
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${port}`,
    invoke: functions.invoke,
    async stop() {
      server.close();
      server.closeAllConnections();
      await functions.stop();
    },
  };
}

async function requestOf(incoming: IncomingMessage): Promise<Incoming> {
  const { method = 'GET', url = '/', rawHeaders, socket } = incoming;
  return {
    method,
    url,
    headers: rawHeaders.flatMap((name, place) =>
      place % 2 === 0 ? [[name, rawHeaders[place + 1] ?? ''] as const] : [],
    ),
    body: await bodyOf(incoming),
    sourceIp: (socket.remoteAddress ?? '').replace(/^::ffff:/, ''),
    requestId: randomUUID(),
  };
}

/** Reads the whole body, even if it is too long: many clients read the answer only after sending all of it. */
async function bodyOf(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length <= MAX_BODY) chunks.push(chunk);
    }
  } catch {
    // the client has gone
  }
  return length <= MAX_BODY ? Buffer.concat(chunks) : undefined;
}

function send(response: ServerResponse, { method }: IncomingMessage, { status, headers, body }: Outgoing) {
  response.statusCode = status;
  for (const [name, value] of headers) response.appendHeader(name, value);
  if (status !== 204 && status !== 304) response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(method === 'HEAD' ? undefined : body);
}

/** A program gets what it gets from a deployed API, which has nothing at `/`. */
function asksForHome({ method, url, headers }: IncomingMessage): boolean {
  return method === 'GET' && url === '/' && (headers.accept ?? '').includes('text/html');
}

function homePage(body: string): Outgoing {
  return { status: 200, headers: [['Content-Type', 'text/html; charset=utf-8']], body, routed: false };
}

/** The origin of the page that asked, when the function did not allow it and the page isn't the API's own. */
function originRefused({ headers }: IncomingMessage, outgoing: Outgoing): string | undefined {
  const { origin, host } = headers;
  if (origin === undefined || !outgoing.routed || origin === `http://${host}`) return undefined;
  const allowed = outgoing.headers.some(([name]) => name.toLowerCase() === 'access-control-allow-origin');
  return allowed ? undefined : origin;
}
