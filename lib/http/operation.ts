import type * as v from 'valibot';
import type { Problem, ProblemCode } from '../core/problem.ts';
import type { Html } from '../html.ts';
import type { MetricName } from '../metrics.ts';
import type { Request } from './request.ts';
import type { Taken, Takes } from './take.ts';

/** The answer to a request, without the headers that `endpoint` adds to every answer. */
export type Answer<Body = unknown> = {
  status: number;
  headers?: Record<string, string>;
  /** Becomes JSON; `undefined`: an empty body. */
  body?: Body;
  /** An HTML page, in place of `body`. */
  page?: Html;
};

/** A family of operations with the same form of errors. */
export type Dialect = {
  /** Its name in logs, and as a tag in the OpenAPI document. */
  name: string;
  /** For the OpenAPI document. */
  description: string;
  /** The schema of its errors, for the OpenAPI document. */
  problem: v.GenericSchema;
  /** Whether pages of other sites are refused whatever CORS_ORIGINS says, as for the forms of our own pages. */
  ownSiteOnly?: boolean;
  fail(problem: Problem, request: Request, operation: Declaration): Answer;
};

/** The code of a problem, or an example of a problem that has more than its code. */
export type ProblemSample = BareCode | Problem;
type BareCode =
  | {
      [Code in ProblemCode]: { code: Code } extends Extract<Problem, { code: Code }> ? Code : never;
    }[ProblemCode]
  | 'invalid-fields'
  | 'throttled'
  | 'hook-failed'
  | 'unavailable';

/** The part of an operation that describes it, without its code. */
export type Declaration = {
  /** `authLogIn`: unique, and the `operationId` of the OpenAPI document. */
  id: string;
  dialect: Dialect;
  /** Method and path, `POST /accounts/auth/`, as clients of the dialect write it. */
  route: `${'GET' | 'POST' | 'PUT'} /${string}`;
  /** The metric that counts its answers. */
  metric: MetricName;
  /** For the OpenAPI document. */
  summary: string;
  description: string;
  takes: Takes;
  /** The problems that its use-case may throw. Those that every operation may have (of bodies, other sites, outages) are added. */
  problems: readonly ProblemSample[];
};

/**
 * One operation in one dialect, as one value. Its request reader, its answers, its part of the OpenAPI document and the
 * tests of every route's common behaviour follow from it. Write it as an object literal without calls: esbuild then leaves
 * it out of the functions that don't serve it.
 */
export type Operation<Input, Output, Body = unknown> = Declaration & {
  success: {
    /** The schema of the body that `write` returns. */
    body: v.GenericSchema<Body>;
    /** A result of the use-case, from which `write` makes the document's example. */
    example: Output;
    /** Descriptions of headers that only this answer has, for the OpenAPI document. */
    headers?: Record<string, string>;
  };
  /** Makes the use-case's request. */
  input(taken: Taken, request: Request): Input;
  /** Makes the answer from the use-case's result. */
  write(output: Output, request: Request): Answer<Body>;
};

/** An operation of any type, for code that uses only its declaration and example. */
export type AnyOperation = Operation<unknown, unknown>;

/** The route as API Gateway names it, without a slash at the end: `POST /accounts/auth`. */
export function routeKeyOf({ route }: Pick<Declaration, 'route'>): string {
  return route.replace(/(?<=\/.+)\/$/, '');
}
