import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { alwaysHeaders, corsHeaders } from './answer-headers.ts';
import { readRequest } from './request.ts';

/** Seconds a browser may remember the answer; Chromium takes no more than two hours. */
const MAX_AGE = 7_200;

/**
 * Answers a browser's preflight: with what the routes accept for an origin that is configured, with nothing for any
 * other, so that the browser refuses by itself.
 *
 * @see https://fetch.spec.whatwg.org/#cors-preflight-fetch
 */
export function answerPreflight(
  event: APIGatewayProxyEvent,
  origins: readonly string[],
): APIGatewayProxyResult {
  const cors = corsHeaders(origins, readRequest(event).header('origin'));
  const allowed = {
    'Access-Control-Allow-Methods': 'GET, POST',
    'Access-Control-Allow-Headers': 'Authorization, Content-Type, token',
    'Access-Control-Max-Age': String(MAX_AGE),
  };
  const granted = 'Access-Control-Allow-Origin' in cors;
  return { statusCode: 204, headers: { ...alwaysHeaders, ...cors, ...(granted && allowed) }, body: '' };
}
