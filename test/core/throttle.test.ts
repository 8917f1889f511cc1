import { describe, expect, test, vi } from 'vitest';
import type { Attempts } from '../../lib/core/login-attempts.ts';
import {
  ADDRESS_WINDOW_MS,
  accountCounter,
  countRequest,
  mayMail,
  type Throttle,
  withinLoginLimits,
} from '../../lib/core/throttle.ts';
import { frozenClock, NOON } from './memory/clock.ts';
import { problemOf } from './memory/problem-of.ts';
import { memoryThrottleStore } from './memory/throttle-store.ts';

const MINUTE = 60_000;
const WINDOW = NOON / (5 * MINUTE);
const ACCOUNT = 'ada@example.com';
const COUNTER = accountCounter(ACCOUNT);
const CLIENT = '192.0.2.1';
const ADDRESS_COUNTER = `logins#${CLIENT}#${WINDOW}`;

function throttleOf(limits: Partial<Throttle['limits']> = {}) {
  const clock = frozenClock();
  const store = memoryThrottleStore();
  const pause = vi.fn(async (ms: number) => clock.pass(ms));
  return {
    store,
    clock,
    pause,
    limits: { logins: 1_000, signUps: 1_000, forgets: 1_000, refreshes: 1_000, ...limits },
  };
}

const wrong = async () => undefined;
const right = async () => 'the user';

function stored(changes: Partial<Attempts>): { value: Attempts; version: string } {
  const value = { failures: 0, pending: [], lockedUntil: 0, quietAt: NOON + 15 * MINUTE, ...changes };
  return { value, version: `somebody else's ${Math.random()}` };
}

describe('an address', () => {
  test('has as many requests in a window as its limit says', async () => {
    const throttle = throttleOf({ signUps: 2 });
    await countRequest(throttle, 'signUps', CLIENT);
    await countRequest(throttle, 'signUps', CLIENT);
    expect(await problemOf(countRequest(throttle, 'signUps', CLIENT))).toEqual({
      problem: { code: 'throttled', retryAfter: 300 },
      message: 'the address reached its limit of signUps',
    });
  });

  test('is told the seconds to the end of the window, rounded up', async () => {
    const throttle = throttleOf({ forgets: 0 });
    throttle.clock.set(NOON + 5 * MINUTE - 1_001);
    expect((await problemOf(countRequest(throttle, 'forgets', CLIENT))).problem).toEqual({
      code: 'throttled',
      retryAfter: 2,
    });
  });

  test('begins anew with each window of five minutes, and the store may forget the old one then', async () => {
    const throttle = throttleOf({ refreshes: 1 });
    expect(ADDRESS_WINDOW_MS).toBe(5 * MINUTE);
    throttle.clock.set(NOON + 5 * MINUTE - 1);
    expect(await countRequest(throttle, 'refreshes', CLIENT)).toBe(`refreshes#${CLIENT}#${WINDOW}`);
    throttle.clock.set(NOON + 5 * MINUTE);
    expect(await countRequest(throttle, 'refreshes', CLIENT)).toBe(`refreshes#${CLIENT}#${WINDOW + 1}`);
    expect([...throttle.store.requests.values()]).toEqual([
      { count: 1, expiresAt: NOON + 5 * MINUTE },
      { count: 1, expiresAt: NOON + 10 * MINUTE },
    ]);
  });

  test('is counted apart from others, and each kind of request apart', async () => {
    const throttle = throttleOf({ signUps: 1, forgets: 1 });
    await countRequest(throttle, 'signUps', CLIENT);
    await countRequest(throttle, 'forgets', CLIENT);
    await countRequest(throttle, 'signUps', '192.0.2.2');
    expect(throttle.store.requests.size).toBe(3);
  });
});

describe('a log-in', () => {
  test('that succeeds gives its result and leaves no trace', async () => {
    const throttle = throttleOf();
    expect(await withinLoginLimits(throttle, ACCOUNT, CLIENT, right)).toBe('the user');
    expect(throttle.store.attempts.size).toBe(0);
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });

  test('that fails counts for the account and the address', async () => {
    const throttle = throttleOf();
    expect(await withinLoginLimits(throttle, ACCOUNT, CLIENT, wrong)).toBeUndefined();
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 1, pending: [] });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
  });

  test('whose check throws counts for neither, and throws the same', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 2 }));
    const failure = new Error('the table of users is down');
    const check = () => Promise.reject(failure);
    await expect(withinLoginLimits(throttle, ACCOUNT, CLIENT, check)).rejects.toBe(failure);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 2, pending: [] });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });

  test('that succeeds clears the failures before it', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 4 }));
    await withinLoginLimits(throttle, ACCOUNT, CLIENT, right);
    expect(throttle.store.attempts.size).toBe(0);
  });

  test('is reserved before the check begins', async () => {
    const throttle = throttleOf();
    const check = vi.fn(async () => {
      expect(throttle.store.attempts.get(COUNTER)?.value.pending).toEqual([NOON + 40_000]);
      expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
      return undefined;
    });
    await withinLoginLimits(throttle, ACCOUNT, CLIENT, check);
    expect(check).toHaveBeenCalledOnce();
  });

  test('to a locked account is refused without a check, and does not count for the address', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 6, lockedUntil: NOON + 1_500 }));
    const check = vi.fn(right);
    expect(await problemOf(withinLoginLimits(throttle, ACCOUNT, CLIENT, check))).toEqual({
      problem: { code: 'throttled', retryAfter: 2 },
      message: 'the account is locked',
    });
    expect(check).not.toHaveBeenCalled();
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });

  test('from an address at its limit is refused without a look at the account', async () => {
    const throttle = throttleOf({ logins: 1 });
    await withinLoginLimits(throttle, ACCOUNT, CLIENT, wrong);
    const check = vi.fn(right);
    const refused = withinLoginLimits(throttle, 'grace@example.com', CLIENT, check);
    expect((await problemOf(refused)).message).toBe('the address reached its limit of logins');
    expect(check).not.toHaveBeenCalled();
    expect(throttle.store.attempts.has(accountCounter('grace@example.com'))).toBe(false);
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
  });

  test('after the window has changed gives back what it took from the window in which it began', async () => {
    const throttle = throttleOf();
    await withinLoginLimits(throttle, ACCOUNT, CLIENT, async () => {
      throttle.clock.pass(5 * MINUTE);
      return 'the user';
    });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });
});

describe('log-ins at once', () => {
  test('of a burst with wrong passwords: five are checked, whatever their number', async () => {
    const throttle = throttleOf();
    const check = vi.fn(wrong);
    const burst = Array.from({ length: 40 }, () => withinLoginLimits(throttle, ACCOUNT, CLIENT, check));
    const outcomes = await Promise.allSettled(burst);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(check).toHaveBeenCalledTimes(5);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 5, pending: [] });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(5);
  });

  test('with the right password all succeed: those beyond the fifth wait for a place', async () => {
    const throttle = throttleOf();
    const burst = Array.from({ length: 20 }, () => withinLoginLimits(throttle, ACCOUNT, CLIENT, right));
    expect(await Promise.all(burst)).toEqual(Array(20).fill('the user'));
    expect(throttle.pause).toHaveBeenCalled();
    expect(throttle.store.attempts.size).toBe(0);
  });

  test('wait for 30 to 90 ms at a time, at random, so that they do not come back as one', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 4, pending: [NOON + 5_000] }));
    await withinLoginLimits(throttle, ACCOUNT, CLIENT, right);
    const waits = throttle.pause.mock.calls.map(([ms]) => ms);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(30);
    expect(Math.max(...waits)).toBeLessThan(90);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });

  test('that find no place are refused after ten seconds', async () => {
    const throttle = throttleOf();
    throttle.pause.mockImplementation(async () => throttle.clock.pass(1_000));
    throttle.store.attempts.set(COUNTER, stored({ failures: 4, pending: [NOON + 40_000] }));
    expect(await problemOf(withinLoginLimits(throttle, ACCOUNT, CLIENT, right))).toEqual({
      problem: { code: 'throttled', retryAfter: 1 },
      message: 'too many log-ins to the account at once',
    });
    expect(throttle.clock()).toBe(NOON + 10_000);
    expect(throttle.store.attempts.get(COUNTER)?.value.failures).toBe(4);
  });

  test('that find a place in the tenth second take it', async () => {
    const throttle = throttleOf();
    throttle.pause.mockImplementation(async () => throttle.clock.pass(9_999));
    throttle.store.attempts.set(COUNTER, stored({ failures: 4, pending: [NOON + 9_999] }));
    expect(await withinLoginLimits(throttle, ACCOUNT, CLIENT, right)).toBe('the user');
  });
});

describe('a swap that another writer wins', () => {
  test('while reserving is judged anew by what the other wrote', async () => {
    const throttle = throttleOf();
    throttle.store.interference.push(() => {
      throttle.store.attempts.set(COUNTER, stored({ failures: 5, lockedUntil: NOON + 1_000 }));
    });
    const check = vi.fn(right);
    expect((await problemOf(withinLoginLimits(throttle, ACCOUNT, CLIENT, check))).message).toBe(
      'the account is locked',
    );
    expect(check).not.toHaveBeenCalled();
  });

  test('while settling loses neither failure', async () => {
    const throttle = throttleOf();
    const nothing = () => {};
    const other = () => {
      const mine = throttle.store.attempts.get(COUNTER)?.value;
      throttle.store.attempts.set(COUNTER, stored({ ...mine, failures: 2, quietAt: NOON + 15 * MINUTE }));
    };
    throttle.store.interference.push(nothing, other);
    await withinLoginLimits(throttle, ACCOUNT, CLIENT, wrong);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 3, pending: [] });
  });

  test('while settling by a reset, which removes the row, leaves the one failure after it', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 3 }));
    const nothing = () => {}; // before both swaps of the reservation, the first of which finds the row
    throttle.store.interference.push(nothing, nothing, () => throttle.store.attempts.delete(COUNTER));
    await withinLoginLimits(throttle, ACCOUNT, CLIENT, wrong);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 1, pending: [] });
  });

  test('again and again is only a matter of patience', async () => {
    const throttle = throttleOf();
    for (let nth = 0; nth < 30; nth += 1) {
      throttle.store.interference.push(() => {
        const latest = throttle.store.attempts.get(COUNTER)?.value;
        throttle.store.attempts.set(COUNTER, stored({ ...latest }));
      });
    }
    expect(await withinLoginLimits(throttle, ACCOUNT, CLIENT, right)).toBe('the user');
    expect(throttle.store.interference).toEqual([]);
    expect(throttle.store.attempts.size).toBe(0);
  });
});

describe('mails to an address', () => {
  test('are five within an hour', async () => {
    const throttle = throttleOf();
    for (let nth = 1; nth <= 5; nth += 1) expect(await mayMail(throttle, ACCOUNT)).toBe(true);
    expect(await mayMail(throttle, ACCOUNT)).toBe(false);
    expect(await mayMail(throttle, 'grace@example.com')).toBe(true);
    throttle.clock.pass(60 * MINUTE);
    expect(await mayMail(throttle, ACCOUNT)).toBe(true);
  });

  test('are five however many ask at once', async () => {
    const throttle = throttleOf();
    const asked = await Promise.all(Array.from({ length: 30 }, () => mayMail(throttle, ACCOUNT)));
    expect(asked.filter(Boolean)).toHaveLength(5);
  });
});

test('the table of counters holds no address, and mails are counted apart from log-ins', async () => {
  const throttle = throttleOf();
  await mayMail(throttle, ACCOUNT);
  await withinLoginLimits(throttle, ACCOUNT, CLIENT, wrong);
  const digest = 'tfyF5VdV-eDQMKEKtEKbaylEhV-aDWAHf-gyvsvEHXI';
  expect([...throttle.store.attempts.keys(), ...throttle.store.mailQuotas.keys()]).toEqual([
    expect.stringMatching(/^account#[\w-]{43}$/),
    expect.stringMatching(/^mail#[\w-]{43}$/),
  ]);
  expect(COUNTER).toBe(`account#${digest}`);
});
