import type { HookName, OnError } from '../core/hooks.ts';
import { ProblemError } from '../core/problem.ts';
import { describeError, log } from '../log.ts';
import { measure } from '../metrics.ts';

/** The time limit of a hook in milliseconds. A client waits for it. */
export const LIMIT_MS = 1_000;
/** Bytes of JSON that a hook may return. Clients send claims with every request. */
const MAX_BYTES = 2_048;
/** Seconds after which a client may repeat a request that was refused because of a failed hook. */
const RETRY_AFTER = 2;

/** What is wrong with a hook's answer, in our words and without its values. */
export class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

type Run<T> = {
  name: HookName;
  onError: OnError | undefined;
  /** Milliseconds. */
  limit: number;
  call: (signal: AbortSignal) => unknown;
  /** @param answer a copy of what the hook returned @throws BadAnswer */
  read: (answer: unknown, keys: readonly string[]) => T;
};

/** Runs a hook within its limits. @returns what it returned, or `undefined` for nothing @throws ProblemError `hook-failed` */
export async function runHook<T>({ name, onError, limit, call, read }: Run<T>): Promise<T | undefined> {
  try {
    const answer = await inTime(call, limit);
    if (answer === undefined || answer === null) return undefined;
    const keys = typeof answer === 'object' ? Object.keys(answer) : [];
    return read(copyOf(answer), keys);
  } catch (error) {
    const failure = error instanceof BadAnswer ? { problem: error.message } : describeThrown(error);
    const does = onError?.[name] === 'continue' ? 'continue' : 'refuse';
    log.error('hook', { hook: name, onError: does, ...failure });
    measure({ HookFailures: 1 });
    if (does === 'continue') return undefined;
    throw new ProblemError({ code: 'hook-failed', retryAfter: RETRY_AFTER }, `the hook ${name} failed`);
  }
}

/** @throws BadAnswer when the hook is late, and whatever it throws */
async function inTime(call: Run<unknown>['call'], limit: number): Promise<unknown> {
  const late = new BadAnswer(`it took longer than ${limit} ms`);
  const startedAt = performance.now();
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    const answer = await Promise.race([
      Promise.resolve(stop.signal).then(call),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(late), limit);
      }),
    ]);
    // A hook that computes without a pause blocks the timer, so check the time afterwards as well.
    if (performance.now() - startedAt > limit) throw late;
    return answer;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

/** An error of a hook may hold personal data in any text, so only the names of errors and stack frames are logged. */
function describeThrown(error: unknown): { problem: string; failure: unknown } {
  return { problem: 'it threw', failure: withoutTexts(describeError(error)) };
}

function withoutTexts({ name, code, frames, cause }: Record<string, unknown>): unknown {
  return {
    name: /^[A-Za-z]{1,40}$/.test(String(name)) ? name : 'Error',
    ...(/^[A-Z][A-Z\d_]{0,40}$/.test(String(code)) && { code }),
    frames,
    ...(cause !== undefined && { cause: withoutTexts(cause as Record<string, unknown>) }),
  };
}

/** @throws BadAnswer; Error for what JSON can't express */
function copyOf(answer: unknown): unknown {
  const json = JSON.stringify(answer) as string | undefined;
  if (json === undefined) throw new BadAnswer('it returned what JSON has no form for');
  if (Buffer.byteLength(json) > MAX_BYTES)
    throw new BadAnswer(`it returned more than ${MAX_BYTES} bytes of JSON`);
  return JSON.parse(json);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
