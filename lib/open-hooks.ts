import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import type { User } from './core/account.ts';
import { personName } from './core/fields.ts';
import type {
  AskClaims,
  HookName,
  Hooks,
  JudgeSignUp,
  LegacyUser,
  Migration,
  OnError,
} from './core/hooks.ts';
import { RESERVED_CLAIMS } from './core/hooks.ts';
import { ProblemError } from './core/problem.ts';
import { readRoles } from './core/roles.ts';
import { describeError, log } from './log.ts';
import { measure } from './metrics.ts';

/** Somebody waits for it. */
const LIMIT_MS = 1_000;
/** JSON that a hook may return. Claims travel in each request. */
const MAX_BYTES = 2_048;
/** Seconds after which a client may send again what a failed hook refused. */
const RETRY_AFTER = 2;
/** Over the floor: what the write takes that follows a lookup which took all of its time. */
const AFTER_LOOKUP_MS = 100;

/** What is wrong with an answer, in words of ours: never with a value. */
class BadAnswer extends Error {
  override readonly name = 'BadAnswer';
}

// Each takes what lib/hooks.ts exports. A function opens those that it asks, so that it holds no other's checks.

/** The hook `claims`, with its time limit and the checks of what it returns. */
export function openClaims({ claims, onError }: Hooks): AskClaims | undefined {
  return (
    claims &&
    ((user, { sessionId, acr, amr }) =>
      asked({
        name: 'claims',
        onError,
        limit: LIMIT_MS,
        call: (signal) =>
          claims({ user: shownUser(user), session: { sessionId, acr, amr: [...amr] } }, { signal }),
        read: readClaims,
      }))
  );
}

/** The hook `beforeSignUp`. */
export function openBeforeSignUp({ beforeSignUp, onError }: Hooks): JudgeSignUp | undefined {
  return (
    beforeSignUp &&
    (async ({ client, ...signUp }) => {
      const sentence = await asked({
        name: 'beforeSignUp',
        onError,
        limit: LIMIT_MS,
        call: (signal) => beforeSignUp({ ...signUp, client: { ...client } }, { signal }),
        read: readSentence,
      });
      if (sentence !== undefined) throw new ProblemError({ code: 'sign-up-refused', sentence });
    })
  );
}

/** The hook `findLegacy`. @param migrationFloor milliseconds */
export function openMigration(
  { findLegacy, onError }: Hooks,
  { migrationFloor }: { migrationFloor: number },
): Migration | undefined {
  return (
    findLegacy && {
      find: (who) =>
        asked({
          name: 'findLegacy',
          onError,
          limit: migrationFloor,
          call: (signal) => findLegacy({ ...who }, { signal }),
          read: readLegacyUser,
        }),
      begin() {
        const until = performance.now() + migrationFloor + AFTER_LOOKUP_MS;
        return () => pause(Math.max(0, until - performance.now()));
      },
    }
  );
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

/** What a hook returns, or `undefined` for nothing. */
async function asked<T>({ name, onError, limit, call, read }: Run<T>): Promise<T | undefined> {
  try {
    const answer = await inTime(call, limit);
    if (answer === undefined || answer === null) return undefined;
    const keys = typeof answer === 'object' ? Object.keys(answer) : [];
    return read(copyOf(answer), keys);
  } catch (error) {
    const failure = error instanceof BadAnswer ? { problem: error.message } : thrown(error);
    const does = onError?.[name] === 'continue' ? 'continue' : 'refuse';
    log.error('hook', { hook: name, onError: does, ...failure });
    measure({ HookFailures: 1 });
    if (does === 'continue') return undefined;
    throw new ProblemError({ code: 'hook-failed', retryAfter: RETRY_AFTER }, `the hook ${name} failed`);
  }
}

/** @throws BadAnswer when it is late, and whatever the hook throws */
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
    // While a hook computes without a pause, no timer fires.
    if (performance.now() - startedAt > limit) throw late;
    return answer;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

/** What a program throws may hold a person's data in every text that it chooses: names of errors and places are left. */
function thrown(error: unknown): { problem: string; failure: unknown } {
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

function readSentence(answer: unknown): string {
  if (typeof answer !== 'string' || answer.trim() === '')
    throw new BadAnswer('it returned a refusal that is no text');
  return answer;
}

/** @param keys of what was returned: a reserved name without a value is refused as well */
function readClaims(answer: unknown, keys: readonly string[]): Record<string, never> {
  if (!isObject(answer)) throw new BadAnswer('it returned claims that are no object');
  const reserved = RESERVED_CLAIMS.find((name) => keys.includes(name) || Object.hasOwn(answer, name));
  if (reserved !== undefined) throw new BadAnswer(`it returned the claim ${reserved}, which is not its own`);
  return answer as Record<string, never>;
}

function readLegacyUser(answer: unknown): LegacyUser {
  if (!isObject(answer)) throw new BadAnswer('it returned a user that is no object');
  const { name, emailVerified, roles } = answer;
  const read = v.safeParse(personName, name);
  if (!read.success) throw new BadAnswer('it returned a user whose name is none');
  if (typeof emailVerified !== 'boolean')
    throw new BadAnswer('it returned a user whose emailVerified is neither true nor false');
  if (roles === undefined || roles === null) return { name: read.output, emailVerified };
  const known = Array.isArray(roles) ? readRoles(roles) : undefined;
  if (known === undefined) throw new BadAnswer('it returned a user whose roles are none');
  return { name: read.output, emailVerified, roles: known };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shownUser({
  userId,
  name,
  email,
  emailVerified = false,
  roles = [],
}: Pick<User, 'userId' | 'name' | 'email' | 'emailVerified' | 'roles'>) {
  return { userId, name, email, emailVerified, roles: [...roles] };
}
