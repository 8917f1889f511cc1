import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { type Notice, ProblemError } from '../core/problem.ts';
import { type MetricName, measure, type Outcome } from '../metrics.ts';

const METRIC_OF_NOTICE: Record<Notice, MetricName> = {
  'reuse-detected': 'ReuseDetected',
  'lockout-begun': 'Lockouts',
  'wrong-code': 'WrongCodes',
  'refused-passkey': 'RefusedPasskeys',
};

/**
 * Counts every answer once, by its outcome, and the core's notices of attacks.
 *
 * @param metricOf the metric of an event's route; throws for a route that the function doesn't have
 */
export function requestMetrics(
  metricOf: (event: APIGatewayProxyEvent) => MetricName,
): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  return {
    after({ event }) {
      measure({ [metricOf(event)]: 1 }, { Outcome: 'success' });
    },
    onError({ event, error }) {
      const { notice } = error instanceof ProblemError ? error : {};
      const noticed = notice === undefined ? {} : { [METRIC_OF_NOTICE[notice]]: 1 };
      measure({ [metricOf(event)]: 1, ...noticed }, { Outcome: outcomeOf(error) });
    },
  };
}

/** The code of the problem that the client got; `internal` for any error but a ProblemError. */
export function outcomeOf(error: unknown): Outcome {
  return error instanceof ProblemError ? error.problem.code : 'internal';
}
