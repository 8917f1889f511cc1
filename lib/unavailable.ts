import { ProblemError } from './core/problem.ts';

/** Seconds after which a client should try again when a dependency did not answer. */
const RETRY_AFTER = 2;

/** @param message only for the log */
export function unavailable(message: string, options?: ErrorOptions): ProblemError {
  return new ProblemError({ code: 'unavailable', retryAfter: RETRY_AFTER }, message, options);
}

/**
 * Waits for an answer of a dependency and turns any error into ProblemError `unavailable`, with the original error as the
 * cause, which only the log sees.
 */
export async function orUnavailable<T>(dependency: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw unavailable(`${dependency} did not answer`, { cause });
  }
}
