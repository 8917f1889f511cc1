import { describe, expect, test } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { eventually } from '../../test/harness/eventually.ts';
import { mailedTag } from '../../test/harness/people.ts';
import {
  type Answer,
  held,
  lostAfterCommit,
  lostBefore,
  refusing,
  unauthorized,
  unavailableAfterCommit,
  unavailableBefore,
} from './interfered-api.ts';
import {
  clockMovedBy,
  letTokensExpire,
  REFRESH,
  refreshStatus,
  type Tab,
  tabsOf,
  type World,
  welcomeStatus,
  world,
} from './world.ts';

const tokensOf = (answer: Answer) => JSON.parse(answer.body) as { accessToken: string; refreshToken: string };

/** The status of each of so many requests at once. */
async function statuses({ api }: World, tab: Tab, count: number): Promise<number[]> {
  const requests = Array.from({ length: count }, () => tab.authFetch(`${api.url}/auth`, { method: 'POST' }));
  return (await Promise.all(requests)).map(({ status }) => status);
}

/** Uses every tab's session, refresh included, once more. */
async function allGoOn({ api }: World, tabs: readonly Tab[]): Promise<void> {
  clockMovedBy(3);
  const before = api.count(REFRESH);
  for (const tab of tabs) await expect(tab.welcome()).resolves.toMatchObject({ message: expect.any(String) });
  expect(api.count(REFRESH) - before).toBe(1);
  expect(tabs.flatMap(({ ends }) => ends)).toEqual([]);
}

describe('one refresh', () => {
  test('serves fifty requests at once whose token has expired', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    letTokensExpire();

    expect(await statuses(here, tab, 50)).toEqual(Array(50).fill(200));
    expect(here.api.count(REFRESH)).toBe(1);
    expect(here.api.count('/auth')).toBe(50);
  });

  test('serves fifty requests at once whose token was refused, each of which is sent twice', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    here.api.next('/auth', ...Array(100).fill(refusing(await tab.accessToken())));

    expect(await statuses(here, tab, 50)).toEqual(Array(50).fill(200));
    expect(here.api.count(REFRESH)).toBe(1);
    expect(here.api.count('/auth')).toBe(100);
  });

  test('serves five tabs at once, and nobody is logged out', async () => {
    const here = await world();
    const tabs = await tabsOf(here, 5);
    letTokensExpire();

    await Promise.all(tabs.map((tab) => tab.welcome()));
    expect(here.api.count(REFRESH)).toBe(1);
    await allGoOn(here, tabs);
  });

  test('is not made for a token that has half a minute left and more', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    clockMovedBy(1 - 40 / 3600);
    await tab.welcome();
    expect(here.api.count(REFRESH)).toBe(0);
  });

  test('is made before the token expires', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    clockMovedBy(1 - 20 / 3600);
    await tab.welcome();
    expect(here.api.count(REFRESH)).toBe(1);
  });
});

test('without Web Locks tabs may refresh at once, get the same successor, and nobody is logged out', async () => {
  const here = await world();
  const first = here.open({ without: 'locks' });
  await first.logIn(here.person);
  const tabs = [first, here.open({ without: 'locks' }), here.open({ without: 'locks' })];
  for (const tab of tabs) await tab.welcome();
  letTokensExpire();
  const gate = held();
  here.api.next(REFRESH, gate.interference);

  const all = tabs.map((tab) => tab.welcome());
  await eventually(() => expect(here.api.count(REFRESH)).toBe(3));
  gate.release();
  await Promise.all(all);
  await allGoOn(here, tabs);
});

describe('a lost answer', () => {
  test.for([
    ['whose connection was cut after the service had committed', lostAfterCommit],
    ['whose request never arrived', lostBefore],
    ['in place of which a 503 came', unavailableAfterCommit(1)],
  ] as const)('%s costs a second, and the session goes on', async ([, interference]) => {
    const here = await world();
    const tabs = await tabsOf(here, 2);
    letTokensExpire();
    here.api.next(REFRESH, interference);

    await tabs[0].welcome();
    const [first, second] = here.api.seen.filter(({ path }) => path === REFRESH);
    expect(second?.body).toBe(first?.body); // the same refresh token again
    await allGoOn(here, tabs);
  });

  test('is asked for again until it comes, within the grace of the service', async () => {
    const here = await world();
    const tabs = await tabsOf(here, 1);
    letTokensExpire();
    here.api.next(REFRESH, lostAfterCommit, lostAfterCommit, lostAfterCommit, lostAfterCommit);

    await tabs[0].welcome();
    expect(here.api.count(REFRESH)).toBe(5);
    await allGoOn(here, tabs);
  });

  test('that takes too long is asked for again while the service still has it', async () => {
    const here = await world();
    const tabs = await tabsOf(here, 1);
    letTokensExpire();
    const gate = held();
    here.api.next(REFRESH, gate.interference);

    await tabs[0].welcome(); // the gate is never opened
    gate.release();
    await allGoOn(here, tabs);
  });

  test('of a tab that was closed before it could store it is got by the next one', async () => {
    const here = await world();
    const [closing] = await tabsOf(here, 1);
    const next = here.open({ sessionStorage: closing.kept.sessionStorage });
    letTokensExpire();
    const gate = held();
    here.api.next(REFRESH, gate.interference);
    void closing.welcome().catch(() => undefined);
    await gate.answered;
    const before = await here.stored();
    // What a crash leaves: the token that was replaced. The lock of a closed tab is free, which `without` stands for.
    const restarted = here.open({ sessionStorage: closing.kept.sessionStorage, without: 'locks' });
    await restarted.welcome();
    expect(await here.stored()).not.toBe(before);
    gate.release();
    await allGoOn(here, [restarted, next]);
  });
});

describe('a service that is unavailable', () => {
  test('is asked again no sooner than it says', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    letTokensExpire();
    here.api.next(REFRESH, unavailableBefore(2));

    const begin = performance.now();
    await tab.welcome();
    expect(performance.now() - begin).toBeGreaterThan(1_990);
  });

  test('for longer than the grace is told as it is, is left alone for as long, and ends no session', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    letTokensExpire();
    here.api.next(REFRESH, unavailableBefore(60));

    await expect(tab.welcome()).rejects.toMatchObject({ status: 503, retryAfter: 60 });
    await expect(tab.welcome()).rejects.toMatchObject({ status: 503, retryAfter: 60 });
    expect(here.api.count(REFRESH)).toBe(1);
    expect(await tab.hasSession()).toBe(true);
    expect(tab.ends).toEqual([]);
  });

  test('for longer than the grace holds up no session that begins afterwards', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    letTokensExpire();
    here.api.next(REFRESH, unavailableBefore(60));
    await expect(tab.welcome()).rejects.toMatchObject({ status: 503 });

    await tab.logIn(here.person);
    here.api.next('/auth', refusing(await tab.accessToken()));
    await expect(tab.welcome()).resolves.toBeDefined();
  });

  test('leaves an access token in use that has not expired yet', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    clockMovedBy(1 - 20 / 3600);
    here.api.next(REFRESH, unavailableBefore(60));

    await expect(tab.welcome()).resolves.toBeDefined();
    expect(here.api.count(REFRESH)).toBe(1);
  });
});

describe('a session that was ended elsewhere', () => {
  test('is over in every tab, each told once, and requests get the 401', async () => {
    const here = await world();
    const tabs = await tabsOf(here, 3);
    await overHttp.send({
      path: `/auth/reset-password?token=${await mailedTag(overHttp, here.person)}`,
      body: { password: 'another good one' },
    });

    const outcomes = await Promise.allSettled(tabs.map((tab) => tab.welcome()));
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.status)).toEqual([
      401, 401, 401,
    ]);
    await eventually(() => expect(tabs.map(({ ends }) => ends.length)).toEqual([1, 1, 1]));
    expect(here.api.count(REFRESH)).toBe(1);
    expect(await here.stored()).toBeUndefined();
    for (const tab of tabs) await expect(tab.welcome()).rejects.toMatchObject({ status: 401 });
    expect(here.api.count(REFRESH)).toBe(1);
    expect(tabs.map(({ ends }) => ends.length)).toEqual([1, 1, 1]);
  });

  test('leaves the next one alone: another user who logs in gets no request of the one before', async () => {
    const here = await world();
    const [tab, other] = await tabsOf(here, 2);
    const gate = held();
    here.api.next('/auth', async (way) => gate.interference({ ...way, forward: async () => unauthorized }));
    const pending = tab.welcome().catch((error: unknown) => error);
    await gate.answered;
    await other?.logIn(here.person);
    gate.release();

    expect(await pending).toMatchObject({ status: 401 });
    await eventually(() => expect([tab.ends, tab.starts()]).toEqual([['gone'], 1]));
    await expect(tab.welcome()).resolves.toBeDefined();
  });
});

describe('a log-out', () => {
  test.for([
    ['of the tab itself', 0],
    ['of another tab', 1],
  ] as const)('ends the session that a refresh %s results in', async ([, which]) => {
    const here = await world();
    const tabs = await tabsOf(here, 3);
    letTokensExpire();
    const gate = held();
    here.api.next(REFRESH, gate.interference);
    const refreshing = tabs[which]?.welcome().catch((error: unknown) => error);
    const successor = tokensOf(await gate.answered);

    const begin = performance.now();
    await tabs[0].logOut();
    expect(performance.now() - begin).toBeLessThan(3_000); // it waits for no answer that is held: that would be 4 s
    gate.release();
    expect(await refreshing).toMatchObject({ status: 401 });
    expect(await refreshStatus(successor.refreshToken)).toBe(401);
    expect(await welcomeStatus(successor.accessToken)).toBe(401);
    await eventually(() => expect(tabs.map(({ ends }) => ends)).toEqual(Array(3).fill(['logged-out'])));
    expect(await Promise.all(tabs.map((tab) => tab.hasSession()))).toEqual([false, false, false]);
    expect(await here.stored()).toBeUndefined();
  });

  test('that the service is not told of ends the session here all the same, and rejects', async () => {
    const here = await world();
    const tabs = await tabsOf(here, 2);
    here.api.next('/auth/logout', lostBefore, lostBefore, lostBefore);

    await expect(tabs[0].logOut()).rejects.toMatchObject({ status: 0 });
    await eventually(() => expect(tabs.map(({ ends }) => ends)).toEqual([['logged-out'], ['logged-out']]));
    expect(await here.stored()).toBeUndefined();
  });

  test('while a log-in is under way ends the session that it results in', async () => {
    const here = await world();
    const tab = here.open();
    const gate = held();
    here.api.next('/auth/login', gate.interference);
    const loggingIn = tab.logIn(here.person).catch((error: unknown) => error);
    const tokens = tokensOf(await gate.answered);

    await tab.logOut();
    gate.release();
    expect(await loggingIn).toMatchObject({ status: 0 });
    expect(await refreshStatus(tokens.refreshToken)).toBe(401);
    expect(await tab.hasSession()).toBe(false);
  });
});

test('an old answer replaces no newer tokens: a log-in meanwhile stays', async () => {
  const here = await world();
  const [tab, other] = await tabsOf(here, 2);
  letTokensExpire();
  const gate = held();
  here.api.next(REFRESH, gate.interference);
  const refreshing = tab.welcome().catch((error: unknown) => error);
  await gate.answered;
  const loggingIn = other?.logIn(here.person); // has to wait for the lock
  gate.release();
  await Promise.all([refreshing, loggingIn]);

  const newest = await other?.accessToken();
  expect(await tab.accessToken()).toBe(newest);
  await allGoOn(here, [other as Tab]);
});

describe('a clock that is an hour wrong', () => {
  test.for([-1, 1])('by %i makes no refresh, and misses none', async (hours) => {
    const here = await world();
    clockMovedBy(hours);
    const [tab] = await tabsOf(here, 1);
    await tab.welcome();
    expect(here.api.count(REFRESH)).toBe(0);

    clockMovedBy(1);
    await tab.welcome();
    expect(here.api.count(REFRESH)).toBe(1);
  });

  test('and is set right costs one refresh', async () => {
    const here = await world();
    clockMovedBy(1);
    const [tab] = await tabsOf(here, 1);
    clockMovedBy(-1);
    await tab.welcome();
    await tab.welcome();
    expect(here.api.count(REFRESH)).toBe(1);
  });
});
