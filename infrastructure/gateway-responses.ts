// What API Gateway answers by itself, in the shape of our own problems. No template repeats a word of API Gateway's
// (`$context.error.messageString`): its words about an Authorization header that it cannot read hold that header.
// tools/local/gateway.ts answers with the same resources.

import type { ProblemCode } from '../lib/core/problem.ts';

interface GatewayAnswer {
  /** The logical id begins with it. */
  readonly name: string;
  readonly types: readonly string[];
  /** Without one API Gateway's own status stays, and the body has none: templates know no variable for it. */
  readonly status?: number;
  /** As our own problems have it, so that a client needs one table. Two are API Gateway's alone. */
  readonly code: ProblemCode | 'forbidden' | 'refused';
  readonly title: string;
  readonly detail: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

const FAILED = 'The service could not answer. Try again later.';

const ANSWERS: readonly GatewayAnswer[] = [
  {
    // An unknown route, as API Gateway sees it: without an Authorization header, with one that isn't a signature of AWS, or
    // with a wrong one. A route for signed requests alone gives the same types: see `unsignedIsForbidden`.
    name: 'UnknownRoute',
    types: [
      'MISSING_AUTHENTICATION_TOKEN',
      'INVALID_SIGNATURE',
      'UNAUTHORIZED',
      'INVALID_API_KEY',
      'RESOURCE_NOT_FOUND',
    ],
    status: 404,
    code: 'not-found',
    title: 'Not Found',
    detail: 'This path or method does not exist.',
  },
  {
    // Signed, but by a principal that may not call the route, or not any more.
    name: 'Forbidden',
    types: ['ACCESS_DENIED', 'EXPIRED_TOKEN'],
    status: 403,
    code: 'forbidden',
    title: 'Forbidden',
    detail: 'Sign the request with AWS Signature Version 4, as an IAM principal that may invoke this route.',
  },
  {
    name: 'TooLarge',
    types: ['REQUEST_TOO_LARGE'],
    status: 413,
    code: 'body-too-large',
    title: 'Content Too Large',
    detail: 'The request body is too large.',
  },
  {
    name: 'Throttled',
    types: ['THROTTLED', 'QUOTA_EXCEEDED'],
    status: 429,
    code: 'throttled',
    title: 'Too Many Requests',
    detail: 'Too many requests. Try again in a second.',
    retryAfter: 1,
  },
  {
    // The web ACL. Almost always its rate rules, whose window is five minutes.
    name: 'Blocked',
    types: ['WAF_FILTERED'],
    status: 429,
    code: 'throttled',
    title: 'Too Many Requests',
    detail:
      'Too many requests from your network, or one that looks like an attack. Try again in a few minutes.',
    retryAfter: 60,
  },
  {
    // Lambda did not run the function; most often it runs as many as are reserved.
    name: 'Busy',
    types: ['INTEGRATION_FAILURE'],
    status: 503,
    code: 'unavailable',
    title: 'Service Unavailable',
    detail: FAILED,
    retryAfter: 1,
  },
  {
    name: 'TimedOut',
    types: ['INTEGRATION_TIMEOUT'],
    status: 504,
    code: 'unavailable',
    title: 'Gateway Timeout',
    detail: FAILED,
  },
  {
    name: 'Refused',
    types: ['DEFAULT_4XX'],
    code: 'refused',
    title: 'Request refused',
    detail: 'The request was refused before it reached the service.',
  },
  { name: 'Failed', types: ['DEFAULT_5XX'], code: 'internal', title: 'Service failed', detail: FAILED },
];

/** As lib/http/answer-headers.ts has them: the code's answers and these look alike. */
const HEADERS = {
  'Content-Type': 'application/problem+json',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** What API Gateway says of a route that it doesn't have, and of one for signed requests alone that nobody signed rightly. */
const UNSIGNED: readonly string[] = ['MISSING_AUTHENTICATION_TOKEN', 'INVALID_SIGNATURE'];

/**
 * Where there are routes for signed requests alone, these types are theirs: unknown routes then are routes of their own
 * (infrastructure/unknown-routes.ts), which API Gateway answers with 404 before it looks for a signature.
 */
function unsignedIsForbidden(answer: GatewayAnswer): GatewayAnswer {
  if (answer.name === 'Forbidden') return { ...answer, types: [...answer.types, ...UNSIGNED] };
  return { ...answer, types: answer.types.filter((type) => !UNSIGNED.includes(type)) };
}

/** What an unknown route answers: the parameters and the body of its response. */
export function unknownRouteAnswer() {
  const [answer] = ANSWERS;
  const { StatusCode, ResponseParameters, ResponseTemplates } = propertiesOf('', answer as GatewayAnswer);
  return { StatusCode, ResponseParameters, ResponseTemplates };
}

/** @param adminApi whether there are routes for signed requests alone */
export function gatewayResponses(
  adminApi = false,
): Record<string, { Type: string; Properties: Record<string, unknown> }> {
  return Object.fromEntries(
    ANSWERS.map((answer) => (adminApi ? unsignedIsForbidden(answer) : answer)).flatMap((answer) =>
      answer.types.map((type, index) => [
        `${answer.name}Response${index === 0 ? '' : index + 1}`,
        { Type: 'AWS::ApiGateway::GatewayResponse', Properties: propertiesOf(type, answer) },
      ]),
    ),
  );
}

function propertiesOf(type: string, { status, code, title, detail, retryAfter }: GatewayAnswer) {
  const headers = { ...HEADERS, ...(retryAfter && { 'Retry-After': String(retryAfter) }) };
  const body = { type: 'about:blank', title, ...(status && { status }), code, detail, message: detail };
  return {
    RestApiId: { Ref: 'ApiGatewayRestApi' },
    ResponseType: type,
    ...(status && { StatusCode: String(status) }),
    ResponseParameters: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [`gatewayresponse.header.${name}`, quoted(value)]),
    ),
    ResponseTemplates: { 'application/json': JSON.stringify(body) },
  };
}

/** A static value as API Gateway's mappings write it. */
function quoted(value: string): string {
  return `'${value}'`;
}
