import type { KeyObject } from 'node:crypto';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { recordConcerned, withAudit } from '../audit.ts';
import { ProblemError } from '../core/problem.ts';
import { unavailable } from '../unavailable.ts';
import { answerHeaders } from './answer-headers.ts';
import { answerProblems } from './answer-problems.ts';
import { type Answer, type Declaration, type Operation, routeKeyOf } from './operation.ts';
import { refuseOtherSites, type SiteSettings } from './other-sites.ts';
import { proxyResult } from './proxy-result.ts';
import { type Request, readRequest, routeOf } from './request.ts';
import { requestLog } from './request-log.ts';
import { requestMetrics } from './request-metrics.ts';
import { requestReader } from './take.ts';
import type { TrustedProxy } from './trusted-proxy.ts';

/** A Lambda handler for a REST API with proxy integration. */
export type Endpoint = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>;

/** The parts of the configuration that an endpoint needs. */
export type EndpointSettings = SiteSettings & {
  trustedProxy?: TrustedProxy | undefined;
  auditKey?: KeyObject | undefined;
};

/** An operation and the use-case that carries it out. */
export type Route = { operation: Declaration; answer(request: Request): Promise<Answer> };

/**
 * How long before Lambda's timeout a request that still waits for a dependency gets its 503. If dependencies hang one after
 * the other until the timeout, the client would get a 502 without `Retry-After`.
 */
const ANSWER_BEFORE_END_MS = 500;

/** Connects an operation with its use-case: the declaration reads the request and writes the answer, `act` does the work. */
export function on<Input, Output, Body>(
  operation: Operation<Input, Output, Body>,
  act: (input: Input) => Promise<Output>,
): Route {
  const read = requestReader(operation.takes);
  return {
    operation,
    answer: async (request) => operation.write(await act(operation.input(read(request), request)), request),
  };
}

/**
 * Makes the handler of a function from its routes, with the middleware that every endpoint has. The route is looked up
 * before the body is read, so that even a malformed body gets an error in the right dialect.
 */
export function endpoint(settings: EndpointSettings, ...routes: readonly Route[]): Endpoint {
  const byKey = new Map(routes.map((route) => [routeKeyOf(route.operation), route]));
  const routeFor = (event: APIGatewayProxyEvent): Route => {
    const route = byKey.get(routeOf(event));
    if (route === undefined)
      throw new Error('serverless.yml sends this function a route that it does not have');
    return route;
  };

  const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>({
    timeoutEarlyInMillis: ANSWER_BEFORE_END_MS,
    timeoutEarlyResponse: () => {
      throw unavailable('the function ran out of time');
    },
  })
    .use(requestMetrics((event) => routeFor(event).operation.metric))
    .use(requestLog((event) => byKey.get(routeOf(event))?.operation.dialect.name, settings.auditKey))
    .use(answerHeaders(settings.corsOrigins))
    .use(answerProblems((event) => routeFor(event).operation))
    .handler(async (event) => {
      const { operation, answer } = routeFor(event);
      const request = readRequest(event, settings.trustedProxy);
      recordConcerned({ network: request.client });
      // API Gateway refuses unsigned requests before. This is a second check, in case a route loses its authorizer.
      if (operation.takes.iam && request.caller === undefined) throw new ProblemError({ code: 'forbidden' });
      refuseOtherSites(operation, request, settings);
      return proxyResult(await answer(request));
    }) as Endpoint;
  return (event, context) => withAudit(() => handler(event, context));
}
