import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { type Notice, ProblemError } from '../core/problem.ts';
import type { OperationName } from '../dialects/dialect.ts';
import { type MetricName, measure, type Outcome } from '../metrics.ts';

/** What the answers of each operation are counted as. */
const METRIC_OF: Record<OperationName, MetricName> = {
  'sign-up': 'SignUps',
  'log-in': 'LogIns',
  welcome: 'TokenChecks',
  refresh: 'Refreshes',
  'log-out': 'LogOuts',
  'forget-password': 'ResetRequests',
  'reset-password': 'PasswordResets',
  page: 'Pages',
  keys: 'KeySets',
};

const METRIC_OF_NOTICE: Record<Notice, MetricName> = {
  'reuse-detected': 'ReuseDetected',
  'lockout-begun': 'Lockouts',
};

/**
 * Counts every answer once, by what became of the request, and what the core noticed on the way.
 *
 * @param nameOf the operation of an event's route; throws for a route that the function does not have
 */
export function requestMetrics(
  nameOf: (event: APIGatewayProxyEvent) => OperationName,
): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  return {
    after({ event }) {
      measure({ [METRIC_OF[nameOf(event)]]: 1 }, { Outcome: 'success' });
    },
    onError({ event, error }) {
      const { notice } = error instanceof ProblemError ? error : {};
      const noticed = notice === undefined ? {} : { [METRIC_OF_NOTICE[notice]]: 1 };
      measure({ [METRIC_OF[nameOf(event)]]: 1, ...noticed }, { Outcome: outcomeOf(error) });
    },
  };
}

/** What the client was told; what is no ProblemError was told as `internal`. */
export function outcomeOf(error: unknown): Outcome {
  return error instanceof ProblemError ? error.problem.code : 'internal';
}
