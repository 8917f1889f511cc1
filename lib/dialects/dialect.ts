import type { Problem, ProblemCode } from '../core/problem.ts';
import type { Html } from '../html.ts';
import type { Request } from '../http/request.ts';

/** What goes back to the client; the headers that every answer has are added by `lib/http`. */
export type Answer<Body = unknown> = {
  status: number;
  headers?: Record<string, string>;
  /** Written as JSON; `undefined` leaves the body empty. */
  body?: Body;
  /** A page, in place of a body. */
  page?: Html;
};

/** What an operation is called in logs and metrics, in whatever dialect; its dialect there. */
export type OperationName =
  | 'sign-up'
  | 'log-in'
  | 'welcome'
  | 'refresh'
  | 'log-out'
  | 'forget-password'
  | 'reset-password'
  | 'page'
  | 'keys';
export type DialectName = 'accounts' | 'api-user' | 'auth' | 'pages' | 'well-known';

/**
 * One operation in one dialect: how its request is read, its result written and its problems told. `Body` is what
 * lib/openapi tells clients of the success, so that the two cannot differ.
 */
export type Operation<Input, Output, Body = unknown> = {
  name: OperationName;
  dialect: DialectName;
  read(request: Request): Promise<Input>;
  write(output: Output, request: Request): Answer<Body>;
  fail(problem: Problem, request: Request): Answer;
};

/** An answer for every code of the closed union: a dialect that lacks one does not compile. */
export type Failures = { [Code in ProblemCode]: (problem: Extract<Problem, { code: Code }>) => Answer };

export function answerProblem(failures: Failures, problem: Problem): Answer {
  return (failures[problem.code] as (problem: Problem) => Answer)(problem);
}

/** The access token of `Authorization: Bearer`; text that cannot be one stays, to be refused as invalid. */
export function bearerToken(request: Request): string | undefined {
  return /^bearer +(.*)$/is.exec(request.header('authorization') ?? '')?.[1]?.trim();
}

/** @param seconds after which the client may try again */
export const retryAfter = (seconds: number) => ({ 'Retry-After': String(seconds) });
