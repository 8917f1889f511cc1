import type { KeyObject } from 'node:crypto';
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { pseudonyms } from '../audit.ts';
import { ProblemError } from '../core/problem.ts';
import { describeError, log } from '../log.ts';
import type { Outcome } from '../metrics.ts';
import { callerOf, routeOf } from './request.ts';
import { outcomeOf } from './request-metrics.ts';

/**
 * Logs one line for each request: its route, its outcome, its time in milliseconds, what went wrong, the IAM principal that
 * signed it, and pseudonyms of the user and the client.
 *
 * @param auditKey the key of the pseudonyms; without one there are none
 * @param dialectOf the dialect of an event's route; `undefined` for a route that the function does not have
 */
export function requestLog(
  dialectOf: (event: APIGatewayProxyEvent) => string | undefined,
  auditKey: KeyObject | undefined,
): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  const line = (request: Observed, outcome: Outcome) => ({
    route: routeOf(request.event),
    function: request.context?.functionName,
    dialect: dialectOf(request.event),
    outcome,
    status: (request.response as APIGatewayProxyResult | null)?.statusCode,
    milliseconds: Math.round(performance.now() - (request.internal as Timing).startedAt),
    requestId: request.event.requestContext?.requestId,
    caller: callerOf(request.event),
    ...pseudonyms(auditKey),
  });

  return {
    before(request) {
      (request.internal as Timing).startedAt = performance.now();
    },
    after(request) {
      log.info('request', line(request, 'success'));
    },
    onError(request) {
      const { error } = request;
      const outcome = outcomeOf(error);
      const expected = error instanceof ProblemError && !['unavailable', 'internal'].includes(outcome);
      if (expected)
        log.info('request', { ...line(request, outcome), notice: error.notice, detail: error.message });
      else log.error('request', { ...line(request, outcome), failure: describeError(error) });
    },
  };
}

type Timing = { startedAt: number };
type Observed = { event: APIGatewayProxyEvent; context?: Context; response: unknown; internal: object };
