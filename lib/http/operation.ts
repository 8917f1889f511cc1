import type * as v from 'valibot';
import type { Problem, ProblemCode } from '../core/problem.ts';
import type { Html } from '../html.ts';
import type { MetricName } from '../metrics.ts';
import type { Request } from './request.ts';
import type { Taken, Takes } from './take.ts';

/** What goes back to the client; the headers that every answer has are added by `endpoint`. */
export type Answer<Body = unknown> = {
  status: number;
  headers?: Record<string, string>;
  /** Written as JSON; `undefined` leaves the body empty. */
  body?: Body;
  /** A page, in place of a body. */
  page?: Html;
};

/** A family of operations that word their errors alike. */
export type Dialect = {
  /** In logs, and the tag of its operations in the OpenAPI document. */
  name: string;
  /** For the OpenAPI document. */
  description: string;
  /** The body of its errors, for the OpenAPI document. */
  problem: v.GenericSchema;
  /** Whether pages of other sites are refused whatever CORS_ORIGINS says, as they are for forms of our own pages. */
  ownSiteOnly?: boolean;
  fail(problem: Problem, request: Request, operation: Declaration): Answer;
};

/** A problem that is known by its code alone, or an example of one that holds more. */
export type ProblemSample = BareCode | Problem;
type BareCode =
  | {
      [Code in ProblemCode]: { code: Code } extends Extract<Problem, { code: Code }> ? Code : never;
    }[ProblemCode]
  | 'invalid-fields'
  | 'throttled'
  | 'hook-failed'
  | 'unavailable';

/** What is known of an operation without running it. */
export type Declaration = {
  /** `authLogIn`: unique, and the `operationId` of the OpenAPI document. */
  id: string;
  dialect: Dialect;
  /** Method and path, `POST /accounts/auth/`, as clients of the dialect write it. */
  route: `${'GET' | 'POST' | 'PUT'} /${string}`;
  /** What its answers are counted as. */
  metric: MetricName;
  /** For the OpenAPI document. */
  summary: string;
  description: string;
  takes: Takes;
  /** Which problems its use-case may meet. Those of bodies, other sites and a failing service are known. */
  problems: readonly ProblemSample[];
};

/**
 * One operation in one dialect, as one value: the reader of its requests, its answers, the OpenAPI document and the tests
 * of what all routes have in common follow from it. Write it as an object literal that calls nothing: esbuild then
 * leaves it out of the functions that do not serve it.
 */
export type Operation<Input, Output, Body = unknown> = Declaration & {
  success: {
    /** What the body of the answer is; `write` has to fit. */
    body: v.GenericSchema<Body>;
    /** A result of the use-case, from which the document's example is written. */
    example: Output;
    /** What headers of this answer alone mean, for the OpenAPI document. */
    headers?: Record<string, string>;
  };
  /** The use-case's request. */
  input(taken: Taken, request: Request): Input;
  /** The use-case's result as an answer. */
  write(output: Output, request: Request): Answer<Body>;
};

/** An operation of which only the declaration and an answer to its example are asked. */
export type AnyOperation = Operation<unknown, unknown>;

/** `POST /accounts/auth`: the route as API Gateway knows it, without the slash at its end. */
export function routeKeyOf({ route }: Pick<Declaration, 'route'>): string {
  return route.replace(/(?<=\/.+)\/$/, '');
}
