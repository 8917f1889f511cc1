// What API Gateway does before and after a function, as serverless.yml sets it up: routes, limits, and answers of its own.
import type { APIGatewayProxyResult } from 'aws-lambda';
import { grantOrigins } from '../deploy/deployment.ts';
import { type Route, routesOf, type Service } from '../deploy/service.ts';
import { gatewayEvent, withoutTrailingSlash } from './gateway-event.ts';

/** A request as it came in. */
export interface Incoming {
  readonly method: string;
  /** As it was sent, with the query string. */
  readonly url: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** `undefined` when it was longer than {@link MAX_BODY}. */
  readonly body: Uint8Array | undefined;
  readonly sourceIp: string;
  readonly requestId: string;
}

export interface Outgoing {
  readonly status: number;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: Uint8Array | string;
  /** Whether a function answered, and not the gateway itself. */
  readonly routed: boolean;
}

export interface GatewayOptions {
  readonly service: Service;
  /** As the functions have it: what the gateway says itself is for the same origins. */
  readonly corsOrigins: string;
  invoke(name: string, event: unknown): Promise<unknown>;
  /** Receives the reason why a function failed, which the answer doesn't have. */
  readonly failed: (name: string, error: Error) => void;
}

/** Bytes. @see https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html */
export const MAX_BODY = 10 * 1024 * 1024;

/** Answers requests as API Gateway would. */
export function openGateway(options: GatewayOptions): (request: Incoming) => Promise<Outgoing> {
  const { service, invoke, failed } = options;
  const routes = routesOf(service);
  const ownAnswer = ownAnswers(service, options.corsOrigins);
  const signedParts = new Set(routes.flatMap(({ signed, path }) => (signed ? [firstPart(path)] : [])));

  return async (request) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const signer = signerOf(request);
    // First of all, so that unsigned requests don't reveal which of these paths exist.
    if (signer === undefined && signedParts.has(firstPart(path))) return ownAnswer('ACCESS_DENIED', 403);
    const found = find(routes, request.method, path);
    if (found === undefined) return ownAnswer('MISSING_AUTHENTICATION_TOKEN', 404);
    const { route, pathParameters } = found;
    if (request.body === undefined) return ownAnswer('REQUEST_TOO_LARGE', 413);
    const event = gatewayEvent({
      ...request,
      resource: route.path,
      pathParameters,
      ...(route.signed && { userArn: arnOf(signer) }),
    });
    try {
      return outgoing(await invoke(route.name, event));
    } catch (error) {
      failed(route.name, error as Error);
      return ownAnswer('DEFAULT_5XX', 502);
    }
  };
}

/** `admin` of `/admin/users`. */
const firstPart = (path: string) => path.split('/', 2)[1];

/** The route of a path, with or without a slash at its end. One that names the path wins over one with a parameter. */
export function find<R extends Pick<Route, 'method' | 'path'>>(
  routes: readonly R[],
  method: string,
  path: string,
) {
  const segments = withoutTrailingSlash(path).split('/');
  const found = routes
    .filter((route) => route.method === method)
    .map((route) => ({ route, pathParameters: parametersOf(route.path.split('/'), segments) }))
    .filter(({ pathParameters }) => pathParameters !== undefined)
    .sort((one, other) => countOf(one.pathParameters) - countOf(other.pathParameters));
  return found[0];
}

/** What the parameters of a template stand for: `null` for a template without one, `undefined` when the path is another. */
function parametersOf(template: string[], segments: string[]): Record<string, string> | null | undefined {
  if (template.length !== segments.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [place, part] of template.entries()) {
    const segment = segments[place] as string;
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    if (name === undefined && part !== segment) return undefined;
    if (name === undefined) continue;
    const value = decoded(segment);
    if (!value) return undefined;
    parameters[name] = value;
  }
  return countOf(parameters) === 0 ? null : parameters;
}

const countOf = (parameters: object | null | undefined) => Object.keys(parameters ?? {}).length;

/** A value that can't be decoded stays as it is; it can't be an id. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The local ARN of an access key. */
export const arnOf = (signer: string | undefined) => `arn:aws:iam::000000000000:user/${signer}`;

/** The access key that claims to have signed the request; nobody checks the signature here. */
export function signerOf({ headers }: Pick<Incoming, 'headers'>): string | undefined {
  const [, value = ''] = headers.findLast(([name]) => name.toLowerCase() === 'authorization') ?? [];
  return /^AWS4-HMAC-SHA256 +(?:[^ ,]+, *)*Credential=(\w+)\//.exec(value)?.[1];
}

/** @throws Error when the function did not answer as a proxy integration has to */
function outgoing(answer: unknown): Outgoing {
  const result = (answer ?? {}) as Partial<APIGatewayProxyResult>;
  const { statusCode, headers = {}, multiValueHeaders = {}, body = '', isBase64Encoded = false } = result;
  if (typeof statusCode !== 'number' || typeof body !== 'string')
    throw new Error('the function did not answer with a statusCode and a body');
  const all = [
    ...Object.entries(headers).map(([name, value]) => [name, String(value)] as const),
    ...Object.entries(multiValueHeaders).flatMap(([name, values = []]) =>
      values.map((value) => [name, String(value)] as const),
    ),
  ];
  const typed = all.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    status: statusCode,
    headers: typed ? all : [...all, ['Content-Type', 'application/json']],
    body: isBase64Encoded ? Buffer.from(body, 'base64') : body,
    routed: true,
  };
}

interface GatewayResponse {
  readonly ResponseType: string;
  readonly StatusCode?: string;
  readonly ResponseParameters?: Readonly<Record<string, string>>;
  readonly ResponseTemplates?: Readonly<Record<string, string>>;
}

/** The gateway's own answers, from the gateway responses of serverless.yml. */
function ownAnswers(service: Service, corsOrigins: string) {
  const resources = structuredClone(service.resources.Resources);
  grantOrigins(resources, corsOrigins);
  const answers = new Map(
    Object.values(resources)
      .filter(({ Type }) => Type === 'AWS::ApiGateway::GatewayResponse')
      .map(({ Properties }) => Properties as unknown as GatewayResponse)
      .map((answer) => [answer.ResponseType, answer]),
  );
  return (type: string, status: number): Outgoing => {
    const { StatusCode = status, ResponseParameters = {}, ResponseTemplates = {} } = answers.get(type) ?? {};
    return {
      status: Number(StatusCode),
      headers: Object.entries(ResponseParameters).map(([name, value]) => [
        name.replace('gatewayresponse.header.', ''),
        value.slice(1, -1),
      ]),
      body: ResponseTemplates['application/json'] ?? '',
      routed: false,
    };
  };
}
