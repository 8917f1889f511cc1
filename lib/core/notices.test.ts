import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { onlyCheck } from '../../test/harness/memory/login-steps.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { type World, world } from '../../test/harness/memory/world.ts';
import { logIn } from './log-in.ts';
import type { Attempts } from './login-attempts.ts';
import { ProblemError } from './problem.ts';
import { refreshSession } from './refresh-session.ts';
import { accountCounter, withinLoginLimits } from './throttle.ts';

// What the core tells whoever watches the service, and nobody else.

const EMAIL = ADA.email;
const COUNTER = accountCounter(EMAIL);
const ACCOUNT = { account: EMAIL, client: '192.0.2.1' };

async function noticeOf(call: Promise<unknown>): Promise<unknown> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProblemError)) throw new Error('the call did not end in a ProblemError');
  return error.notice;
}

function stored(changes: Partial<Attempts>) {
  const value = { failures: 0, pending: [], lockedUntil: 0, quietAt: NOON + 900_000, ...changes };
  return { value, version: randomUUID() };
}

describe('a lockout', () => {
  const wrong = async () => undefined;
  const lockoutsAt = async (failures: number, check: () => Promise<unknown>) => {
    const { parts, throttleStore } = world();
    if (failures > 0) throttleStore.attempts.set(COUNTER, stored({ failures }));
    const onLockout = vi.fn();
    await withinLoginLimits(parts.throttle, ACCOUNT, onlyCheck(check), onLockout).catch(() => undefined);
    return onLockout.mock.calls.length;
  };

  test.each([
    [1, 0],
    [4, 0],
    [5, 1],
    [6, 1],
    [100, 1],
  ])('is told of failure number %i: %i times', async (nth, times) => {
    expect(await lockoutsAt(nth - 1, wrong)).toBe(times);
  });

  test('is not told of a success, nor of a check that broke', async () => {
    expect(await lockoutsAt(4, async () => 'the user')).toBe(0);
    expect(await lockoutsAt(4, () => Promise.reject(new Error('the store is down')))).toBe(0);
  });

  test('that another log-in began meanwhile is not told again by one whose check broke', async () => {
    const { parts, throttleStore } = world();
    const onLockout = vi.fn();
    const broken = () => {
      const latest = throttleStore.attempts.get(COUNTER);
      const locked = { failures: 6, lockedUntil: NOON + 2_000, pending: latest?.value.pending ?? [] };
      throttleStore.attempts.set(COUNTER, stored(locked));
      return Promise.reject(new Error('the store is down'));
    };
    await withinLoginLimits(parts.throttle, ACCOUNT, onlyCheck(broken), onLockout).catch(() => undefined);
    expect(throttleStore.attempts.get(COUNTER)?.value.lockedUntil).toBe(NOON + 2_000);
    expect(onLockout).not.toHaveBeenCalled();
  });

  test('needs nobody who listens', async () => {
    const { parts, throttleStore } = world();
    throttleStore.attempts.set(COUNTER, stored({ failures: 4 }));
    expect(await withinLoginLimits(parts.throttle, ACCOUNT, onlyCheck(wrong))).toBeUndefined();
  });

  test('is a notice of the log-in that began it, and of no other', async () => {
    const it = world();
    const attempt = () =>
      logIn(it.parts, {
        fields: { email: EMAIL, password: 'wrong' },
        refreshes: false,
        client: '192.0.2.1',
      });
    const notices = [];
    for (let nth = 1; nth <= 5; nth += 1) notices.push(await noticeOf(attempt()));
    expect(notices).toEqual([undefined, undefined, undefined, undefined, 'lockout-begun']);
    expect(await noticeOf(attempt())).toBeUndefined(); // refused by the lock
  });
});

describe('a refresh token that is used again', () => {
  const refresh = (it: World, refreshToken: string) =>
    refreshSession(it.parts, { fields: { refreshToken }, client: randomUUID() });

  test('is a notice when it ends the session, and none when the session is over', async () => {
    const it = world();
    const { refreshToken } = await loggedIn(it);
    await refresh(it, refreshToken);
    it.clock.pass(10_001);
    expect(await noticeOf(refresh(it, refreshToken))).toBe('reuse-detected');
    expect(await noticeOf(refresh(it, refreshToken))).toBeUndefined();
  });
});
