import { readdirSync } from 'node:fs';
import { expect, inject, test, vi } from 'vitest';
import { faults } from './faulty-dynamodb.ts';
import { ownWorld } from './own-world.ts';
import { oneDialectEach, scenarios } from './scenarios.ts';
import { callsOf, failuresOf, troublesOf, tryWith } from './try-faults.ts';

// Keys of 2,048 bits are made several times faster than those of 3,072.
vi.mock('jose', async (original) => {
  const jose = await original<typeof import('jose')>();
  return { ...jose, generateKeyPair: () => jose.generateKeyPair('RS256', { extractable: true }) };
});

const world = await ownWorld();

test('every route and every other function that calls DynamoDB has its scenario', () => {
  const { routes } = inject('stack');
  const unrouted = readdirSync('functions')
    .map((file) => file.replace('.ts', ''))
    .filter((name) => !Object.values(routes).includes(name));
  const routed = Object.entries(routes).filter(([, name]) => name !== 'preflight' && name !== 'docs');
  const callers = [...routed.map(([route]) => route), ...unrouted];

  expect([...new Set(scenarios.map((scenario) => scenario.of))].sort()).toEqual(callers.sort());
});

test.concurrent.each(oneDialectEach(inject('stack').routes))(
  '$name of $of outlives a fault of any kind in each of its calls',
  {
    timeout: 60_000,
  },
  async (scenario) => {
    const troubles = troublesOf(await callsOf(world, scenario), faults);
    // A sixth of them, so that each call meets several faults and each fault lasts each length of time somewhere: all
    // of them in dynamodb-faults.long.ts.
    const some = troubles.filter((_, index) => index % 6 === Math.floor(index / 6) % 6);

    expect(await failuresOf(some, (trouble) => tryWith(world, scenario, trouble))).toEqual([]);
  },
);

test('a call that is never answered is tried again in time', async () => {
  const hung = { fault: 'left without an answer', lasts: 'once' } as const;
  const cases = [
    ['POST /api/user/signup', 'TransactWriteItems emails+users+sessions 1'],
    ['POST /auth/login', 'GetItem users 1'],
    ['POST /auth/refresh-tokens', 'UpdateItem sessions 1'],
  ].flatMap(([of, call = '']) =>
    scenarios
      .filter((scenario) => scenario.of === of)
      .map((scenario) => ({ scenario, trouble: { ...hung, call } })),
  );

  expect(await failuresOf(cases, ({ scenario, trouble }) => tryWith(world, scenario, trouble))).toEqual([]);
});

test('a request is answered before its function ends when DynamoDB falls silent in its midst', {
  timeout: 60_000,
}, async () => {
  const [logIn] = scenarios.filter(({ of, name }) => of === 'POST /auth/login' && name === 'a log-in');
  if (logIn === undefined) throw new Error('there is no scenario of a log-in');
  const silences = (await callsOf(world, logIn)).map(
    (call) => ({ call, fault: 'left without an answer', lasts: 'from that call on' }) as const,
  );

  expect(await failuresOf(silences, (trouble) => tryWith(world, logIn, trouble, 3_000))).toEqual([]);
});
