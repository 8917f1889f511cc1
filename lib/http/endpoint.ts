import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import type { Operation } from '../dialects/dialect.ts';
import { unavailable } from '../unavailable.ts';
import { answerHeaders } from './answer-headers.ts';
import { answerProblems } from './answer-problems.ts';
import { proxyResult } from './proxy-result.ts';
import { readRequest, routeOf } from './request.ts';
import { requestLog } from './request-log.ts';
import { requestMetrics } from './request-metrics.ts';

/** A Lambda handler for a REST API with proxy integration. */
export type Endpoint = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/**
 * How long before Lambda ends the function a request that still waits for a dependency is answered. Dependencies that
 * hang one after the other would otherwise outlast the function, and the client see a 502 without `Retry-After`.
 */
const ANSWER_BEFORE_END_MS = 500;

/**
 * Wraps a use-case into the one stack that every endpoint has. A request flows one way: its route picks the dialect,
 * the dialect reads it, the use-case decides, the dialect writes. The route is looked up before the body is touched,
 * so that even a body that nobody can read gets the error of the dialect it was meant for.
 *
 * @param routes `POST /auth/login` and the like, without a trailing slash, each with its dialect's operation
 */
export function endpoint<Input, Output>(
  routes: Record<string, Operation<Input, Output>>,
  act: (input: Input) => Promise<Output>,
  options: { corsOrigins: readonly string[] },
): Endpoint {
  const operationOf = (event: APIGatewayProxyEvent): Operation<Input, Output> => {
    const operation = routes[routeOf(event)];
    if (operation === undefined)
      throw new Error('serverless.yml sends this function a route that it does not have');
    return operation;
  };

  return middy<APIGatewayProxyEvent, APIGatewayProxyResult>({
    timeoutEarlyInMillis: ANSWER_BEFORE_END_MS,
    timeoutEarlyResponse: () => {
      throw unavailable('the function ran out of time');
    },
  })
    .use(requestMetrics((event) => operationOf(event).name))
    .use(requestLog((event) => routes[routeOf(event)]?.dialect))
    .use(answerHeaders(options.corsOrigins))
    .use(answerProblems((event) => operationOf(event).fail))
    .handler(async (event) => {
      const operation = operationOf(event);
      const request = readRequest(event);
      return proxyResult(operation.write(await act(await operation.read(request)), request));
    }) as Endpoint;
}
