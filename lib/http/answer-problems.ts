import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { type Problem, ProblemError } from '../core/problem.ts';
import type { Answer } from '../dialects/dialect.ts';
import { proxyResult } from './proxy-result.ts';
import { type Request, readRequest } from './request.ts';

/**
 * Turns what was thrown into the dialect's answer. What is no ProblemError is a defect of ours and is told as
 * `internal`, without any of its detail.
 */
export function answerProblems(
  failOf: (event: APIGatewayProxyEvent) => (problem: Problem, request: Request) => Answer,
): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult> {
  return {
    onError(request) {
      const problem: Problem =
        request.error instanceof ProblemError ? request.error.problem : { code: 'internal' };
      request.response = proxyResult(failOf(request.event)(problem, readRequest(request.event)));
    },
  };
}
