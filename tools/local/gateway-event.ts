// The event that API Gateway makes of a request, for `npm start`, the tests and the bench alike.
import { randomUUID } from 'node:crypto';
import type { APIGatewayProxyEvent } from 'aws-lambda';

/** A request on its way to a function. */
export interface GatewayRequest {
  readonly method: string;
  /** The route's template, such as `/admin/users/{userId}`; the path without its trailing slash by default. */
  readonly resource?: string;
  /** As it was sent, with the query string. */
  readonly url: string;
  /** Every header as it was sent, in order: a name may come twice. */
  readonly headers?: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body?: Uint8Array | undefined;
  /** Whether the body is delivered in base64, as the API does with all of them (`binaryMediaTypes`). True by default. */
  readonly base64?: boolean;
  readonly pathParameters?: Readonly<Record<string, string>> | null | undefined;
  readonly sourceIp?: string;
  readonly requestId?: string;
  /** The ARN of the principal that signed the request, if the route requires a signature. */
  readonly userArn?: string;
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html */
export function gatewayEvent(request: GatewayRequest): APIGatewayProxyEvent {
  const { method, url, body, base64 = true, sourceIp = '192.0.2.1', requestId = randomUUID() } = request;
  const [path = '/', search = ''] = splitAtFirst(url, '?');
  const resource = request.resource ?? withoutTrailingSlash(path);
  const headers = grouped(request.headers ?? [], (name) => name.toLowerCase());
  const query = grouped(new URLSearchParams(search), (name) => name);
  const hasBody = body !== undefined && body.length > 0;
  return {
    resource,
    path,
    httpMethod: method,
    headers: lastOfEach(headers),
    multiValueHeaders: headers,
    queryStringParameters: search === '' ? null : lastOfEach(query),
    multiValueQueryStringParameters: search === '' ? null : query,
    pathParameters: request.pathParameters ?? null,
    stageVariables: null,
    requestContext: {
      requestId,
      httpMethod: method,
      path,
      resourcePath: resource,
      stage: 'local',
      protocol: 'HTTP/1.1',
      accountId: '000000000000',
      apiId: 'local',
      requestTimeEpoch: Date.now(),
      identity: { sourceIp, userArn: request.userArn ?? null },
    } as APIGatewayProxyEvent['requestContext'],
    body: hasBody ? Buffer.from(body).toString(base64 ? 'base64' : 'utf8') : null,
    isBase64Encoded: base64 && hasBody,
  };
}

/** Every path means the same with a slash behind it. */
export function withoutTrailingSlash(path: string): string {
  return path.replace(/(?<=.)\/$/, '');
}

function splitAtFirst(text: string, mark: string): string[] {
  const place = text.indexOf(mark);
  return place < 0 ? [text] : [text.slice(0, place), text.slice(place + 1)];
}

/** All values of each name, under the spelling that came first. */
function grouped(
  entries: Iterable<readonly [string, string]>,
  keyOf: (name: string) => string,
): Record<string, string[]> {
  const groups = new Map<string, [name: string, values: string[]]>();
  for (const [name, value] of entries) {
    const group = groups.get(keyOf(name));
    if (group) group[1].push(value);
    else groups.set(keyOf(name), [name, [value]]);
  }
  return Object.fromEntries(groups.values());
}

function lastOfEach(groups: Record<string, string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(groups).map(([name, values]) => [name, values.at(-1) as string]));
}
