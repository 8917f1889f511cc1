import { type Problem, ProblemError } from '../../../lib/core/problem.ts';

/** The problem that a call ends in, with the message for the log; fails when it ends in anything else. */
export async function problemOf(call: Promise<unknown>): Promise<{ problem: Problem; message: string }> {
  const outcome = await call.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome && outcome.error instanceof ProblemError) {
    return { problem: outcome.error.problem, message: outcome.error.message };
  }
  throw new Error('the call did not end in a ProblemError', {
    cause: 'error' in outcome ? outcome.error : outcome.value,
  });
}
