import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { frozenClock, NOON } from '../../test/harness/memory/clock.ts';
import { onlyCheck } from '../../test/harness/memory/login-steps.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { recording } from '../../test/harness/memory/recording.ts';
import { memoryThrottleStore } from '../../test/harness/memory/throttle-store.ts';
import type { Attempts } from './login-attempts.ts';
import {
  ADDRESS_WINDOW_MS,
  accountCounter,
  countRequest,
  mayMail,
  type Throttle,
  withinLoginLimits,
} from './throttle.ts';

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

const logIn = <T>(throttle: Throttle, account: string, check: () => Promise<T | undefined>) =>
  withinLoginLimits(throttle, { account, client: CLIENT }, onlyCheck(check));
const request = () => ({ tagId: randomUUID(), requestedAt: NOON });
const other = (until: number) => ({ sessionId: randomUUID(), until });
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
  test('that succeeds gives its result and leaves nothing but its place, which expires by itself', async () => {
    const throttle = throttleOf();
    expect(await logIn(throttle, ACCOUNT, right)).toBe('the user');
    expect(throttle.store.attempts.get(COUNTER)?.value).toEqual({
      failures: 0,
      pending: [{ sessionId: expect.any(String), until: NOON + 11_000, silent: true }],
      lockedUntil: 0,
      quietAt: 0,
    });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });

  test('is one write of the attempts, whether or not another one came before it', async () => {
    const throttle = throttleOf();
    const calls: string[] = [];
    const store = recording('throttle', throttle.store, calls);
    for (const wait of [0, 5_000, 11_000, 60_000]) {
      calls.length = 0;
      throttle.clock.pass(wait);
      await logIn({ ...throttle, store }, ACCOUNT, right);
      expect(calls).toEqual(['throttle.increment', 'throttle.addAttempt', 'throttle.decrement']);
    }
  });

  test('is not poorer by a place for those that came before it', async () => {
    const throttle = throttleOf();
    for (let nth = 0; nth < 23; nth += 1) await logIn(throttle, ACCOUNT, right);
    expect(throttle.pause).not.toHaveBeenCalled();
    expect(throttle.store.attempts.get(COUNTER)?.value.pending.length).toBeLessThanOrEqual(5);
  });

  test('whose reservation was written although its answer was lost goes on with it', async () => {
    const throttle = throttleOf();
    const store = {
      ...throttle.store,
      async addAttempt(...given: Parameters<typeof throttle.store.addAttempt>) {
        for (let nth = 1; nth <= 5; nth += 1) await throttle.store.addAttempt(...given);
        return throttle.store.addAttempt(...given); // finds five, all of them its own
      },
    };
    expect(await logIn({ ...throttle, store }, ACCOUNT, wrong)).toBeUndefined();
    expect(throttle.pause).not.toHaveBeenCalled();
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 1, pending: [] });
  });

  test('that fails counts for the account and the address', async () => {
    const throttle = throttleOf();
    expect(await logIn(throttle, ACCOUNT, wrong)).toBeUndefined();
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 1, pending: [] });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
  });

  test('whose check throws counts for neither, and throws the same', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 2 }));
    const failure = new Error('the table of users is down');
    const check = () => Promise.reject(failure);
    await expect(logIn(throttle, ACCOUNT, check)).rejects.toBe(failure);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 2, pending: [] });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });

  test('that succeeds clears the failures before it', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 4 }));
    await logIn(throttle, ACCOUNT, right);
    expect(throttle.store.attempts.size).toBe(0);
  });

  test('is reserved before the check begins', async () => {
    const throttle = throttleOf();
    const check = vi.fn(async () => {
      expect(throttle.store.attempts.get(COUNTER)?.value.pending).toMatchObject([{ until: NOON + 11_000 }]);
      expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
      return undefined;
    });
    await logIn(throttle, ACCOUNT, check);
    expect(check).toHaveBeenCalledOnce();
  });

  test('to a locked account is refused without a check, and does not count for the address', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 6, lockedUntil: NOON + 1_500 }));
    const check = vi.fn(right);
    expect(await problemOf(logIn(throttle, ACCOUNT, check))).toEqual({
      problem: { code: 'throttled', retryAfter: 2 },
      message: 'the account is locked',
    });
    expect(check).not.toHaveBeenCalled();
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });

  test('from an address at its limit is refused without a look at the account', async () => {
    const throttle = throttleOf({ logins: 1 });
    await logIn(throttle, ACCOUNT, wrong);
    const check = vi.fn(right);
    const refused = logIn(throttle, 'grace@example.com', check);
    expect((await problemOf(refused)).message).toBe('the address reached its limit of logins');
    expect(check).not.toHaveBeenCalled();
    expect(throttle.store.attempts.has(accountCounter('grace@example.com'))).toBe(false);
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
  });

  test('after the window has changed gives back what it took from the window in which it began', async () => {
    const throttle = throttleOf();
    await logIn(throttle, ACCOUNT, async () => {
      throttle.clock.pass(5 * MINUTE);
      return 'the user';
    });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });
});

describe('log-ins at once', () => {
  test('of a burst with wrong passwords: five are checked, whatever their number', async () => {
    const throttle = throttleOf();
    throttle.pause.mockImplementation(async () => throttle.clock.pass(1)); // far less than a lock, all told
    const check = vi.fn(wrong);
    const burst = Array.from({ length: 40 }, () => logIn(throttle, ACCOUNT, check));
    const outcomes = await Promise.allSettled(burst);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(check).toHaveBeenCalledTimes(5);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 5, pending: [] });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(5);
  });

  test('with the right password all succeed: those beyond the fifth wait for a place', async () => {
    const throttle = throttleOf();
    throttle.pause.mockImplementation(async () => throttle.clock.pass(1)); // one clock for all who wait
    const burst = Array.from({ length: 20 }, () => logIn(throttle, ACCOUNT, right));
    expect(await Promise.all(burst)).toEqual(Array(20).fill('the user'));
    expect(throttle.pause).toHaveBeenCalled();
    expect(throttle.store.attempts.get(COUNTER)?.value.pending.length ?? 0).toBeLessThanOrEqual(5);
  });

  test('wait for 30 to 90 ms at a time, at random, so that they do not come back as one', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 4, pending: [other(NOON + 2_500)] }));
    await logIn(throttle, ACCOUNT, right);
    const waits = throttle.pause.mock.calls.map(([ms]) => ms);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(30);
    expect(Math.max(...waits)).toBeLessThan(90);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });

  test('that find no place are refused after three seconds', async () => {
    const throttle = throttleOf();
    throttle.pause.mockImplementation(async () => throttle.clock.pass(1_000));
    throttle.store.attempts.set(COUNTER, stored({ failures: 4, pending: [other(NOON + 40_000)] }));
    expect(await problemOf(logIn(throttle, ACCOUNT, right))).toEqual({
      problem: { code: 'throttled', retryAfter: 1 },
      message: 'too many log-ins to the account at once',
    });
    expect(throttle.clock()).toBe(NOON + 3_000);
    expect(throttle.store.attempts.get(COUNTER)?.value.failures).toBe(4);
  });

  test('that find a place in the third second take it', async () => {
    const throttle = throttleOf();
    throttle.pause.mockImplementation(async () => throttle.clock.pass(2_999));
    throttle.store.attempts.set(COUNTER, stored({ failures: 4, pending: [other(NOON + 2_999)] }));
    expect(await logIn(throttle, ACCOUNT, right)).toBe('the user');
  });
});

describe('a swap that another writer wins', () => {
  test('while reserving is judged anew by what the other wrote', async () => {
    const throttle = throttleOf();
    throttle.store.interference.push(() => {
      throttle.store.attempts.set(COUNTER, stored({ failures: 5, lockedUntil: NOON + 1_000 }));
    });
    const check = vi.fn(right);
    expect((await problemOf(logIn(throttle, ACCOUNT, check))).message).toBe('the account is locked');
    expect(check).not.toHaveBeenCalled();
  });

  test('after a failure is judged anew by what the other wrote as well', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 4 }));
    const nothing = () => {};
    throttle.store.interference.push(nothing, () => {
      throttle.store.attempts.set(COUNTER, stored({ failures: 5, lockedUntil: NOON + 1_000 }));
    });
    const check = vi.fn(right);
    expect((await problemOf(logIn(throttle, ACCOUNT, check))).message).toBe('the account is locked');
    expect(check).not.toHaveBeenCalled();
    expect(throttle.store.interference).toEqual([]);
  });

  test('while settling loses neither failure', async () => {
    const throttle = throttleOf();
    const nothing = () => {};
    const other = () => {
      const mine = throttle.store.attempts.get(COUNTER)?.value;
      throttle.store.attempts.set(COUNTER, stored({ ...mine, failures: 2, quietAt: NOON + 15 * MINUTE }));
    };
    throttle.store.interference.push(nothing, other);
    await logIn(throttle, ACCOUNT, wrong);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 3, pending: [] });
  });

  test('while settling by a reset, which removes the row, leaves the one failure after it', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 3 }));
    const nothing = () => {}; // before both swaps of the reservation, the first of which finds the row
    throttle.store.interference.push(nothing, nothing, () => throttle.store.attempts.delete(COUNTER));
    await logIn(throttle, ACCOUNT, wrong);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 1, pending: [] });
  });

  test('again and again is only a matter of patience', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 1 }));
    for (let nth = 0; nth < 30; nth += 1) {
      throttle.store.interference.push(() => {
        const latest = throttle.store.attempts.get(COUNTER)?.value;
        throttle.store.attempts.set(COUNTER, stored({ ...latest }));
      });
    }
    expect(await logIn(throttle, ACCOUNT, right)).toBe('the user');
    expect(throttle.store.interference).toEqual([]);
  });
});

describe('a log-in that finds no place', () => {
  /** A first log-in of whom it is known whether it opened its session, and four failures within seconds. */
  async function fourFailuresAfter(opened: boolean) {
    const throttle = throttleOf();
    const sessions: string[] = [];
    const hasOpened = vi.fn(async (_: unknown, sessionId: string) => opened && sessions.includes(sessionId));
    const attempt = (check: () => Promise<string | undefined>) => {
      const admit = async (it: string, sessionId: string) => {
        sessions.push(sessionId);
        return it;
      };
      const steps = { ...onlyCheck(check), hasOpened, admit };
      return withinLoginLimits(throttle, { account: ACCOUNT, client: CLIENT }, steps);
    };
    await attempt(right);
    for (let nth = 1; nth <= 4; nth += 1) await attempt(wrong);
    return { throttle, attempt, hasOpened };
  }

  test('takes that of a log-in whose session is open, without waiting: the fifth failure locks as ever', async () => {
    const { throttle, attempt, hasOpened } = await fourFailuresAfter(true);
    expect(hasOpened).not.toHaveBeenCalled();
    expect(await attempt(wrong)).toBeUndefined();
    expect(throttle.pause).not.toHaveBeenCalled();
    expect(throttle.store.attempts.get(COUNTER)?.value).toEqual({
      failures: 5,
      pending: [],
      lockedUntil: NOON + 1_000,
      quietAt: NOON + 15 * MINUTE,
    });
  });

  test('asks for no session where no attempt was alone', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 4, pending: [other(NOON + 50)] }));
    const hasOpened = vi.fn(async () => true);
    const steps = { ...onlyCheck(right), hasOpened };
    await withinLoginLimits(throttle, { account: ACCOUNT, client: CLIENT }, steps);
    expect(throttle.pause).toHaveBeenCalled();
    expect(hasOpened).not.toHaveBeenCalled();
  });

  test('asks for the sessions at every fifth look', async () => {
    const { throttle, attempt, hasOpened } = await fourFailuresAfter(false);
    throttle.pause.mockImplementation(async () => throttle.clock.pass(100));
    await problemOf(attempt(wrong));
    expect(throttle.pause).toHaveBeenCalledTimes(30);
    expect(hasOpened).toHaveBeenCalledTimes(7); // of 31 looks
  });

  test('waits where it is not, until the slot expires', async () => {
    const { throttle, attempt } = await fourFailuresAfter(false);
    throttle.pause.mockImplementation(async () => throttle.clock.pass(1_000));
    expect((await problemOf(attempt(wrong))).message).toBe('too many log-ins to the account at once');
    throttle.clock.set(NOON + 11_000);
    expect(await attempt(right)).toBe('the user');
  });
});

describe('the steps of a log-in', () => {
  function stepsThatFail(failing: 'find' | 'load' | 'admit', failure: Error) {
    const fail = () => Promise.reject(failure);
    return { ...onlyCheck(right), [failing]: fail };
  }

  test.each(['find', 'load', 'admit'] as const)(
    'of which "%s" fails count neither for the account nor for the address',
    async (failing) => {
      const throttle = throttleOf();
      throttle.store.attempts.set(COUNTER, stored({ failures: 2 }));
      const failure = new Error('the table is down');
      const call = withinLoginLimits(
        throttle,
        { account: ACCOUNT, client: CLIENT },
        stepsThatFail(failing, failure),
      );
      await expect(call).rejects.toBe(failure);
      expect(throttle.store.attempts.get(COUNTER)?.value.failures ?? 0).toBe(failing === 'admit' ? 0 : 2);
      expect(throttle.store.attempts.get(COUNTER)?.value.pending ?? []).toEqual([]);
      expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
    },
  );

  test('are taken two by two: the look-ups beside the reservations, the admission beside giving them back', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 1 }));
    const log: string[] = [];
    const steps = Object.fromEntries(
      (['find', 'load', 'check', 'admit'] as const).map((name) => [name, async () => log.push(name)]),
    ) as never;
    const store = recording('throttle', throttle.store, log);
    await withinLoginLimits({ ...throttle, store }, { account: ACCOUNT, client: CLIENT }, steps);
    expect(log).toEqual([
      'throttle.increment',
      'find',
      'throttle.addAttempt', // finds the failure
      'load',
      'throttle.swapAttempts',
      'check',
      'throttle.swapAttempts',
      'admit',
      'throttle.decrement',
    ]);
  });

  test('of an address over its limit never take an attempt of the account’s', async () => {
    const throttle = throttleOf({ logins: 0 });
    await problemOf(logIn(throttle, ACCOUNT, right));
    expect(throttle.store.attempts.size).toBe(0);
  });
});

describe('mails to an address', () => {
  test('are five within an hour', async () => {
    const throttle = throttleOf();
    for (let nth = 1; nth <= 5; nth += 1) expect(await mayMail(throttle, ACCOUNT, request())).toBe(true);
    expect(await mayMail(throttle, ACCOUNT, request())).toBe(false);
    expect(await mayMail(throttle, 'grace@example.com', request())).toBe(true);
    const later = { ...request(), requestedAt: NOON + 60 * MINUTE };
    expect(await mayMail(throttle, ACCOUNT, later)).toBe(true);
  });

  test('are five however many are asked for at once', async () => {
    const throttle = throttleOf();
    const asked = await Promise.all(Array.from({ length: 30 }, () => mayMail(throttle, ACCOUNT, request())));
    expect(asked.filter(Boolean)).toHaveLength(5);
  });

  test('are counted once a request, however often its mail is tried', async () => {
    const throttle = throttleOf();
    const one = request();
    const swaps = vi.spyOn(throttle.store, 'swapMailQuota');
    for (let nth = 1; nth <= 9; nth += 1) expect(await mayMail(throttle, ACCOUNT, one)).toBe(true);
    expect(swaps).toHaveBeenCalledTimes(9); // each finds, by one call, that it has been taken
    for (let nth = 1; nth <= 4; nth += 1) expect(await mayMail(throttle, ACCOUNT, request())).toBe(true);
    expect(await mayMail(throttle, ACCOUNT, request())).toBe(false);
    expect(await mayMail(throttle, ACCOUNT, one)).toBe(true);
  });
});

test('the table of counters holds no address, and mails are counted apart from log-ins', async () => {
  const throttle = throttleOf();
  await mayMail(throttle, ACCOUNT, request());
  await logIn(throttle, ACCOUNT, wrong);
  const digest = 'tfyF5VdV-eDQMKEKtEKbaylEhV-aDWAHf-gyvsvEHXI';
  expect([...throttle.store.attempts.keys(), ...throttle.store.mailQuotas.keys()]).toEqual([
    expect.stringMatching(/^account#[\w-]{43}$/),
    expect.stringMatching(/^mail#[\w-]{43}$/),
  ]);
  expect(COUNTER).toBe(`account#${digest}`);
});
