// Brings serverless-offline's answers closer to those of API Gateway as serverless.yml sets it up.
import { availableParallelism } from 'node:os';
import type { Resource } from '../deploy/service.ts';
import { turnstile } from './semaphore.ts';
import { asker } from './wait-for-http.ts';

interface GatewayResponse {
  readonly ResponseType: string;
  readonly StatusCode?: string;
  readonly ResponseParameters?: Readonly<Record<string, string>>;
  readonly ResponseTemplates?: Readonly<Record<string, string>>;
}

type Headers = Record<string, string | string[] | undefined>;

interface HapiResponse {
  readonly isBoom?: boolean;
  readonly output?: { readonly statusCode: number };
  readonly message?: string;
  readonly statusCode: number | string;
}

interface HapiRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly route: { readonly path: string };
  readonly response: HapiResponse;
  readonly info: { readonly received: number };
  readonly app: { running?: boolean };
}

interface HapiToolkit {
  readonly continue: symbol;
  response(body: string): { code(status: number): HapiAnswer };
}

interface HapiAnswer {
  header(name: string, value: string): HapiAnswer;
  takeover(): HapiAnswer;
}

/** The part of the hapi server beneath serverless-offline that is used here. */
export interface HapiServer {
  ext(event: string, method: (request: HapiRequest, h: HapiToolkit) => unknown): void;
  readonly events: { on(event: 'response', listener: (request: HapiRequest) => void): void };
}

const unknownRoute = '/{p*}';

/**
 * How many requests run at once. Each has a worker thread of its own, as on Lambda. Fifty of them starting on
 * two cores take ten seconds and two gigabytes; eight, one after the other, are done long before.
 */
const concurrency = Math.max(8, 4 * availableParallelism());

/** @param log gets one line for each request */
export function behaveLikeApiGateway(
  server: HapiServer,
  resources: Readonly<Record<string, Resource>>,
  log: (line: string) => void,
): void {
  const answers = new Map(
    Object.values(resources)
      .filter(({ Type }) => Type === 'AWS::ApiGateway::GatewayResponse')
      .map(({ Properties }) => Properties as unknown as GatewayResponse)
      .map((answer) => [answer.ResponseType, answer]),
  );

  server.ext('onRequest', (request, h) => {
    // Out of sight of hapi and serverless-offline, which would let any origin in, with credentials. API Gateway adds
    // nothing to what the function says, and the function still sees both headers as they were sent.
    delete request.headers.origin;
    // binaryMediaTypes: */*: any body comes base64-encoded. serverless-offline does so for this type only, and hapi
    // refuses by itself what it cannot read as a type.
    request.headers['content-type'] = 'application/octet-stream';
    return h.continue;
  });

  // hapi answers HEAD by the route of GET; API Gateway has no such route.
  server.ext('onPreAuth', (request, h) => {
    const unknown = answers.get('MISSING_AUTHENTICATION_TOKEN');
    return request.method === 'head' && unknown ? rendered(unknown, 404, '', h).takeover() : h.continue;
  });

  server.ext('onPreResponse', ({ response, route }, h) => {
    const status = Number(response.output?.statusCode ?? response.statusCode); // "502" at times
    const type =
      route.path === unknownRoute ? 'MISSING_AUTHENTICATION_TOKEN' : typeOf(status, response.isBoom);
    const answer = type && answers.get(type);
    return answer ? rendered(answer, status, response.message, h) : h.continue;
  });

  const workers = turnstile(concurrency);
  server.ext('onPreHandler', async (request, h) => {
    await workers.enter();
    request.app.running = true;
    return h.continue;
  });
  server.events.on('response', ({ app }) => {
    if (app.running) workers.leave();
  });

  server.events.on('response', ({ method, path, headers, response, info }) => {
    if (headers['user-agent'] === asker) return;
    log(`${method.toUpperCase()} ${path} ${response.statusCode} ${Date.now() - info.received} ms`);
  });
}

/** Which answer of API Gateway itself this is, if it is one. A function never answers 502 or 504 on purpose. */
function typeOf(status: number, isBoom = false): string | undefined {
  if (status === 502 || status === 504) return 'DEFAULT_5XX';
  if (!isBoom) return undefined;
  if (status === 413) return 'REQUEST_TOO_LARGE';
  return status >= 500 ? 'DEFAULT_5XX' : 'DEFAULT_4XX';
}

function rendered(answer: GatewayResponse, status: number, message = '', h: HapiToolkit): HapiAnswer {
  const template = answer.ResponseTemplates?.['application/json'] ?? '';
  const body = template.replaceAll('$context.error.messageString', () => JSON.stringify(message));
  const response = h.response(body).code(Number(answer.StatusCode ?? status));
  for (const [name, value] of Object.entries(answer.ResponseParameters ?? {})) {
    response.header(name.replace('gatewayresponse.header.', '').toLowerCase(), value.slice(1, -1));
  }
  return response;
}
