import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { alwaysHeaders, corsHeaders } from './answer-headers.ts';
import { readRequest } from './request.ts';

/** Seconds for which a browser may cache the answer; Chromium caps it at two hours. */
const MAX_AGE = 7_200;

/** The headers that our operations read, and those that libraries for tracing or requests add by themselves. */
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
 * Answers a browser's preflight: a configured origin gets what the routes accept; any other gets nothing, so that the
 * browser refuses the request.
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
