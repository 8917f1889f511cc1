import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { ProblemError } from '../core/problem.ts';
import { describeError, log } from '../log.ts';
import { routeOf } from './request.ts';

/** One line a request: the route, the status, the time it took in milliseconds, and what went wrong. */
export function requestLog(): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  return {
    before(request) {
      (request.internal as Timing).startedAt = performance.now();
    },
    after(request) {
      log.info('request', line(request));
    },
    onError(request) {
      const { error } = request;
      const expected =
        error instanceof ProblemError && !['unavailable', 'internal'].includes(error.problem.code);
      if (expected)
        log.info('request', { ...line(request), problem: error.problem.code, detail: error.message });
      else log.error('request', { ...line(request), failure: describeError(error) });
    },
  };
}

type Timing = { startedAt: number };

function line(request: { event: APIGatewayProxyEvent; response: unknown; internal: object }) {
  const { event } = request;
  return {
    route: routeOf(event),
    status: (request.response as APIGatewayProxyResult | null)?.statusCode,
    milliseconds: Math.round(performance.now() - (request.internal as Timing).startedAt),
    requestId: event.requestContext?.requestId,
  };
}
