import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { type Problem, ProblemError } from '../core/problem.ts';
import type { Declaration } from './operation.ts';
import { proxyResult } from './proxy-result.ts';
import { readRequest } from './request.ts';

/**
 * Turns a thrown error into the dialect's answer. Any error but a ProblemError is a defect of ours, answered as `internal`
 * without any detail.
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
