import type { Problem, ProblemCode } from '../core/problem.ts';
import type { Answer } from '../http/operation.ts';

/** An answer for every code of the closed union. A dialect without one for some code doesn't compile. */
export type Failures<Body = unknown> = {
  [Code in ProblemCode]: (problem: Extract<Problem, { code: Code }>) => Answer<Body>;
};

export function answerProblem<Body>(failures: Failures<Body>, problem: Problem): Answer<Body> {
  return (failures[problem.code] as (problem: Problem) => Answer<Body>)(problem);
}

/** @param seconds after which the client may try again */
export const retryAfter = (seconds: number) => ({ 'Retry-After': String(seconds) });
