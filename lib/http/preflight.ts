import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { alwaysHeaders, corsHeaders } from './answer-headers.ts';
import { readRequest } from './request.ts';

/** Seconds a browser may remember the answer; Chromium takes no more than two hours. */
const MAX_AGE = 7_200;

/** What our operations read, and what libraries that trace requests or mark them as a script's add to each of them. */
const REQUEST_HEADERS = [
  'Authorization',
  'Content-Type',
  'token',
  'traceparent',
  'tracestate',
  'baggage',
  'sentry-trace',
  'X-Requested-With',
];

/**
 * Answers a browser's preflight: with what the routes accept for an origin that is configured, with nothing for any
 * other, so that the browser refuses by itself.
 *
 * @see https://fetch.spec.whatwg.org/#cors-preflight-fetch
 */
export function answerPreflight(
  event: APIGatewayProxyEvent,
  { corsOrigins, corsHeaders: more }: { corsOrigins: readonly string[]; corsHeaders: readonly string[] },
): APIGatewayProxyResult {
  const cors = corsHeaders(corsOrigins, readRequest(event).header('origin'));
  const allowed = {
    'Access-Control-Allow-Methods': 'GET, POST',
    'Access-Control-Allow-Headers': [...REQUEST_HEADERS, ...more].join(', '),
    'Access-Control-Max-Age': String(MAX_AGE),
  };
  const granted = 'Access-Control-Allow-Origin' in cors;
  return { statusCode: 204, headers: { ...alwaysHeaders, ...cors, ...(granted && allowed) }, body: '' };
}
