import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What becomes of a request on its way: `forward` asks the API, and what it answered can be sent, held or lost. */
export type Interference = (way: {
  request: Seen;
  forward(): Promise<Answer>;
  send(answer: Answer): void;
  cut(): void;
}) => Promise<void> | void;

export type Answer = { status: number; headers: Record<string, string>; body: string };

/** A request as it arrived. */
type Seen = { path: string; authorization: string | undefined; body: string };

/** The API behind a proxy that counts, and interferes with the next requests to a path. */
export async function interferedApi(upstream: string) {
  const seen: Seen[] = [];
  const planned = new Map<string, Interference[]>();

  const server = createServer(async (incoming, outgoing) => {
    const body = (await buffer(incoming)).toString();
    const path = (incoming.url ?? '').replace(/\?.*/, '');
    const request = { path, authorization: incoming.headers.authorization, body };
    seen.push(request);
    const interfere = planned.get(path)?.shift() ?? asUsual;
    try {
      await interfere({
        request,
        forward: () => ask(upstream + incoming.url, incoming, body),
        send: (answer) => outgoing.writeHead(answer.status, answer.headers).end(answer.body),
        cut: () => cut(outgoing),
      });
    } catch {
      cut(outgoing);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };

  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    count: (path: string) => seen.filter((request) => request.path === path).length,
    /** What happens to the next requests to a path, one each; then all is as usual again. */
    next(path: string, ...interferences: Interference[]) {
      planned.set(path, [...(planned.get(path) ?? []), ...interferences]);
    },
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

export type InterferedApi = Awaited<ReturnType<typeof interferedApi>>;

const asUsual: Interference = async ({ forward, send }) => send(await forward());

/** The service has done it, and its answer is lost. */
export const lostAfterCommit: Interference = async ({ forward, cut }) => {
  await forward();
  cut();
};

export const lostBefore: Interference = ({ cut }) => cut();

/** The service has done it, and says that it is unavailable: its own write's answer was lost. */
export const unavailableAfterCommit =
  (retryAfter: number): Interference =>
  async ({ forward, send }) => {
    await forward();
    send(unavailable(retryAfter));
  };

export const unavailableBefore =
  (retryAfter: number): Interference =>
  ({ send }) =>
    send(unavailable(retryAfter));

const unavailable = (retryAfter: number): Answer => ({
  status: 503,
  headers: { 'content-type': 'application/problem+json', 'retry-after': String(retryAfter) },
  body: '{"title":"Service Unavailable","status":503,"message":"Try again."}',
});

/** What an access token gets that is revoked, or unknown to a server's clock. */
export const unauthorized: Answer = {
  status: 401,
  headers: { 'content-type': 'application/problem+json', 'www-authenticate': 'Bearer error="invalid_token"' },
  body: '{"title":"Unauthorized","status":401,"message":"The access token is invalid."}',
};

/** Refuses one access token, whoever sends it. */
export const refusing =
  (accessToken: string): Interference =>
  async ({ request, forward, send }) =>
    send(request.authorization === `Bearer ${accessToken}` ? unauthorized : await forward());

/** Holds the answer back until it is released. */
export function held() {
  const answered = Promise.withResolvers<Answer>();
  const released = Promise.withResolvers<void>();
  const interference: Interference = async ({ forward, send }) => {
    const answer = await forward();
    answered.resolve(answer);
    await released.promise;
    send(answer);
  };
  return { interference, answered: answered.promise, release: released.resolve };
}

async function ask(url: string, { method = 'GET', headers }: IncomingMessage, body: string): Promise<Answer> {
  const { authorization, 'content-type': type, 'user-agent': agent = '' } = headers;
  const response = await fetch(url, {
    method,
    headers: {
      ...(type && { 'content-type': type }),
      ...(authorization && { authorization }),
      'user-agent': agent,
    },
    ...(body && { body }),
  });
  const { 'content-encoding': _, 'content-length': __, ...rest } = Object.fromEntries(response.headers);
  return { status: response.status, headers: rest, body: await response.text() };
}

function cut(outgoing: ServerResponse): void {
  outgoing.socket?.destroy();
}
