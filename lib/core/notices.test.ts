import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { tryPassword } from '../../test/harness/memory/try-password.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import { logIn } from './log-in.ts';
import type { Attempts } from './login-attempts.ts';
import { ProblemError } from './problem.ts';
import { refreshSession } from './refresh-session.ts';
import { accountCounter } from './throttle.ts';

// What the core tells whoever watches the service, and nobody else.

const EMAIL = ADA.email;
const COUNTER = accountCounter(EMAIL);

async function noticeOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) throw new Error('the call did not end in a ProblemError');
  return error.notice;
}

function stored(changes: Partial<Attempts>) {
  const { failures = 0 } = changes;
  const value = {
    failures,
    consecutive: failures,
    pending: [],
    lockedUntil: 0,
    quietAt: NOON + 900_000,
    rememberedUntil: NOON + 900_000,
    ...changes,
  };
  return { value, version: randomUUID() };
}

describe('a lockout', () => {
  const wrong = async () => undefined;
  const outcomeAt = async (failures: number, check: () => Promise<unknown>) => {
    const { deps, throttleStore } = world();
    if (failures > 0) throttleStore.attempts.set(COUNTER, stored({ failures }));
    return tryPassword(deps.throttle, EMAIL, check).catch(() => 'refused');
  };

  test.each([
    [1, false],
    [4, false],
    [5, true],
    [6, true],
    [100, true],
  ])('is reported of failure number %i: %s', async (nth, locked) => {
    expect(await outcomeAt(nth - 1, wrong)).toEqual({ locked });
  });

  test('is not reported of a success, nor of a check that broke', async () => {
    expect(await outcomeAt(4, async () => 'the user')).toBe('the user');
    expect(await outcomeAt(4, () => Promise.reject(new Error('the store is down')))).toBe('refused');
  });

  test('that another log-in began meanwhile is not reported again by one whose check broke, and stays', async () => {
    const { deps, throttleStore } = world();
    const failure = new Error('the store is down');
    const broken = () => {
      const latest = throttleStore.attempts.get(COUNTER);
      const locked = { failures: 6, lockedUntil: NOON + 2_000, pending: latest?.value.pending ?? [] };
      throttleStore.attempts.set(COUNTER, stored(locked));
      return Promise.reject(failure);
    };
    await expect(tryPassword(deps.throttle, EMAIL, broken)).rejects.toBe(failure);
    expect(throttleStore.attempts.get(COUNTER)?.value).toMatchObject({
      pending: [],
      lockedUntil: NOON + 2_000,
    });
  });

  test('is a notice of the log-in that began it, and of no other', async () => {
    const it = world();
    const attempt = () =>
      logIn(it.deps, {
        fields: { email: EMAIL, password: 'wrong' },
        refreshes: false,
        client: '192.0.2.1',
        language: 'en',
      });
    const notices = [];
    for (let nth = 1; nth <= 5; nth += 1) notices.push(await noticeOf(attempt()));
    expect(notices).toEqual([undefined, undefined, undefined, undefined, 'lockout-begun']);
    expect(await noticeOf(attempt())).toBeUndefined(); // refused by the lock
  });
});

describe('a refresh token that is used again', () => {
  const refresh = (it: World, refreshToken: string) =>
    refreshSession(it.deps, { fields: { refreshToken }, client: randomUUID() });

  test('is a notice when it ends the session, and none when the session is over', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await refresh(it, refreshToken);
    it.clock.pass(10_001);
    expect(await noticeOf(refresh(it, refreshToken))).toBe('reuse-detected');
    expect(await noticeOf(refresh(it, refreshToken))).toBeUndefined();
  });
});
