import { expect, test, vi } from 'vitest';
import { faults } from './faulty-dynamodb.ts';
import { ownWorld } from './own-world.ts';
import { scenarios } from './scenarios.ts';
import { callsOf, failuresOf, troublesOf, tryWith } from './try-faults.ts';

vi.mock('jose', async (original) => {
  const jose = await original<typeof import('jose')>();
  return { ...jose, generateKeyPair: () => jose.generateKeyPair('RS256', { extractable: true }) };
});

const world = await ownWorld();
let tried = 0;

test.each(scenarios)(
  '$name of $of outlives every fault of each of its calls',
  {
    timeout: 300_000,
  },
  async (scenario) => {
    const calls = await callsOf(world, scenario);
    const troubles = troublesOf(calls, [...faults, 'left without an answer']);
    const failures = await failuresOf(troubles, (trouble) => tryWith(world, scenario, trouble));
    tried += troubles.length;
    console.log(`${scenario.of}, ${scenario.name}: ${calls.length} calls, ${troubles.length} faults`);

    expect(failures).toEqual([]);
  },
);

test.each(scenarios)(
  '$name of $of is answered before its function ends when DynamoDB falls silent',
  async (scenario) => {
    const calls = await callsOf(world, scenario);
    const silences = calls.map(
      (call) => ({ call, fault: 'left without an answer', lasts: 'from that call on' }) as const,
    );
    tried += silences.length;

    expect(await failuresOf(silences, (trouble) => tryWith(world, scenario, trouble, 3_000))).toEqual([]);
  },
);

test('the whole matrix was tried', () => {
  console.log(`${tried} faults in all`);
  expect(tried).toBeGreaterThan(1_000);
});
