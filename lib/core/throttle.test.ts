import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { frozenClock, NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { recording } from '../../test/harness/memory/recording.ts';
import { memoryThrottleStore } from '../../test/harness/memory/throttle-store.ts';
import { CLIENT, tryPassword } from '../../test/harness/memory/try-password.ts';
import type { Attempts } from './login-attempts.ts';
import { type Notice, ProblemError } from './problem.ts';
import {
  ADDRESS_WINDOW_MS,
  accountCounter,
  countingRefusals,
  countRequest,
  openAttempt,
  type Throttle,
  takeMailQuota,
} from './throttle.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const WINDOW = NOON / (5 * MINUTE);
const ACCOUNT = 'ada@example.com';
const COUNTER = accountCounter(ACCOUNT);
const ADDRESS_COUNTER = `logins#${CLIENT}#${WINDOW}`;

function throttleOf(limits: Partial<Throttle['limits']> = {}) {
  const clock = frozenClock();
  const store = memoryThrottleStore();
  const pause = vi.fn(async (ms: number) => clock.pass(ms));
  return {
    store,
    clock,
    pause,
    limits: {
      logins: 1_000,
      signUps: 1_000,
      forgets: 1_000,
      refreshes: 1_000,
      verifications: 1_000,
      ...limits,
    },
  };
}

const request = () => ({ tagId: randomUUID(), requestedAt: NOON });
const other = (until: number) => ({ attemptId: randomUUID(), until });
const wrong = async () => undefined;
const right = async () => 'the user';

function stored(changes: Partial<Attempts>): { value: Attempts; version: string } {
  const { failures = 0 } = changes;
  const value = {
    failures,
    consecutive: failures,
    pending: [],
    lockedUntil: 0,
    quietAt: NOON + 15 * MINUTE,
    rememberedUntil: NOON + 30 * DAY,
    ...changes,
  };
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

  test('gets the seconds to the end of the window, rounded up', async () => {
    const throttle = throttleOf({ forgets: 0 });
    throttle.clock.set(NOON + 5 * MINUTE - 1_001);
    expect((await problemOf(countRequest(throttle, 'forgets', CLIENT))).problem).toEqual({
      code: 'throttled',
      retryAfter: 2,
    });
  });

  test('begins anew with each window of five minutes, and the store may forget the old one then', async () => {
    const throttle = throttleOf({ refreshes: 1, verifications: 1 });
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

describe('a refusal', () => {
  const refuse = (notice?: Notice) => () =>
    Promise.reject(new ProblemError({ code: 'wrong-credentials' }, 'refused', { notice }));
  const answerOf = async (throttle: Throttle, notice?: Notice) =>
    (
      await problemOf(
        countingRefusals({ throttle, limit: 'logins', client: CLIENT }, 'wrong-credentials', refuse(notice)),
      )
    ).problem.code;

  test.each([undefined, 'wrong-code', 'refused-passkey', 'lockout-begun'] as const)(
    'is counted for the address, whatever is reported with it: %s',
    async (notice) => {
      const throttle = throttleOf({ logins: 1 });
      expect(await answerOf(throttle, notice)).toBe('wrong-credentials');
      expect(await answerOf(throttle, notice)).toBe('throttled');
    },
  );

  test('of a replay is not: it is answered, and so reported, to an address over its limit too', async () => {
    expect(await answerOf(throttleOf({ logins: 0 }), 'reuse-detected')).toBe('wrong-credentials');
  });
});

describe('a log-in', () => {
  test('that succeeds gives its result and leaves nothing', async () => {
    const throttle = throttleOf();
    expect(await tryPassword(throttle, ACCOUNT, right)).toBe('the user');
    expect(throttle.store.attempts.size).toBe(0);
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });

  test('reserves by one write, without a read, whenever the last one succeeded', async () => {
    const throttle = throttleOf();
    const calls: string[] = [];
    const store = recording('throttle', throttle.store, calls);
    for (const wait of [0, 5_000, 11_000, 60_000]) {
      calls.length = 0;
      throttle.clock.pass(wait);
      await tryPassword({ ...throttle, store }, ACCOUNT, right);
      expect(calls).toEqual([
        'throttle.increment',
        'throttle.compareAndSwapAttempts',
        'throttle.decrement',
        'throttle.compareAndSwapAttempts',
      ]);
    }
  });

  test('is not poorer by a place for those that came before it', async () => {
    const throttle = throttleOf();
    for (let nth = 0; nth < 23; nth += 1) await tryPassword(throttle, ACCOUNT, right);
    expect(throttle.pause).not.toHaveBeenCalled();
    expect(throttle.store.attempts.size).toBe(0);
  });

  test('that fails counts for the account and the address', async () => {
    const throttle = throttleOf();
    expect(await tryPassword(throttle, ACCOUNT, wrong)).toEqual({ locked: false });
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 1, pending: [] });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
  });

  test('whose check throws counts for neither, and throws the same', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 2 }));
    const failure = new Error('the table of users is down');
    const check = () => Promise.reject(failure);
    await expect(tryPassword(throttle, ACCOUNT, check)).rejects.toBe(failure);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 2, pending: [] });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });

  test('that succeeds clears the failures before it', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 4 }));
    await tryPassword(throttle, ACCOUNT, right);
    expect(throttle.store.attempts.size).toBe(0);
  });

  test('is reserved before the check begins', async () => {
    const throttle = throttleOf();
    const check = vi.fn(async () => {
      expect(throttle.store.attempts.get(COUNTER)?.value.pending).toMatchObject([{ until: NOON + 40_000 }]);
      expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
      return undefined;
    });
    await tryPassword(throttle, ACCOUNT, check);
    expect(check).toHaveBeenCalledOnce();
  });

  test('to a locked account is refused without a check, and counts for the address', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 6, lockedUntil: NOON + 1_500 }));
    const check = vi.fn(right);
    expect(await problemOf(tryPassword(throttle, ACCOUNT, check))).toEqual({
      problem: { code: 'throttled', retryAfter: 2 },
      message: 'the account is locked',
    });
    expect(check).not.toHaveBeenCalled();
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
  });

  test('from an address at its limit is refused without a look at the account', async () => {
    const throttle = throttleOf({ logins: 1 });
    await tryPassword(throttle, ACCOUNT, wrong);
    const check = vi.fn(right);
    const refused = tryPassword(throttle, 'grace@example.com', check);
    expect((await problemOf(refused)).message).toBe('the address reached its limit of logins');
    expect(check).not.toHaveBeenCalled();
    expect(throttle.store.attempts.has(accountCounter('grace@example.com'))).toBe(false);
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(1);
  });

  test('after the window has changed gives back what it took from the window in which it began', async () => {
    const throttle = throttleOf();
    await tryPassword(throttle, ACCOUNT, async () => {
      throttle.clock.pass(5 * MINUTE);
      return 'the user';
    });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(0);
  });
});

test('an attempt that took no place cannot fail', async () => {
  const attempt = openAttempt(throttleOf(), { email: ACCOUNT, client: CLIENT });
  await expect(attempt.failed({} as never)).rejects.toThrow('after it was reserved');
});

describe('log-ins at once', () => {
  test('of a burst with wrong passwords: five are checked, whatever their number', async () => {
    const throttle = throttleOf();
    throttle.pause.mockImplementation(async () => throttle.clock.pass(1)); // far less than a lock, all told
    const check = vi.fn(wrong);
    const burst = Array.from({ length: 40 }, () => tryPassword(throttle, ACCOUNT, check));
    const outcomes = await Promise.allSettled(burst);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    expect(check).toHaveBeenCalledTimes(5);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 5, pending: [] });
    expect(throttle.store.requests.get(ADDRESS_COUNTER)?.count).toBe(40);
  });

  test('with the right password all succeed: those beyond the fifth wait for a place', async () => {
    const throttle = throttleOf();
    throttle.pause.mockImplementation(async () => throttle.clock.pass(1)); // one clock for all who wait
    const burst = Array.from({ length: 20 }, () => tryPassword(throttle, ACCOUNT, right));
    expect(await Promise.all(burst)).toEqual(Array(20).fill('the user'));
    expect(throttle.pause).toHaveBeenCalled();
    expect(throttle.store.attempts.get(COUNTER)?.value.pending.length ?? 0).toBeLessThanOrEqual(5);
  });

  test('wait for 30 to 90 ms at a time, at random, so that they do not come back as one', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 4, pending: [other(NOON + 2_500)] }));
    await tryPassword(throttle, ACCOUNT, right);
    const waits = throttle.pause.mock.calls.map(([ms]) => ms);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(30);
    expect(Math.max(...waits)).toBeLessThan(90);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });

  test('that find no place are refused after three seconds', async () => {
    const throttle = throttleOf();
    throttle.pause.mockImplementation(async () => throttle.clock.pass(1_000));
    throttle.store.attempts.set(COUNTER, stored({ failures: 4, pending: [other(NOON + 40_000)] }));
    expect(await problemOf(tryPassword(throttle, ACCOUNT, right))).toEqual({
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
    expect(await tryPassword(throttle, ACCOUNT, right)).toBe('the user');
  });
});

describe('a swap that another writer wins', () => {
  test('while reserving is judged anew by what the other wrote', async () => {
    const throttle = throttleOf();
    throttle.store.interference.push(() => {
      throttle.store.attempts.set(COUNTER, stored({ failures: 5, lockedUntil: NOON + 1_000 }));
    });
    const check = vi.fn(right);
    expect((await problemOf(tryPassword(throttle, ACCOUNT, check))).message).toBe('the account is locked');
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
    expect((await problemOf(tryPassword(throttle, ACCOUNT, check))).message).toBe('the account is locked');
    expect(check).not.toHaveBeenCalled();
    expect(throttle.store.interference).toEqual([]);
  });

  test('while settling loses neither failure', async () => {
    const throttle = throttleOf();
    const nothing = () => {};
    const other = () => {
      const mine = throttle.store.attempts.get(COUNTER)?.value;
      throttle.store.attempts.set(COUNTER, stored({ pending: mine?.pending ?? [], failures: 2 }));
    };
    throttle.store.interference.push(nothing, other);
    await tryPassword(throttle, ACCOUNT, wrong);
    expect(throttle.store.attempts.get(COUNTER)?.value).toMatchObject({ failures: 3, pending: [] });
  });

  test('while settling by a reset, which removes the row, leaves the one failure after it', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 3 }));
    const nothing = () => {}; // before both swaps of the reservation, the first of which finds the row
    throttle.store.interference.push(nothing, nothing, () => throttle.store.attempts.delete(COUNTER));
    await tryPassword(throttle, ACCOUNT, wrong);
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
    expect(await tryPassword(throttle, ACCOUNT, right)).toBe('the user');
    expect(throttle.store.interference).toEqual([]);
  });
});

describe('the hundredth failure in a row', () => {
  const nearly = stored({ failures: 0, consecutive: 99, quietAt: 0 });

  test('locks until a reset and asks for one mail, by the write that counts it', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, nearly);
    await tryPassword(throttle, ACCOUNT, wrong);
    expect(throttle.store.mails).toMatchObject([{ userId: 'the owner', purpose: 'locked' }]);
    throttle.clock.pass(365 * DAY);
    expect((await problemOf(tryPassword(throttle, ACCOUNT, right))).problem).toEqual({
      code: 'throttled',
      retryAfter: 900,
    });
    expect(throttle.store.mails).toHaveLength(1);
  });

  test('requests no mail when another writer came first and it is not the hundredth failure any more', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, nearly);
    const nothing = () => {};
    throttle.store.interference.push(nothing, nothing, () => throttle.store.attempts.delete(COUNTER));
    await tryPassword(throttle, ACCOUNT, wrong);
    expect(throttle.store.interference).toEqual([]);
    expect(throttle.store.attempts.get(COUNTER)?.value.consecutive).toBe(1);
    expect(throttle.store.mails).toEqual([]);
  });

  test('is none of the ninety-nine before it', async () => {
    const throttle = throttleOf();
    throttle.store.attempts.set(COUNTER, stored({ failures: 0, consecutive: 98, quietAt: 0 }));
    await tryPassword(throttle, ACCOUNT, wrong);
    expect(throttle.store.mails).toEqual([]);
    expect(await tryPassword(throttle, ACCOUNT, right)).toBe('the user');
  });
});

test('whoever waits out every lock and every quiet time has a hundred guesses, and the owner one mail', async () => {
  const throttle = throttleOf();
  let guesses = 0;
  const guess = async () => {
    guesses += 1;
    return undefined;
  };
  const end = NOON + 365 * DAY;
  let owner = 0;
  while (throttle.clock() < end) {
    try {
      await tryPassword(throttle, ACCOUNT, guess);
    } catch (error) {
      const { problem } = error as { problem: { code: string; retryAfter: number } };
      expect(problem.code).toBe('throttled');
      expect(problem.retryAfter).toBeLessThanOrEqual(900);
      throttle.clock.pass(problem.retryAfter * 1_000);
    }
    owner += throttle.store.mails.splice(0).length;
  }
  expect([guesses, owner]).toEqual([100, 1]);
});

test('whoever stops at the ninety-ninth and waits until it is forgotten has about 1,200 guesses a year', async () => {
  const throttle = throttleOf();
  const years = 10;
  const end = NOON + years * 365 * DAY;
  let guesses = 0;
  while (throttle.clock() < end) {
    for (let nth = 1; nth <= 99; nth += 1) {
      expect(await tryPassword(throttle, ACCOUNT, wrong)).toMatchObject({ locked: expect.any(Boolean) });
      guesses += 1;
      // Four at a time, then a quiet time: the fastest way that meets no lock.
      if (nth % 4 === 0) throttle.clock.pass(15 * MINUTE);
    }
    throttle.clock.pass(30 * DAY);
  }
  expect(guesses / years).toBeLessThan(1_210);
  expect(throttle.store.mails).toEqual([]);
});

test.each([
  { every: 'hour', ms: 60 * MINUTE },
  { every: 'day', ms: DAY },
  { every: 'four weeks', ms: 28 * DAY },
])('nor has whoever tries one password every $every more', async ({ ms }) => {
  const throttle = throttleOf();
  const guess = vi.fn(wrong);
  for (let nth = 0; nth < 300; nth += 1) {
    await tryPassword(throttle, ACCOUNT, guess).catch(() => undefined);
    throttle.clock.pass(ms);
  }
  expect(guess).toHaveBeenCalledTimes(100);
  expect(throttle.store.mails).toHaveLength(1);
});

describe('mails to an address', () => {
  test('are five within an hour', async () => {
    const throttle = throttleOf();
    for (let nth = 1; nth <= 5; nth += 1)
      expect(await takeMailQuota(throttle, ACCOUNT, request())).toBe(true);
    expect(await takeMailQuota(throttle, ACCOUNT, request())).toBe(false);
    expect(await takeMailQuota(throttle, 'grace@example.com', request())).toBe(true);
    const later = { ...request(), requestedAt: NOON + 60 * MINUTE };
    expect(await takeMailQuota(throttle, ACCOUNT, later)).toBe(true);
  });

  test('are five however many are asked for at once', async () => {
    const throttle = throttleOf();
    const asked = await Promise.all(
      Array.from({ length: 30 }, () => takeMailQuota(throttle, ACCOUNT, request())),
    );
    expect(asked.filter(Boolean)).toHaveLength(5);
  });

  test('are counted once a request, however often its mail is tried', async () => {
    const throttle = throttleOf();
    const one = request();
    const swaps = vi.spyOn(throttle.store, 'compareAndSwapMailQuota');
    for (let nth = 1; nth <= 9; nth += 1) expect(await takeMailQuota(throttle, ACCOUNT, one)).toBe(true);
    expect(swaps).toHaveBeenCalledTimes(9); // each finds, by one call, that it has been taken
    for (let nth = 1; nth <= 4; nth += 1)
      expect(await takeMailQuota(throttle, ACCOUNT, request())).toBe(true);
    expect(await takeMailQuota(throttle, ACCOUNT, request())).toBe(false);
    expect(await takeMailQuota(throttle, ACCOUNT, one)).toBe(true);
  });
});

test('the table of counters holds no address, and mails are counted apart from log-ins', async () => {
  const throttle = throttleOf();
  await takeMailQuota(throttle, ACCOUNT, request());
  await tryPassword(throttle, ACCOUNT, wrong);
  const digest = 'tfyF5VdV-eDQMKEKtEKbaylEhV-aDWAHf-gyvsvEHXI';
  expect([...throttle.store.attempts.keys(), ...throttle.store.mailQuotas.keys()]).toEqual([
    expect.stringMatching(/^account#[\w-]{43}$/),
    expect.stringMatching(/^mail#[\w-]{43}$/),
  ]);
  expect(COUNTER).toBe(`account#${digest}`);
});
