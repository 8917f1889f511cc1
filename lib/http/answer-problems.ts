import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { type Problem, ProblemError } from '../core/problem.ts';
import type { Declaration } from './operation.ts';
import { proxyResult } from './proxy-result.ts';
import { readRequest } from './request.ts';

/**
 * Turns what was thrown into the dialect's answer. Any other error than a ProblemError is a defect of ours, answered as
 * `internal`, without any of its detail.
 */
export function answerProblems(
  operationOf: (event: APIGatewayProxyEvent) => Declaration,
): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  return {
    onError(request) {
      const problem: Problem =
        request.error instanceof ProblemError ? request.error.problem : { code: 'internal' };
      const operation = operationOf(request.event);
      request.response = proxyResult(operation.dialect.fail(problem, readRequest(request.event), operation));
    },
  };
}
