import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { allowsOrigin } from './allowed-origins.ts';
import { readRequest } from './request.ts';

/** On every answer. @see https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html */
export const alwaysHeaders = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'X-Frame-Options': 'DENY',
};

/**
 * Adds the headers that every answer has, and those of CORS for a configured origin. An answer's own headers win.
 * `Access-Control-Allow-Credentials` is never sent: tokens are in headers and bodies, so no cookie has to cross an origin.
 */
export function answerHeaders(
  corsOrigins: readonly string[],
): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  const addHeaders: MiddlewareFn = (request) => {
    if (!request.response) return;
    const cors = corsHeaders(corsOrigins, readRequest(request.event).header('origin'));
    request.response.headers = { ...alwaysHeaders, ...cors, ...request.response.headers };
  };
  return { after: addHeaders, onError: addHeaders };
}

type MiddlewareFn = NonNullable<MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult>['after']>;

/** @see https://fetch.spec.whatwg.org/#http-cors-protocol */
export function corsHeaders(origins: readonly string[], origin: string | undefined): Record<string, string> {
  if (origins.length === 0) return {};
  const vary = { Vary: 'Origin' };
  if (origin === undefined || !allowsOrigin(origins, origin)) return vary;
  return {
    ...vary,
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'Retry-After, WWW-Authenticate',
  };
}
