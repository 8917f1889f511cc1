import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { coldHandler, ownWorld } from '../faults/own-world.ts';
import { compileIn } from '../harness/hooks.ts';
import { signedUp, somebody } from '../harness/people.ts';
import { measure, shareOfLonger } from './alike.ts';

// While accounts move in as their owners log in, a failed log-in must not say where an address has an account: here, at the system
// that they come from, or nowhere. That system takes its time, and another one for whom it knows.

const FLOOR_MS = 1_000;
const SAMPLES = 24;

const asked: string[] = [];
compileIn({
  async findLegacy({ email }) {
    asked.push(email);
    await pause(email.startsWith('legacy') ? 400 : 50);
    return undefined; // nobody, or a wrong password
  },
});
process.env.MIGRATION_FLOOR = String(FLOOR_MS / 1_000);
const world = await ownWorld();

test(`a failed log-in takes as long for an account here, at the old system, and nowhere, ${SAMPLES} samples each`, async () => {
  const handler = await coldHandler('login', { BCRYPT_COST: '10' });
  const classes = {
    // What is prepared is alike, too: on a busy machine it tells in the time of what comes next.
    here: async () => (await signedUp(world.client)).email,
    there: async () => `legacy-${(await signedUp(world.client)).email}`,
    nowhere: async () => (await signedUp(world.client).then(somebody)).email,
  };
  const wrong = (email: string) => ({ path: '/auth/login', body: { email, password: 'not the right one' } });
  const { times, replies } = await measure(handler, SAMPLES, classes, wrong);

  const said = Object.values(replies).map(({ status, text }) => ({ status, text }));
  for (const other of said) expect(other).toEqual(said[0]);
  expect(asked.filter((email) => email.startsWith('legacy')).length).toBeGreaterThanOrEqual(SAMPLES);
  const pairs = [
    ['here', 'there'],
    ['here', 'nowhere'],
    ['there', 'nowhere'],
  ] as const;
  const shares = pairs.map(([one, other]) => shareOfLonger(times[one] ?? [], times[other] ?? []));
  console.log(
    pairs.map(([one, other], nth) => `${one} longer than ${other}: ${shares[nth]?.toFixed(2)}`).join(', '),
  );
  for (const all of Object.values(times)) {
    expect(Math.min(...all)).toBeGreaterThanOrEqual(FLOOR_MS);
    console.log(
      all
        .map((time) => (time - FLOOR_MS).toFixed(1))
        .sort((one, other) => Number(one) - Number(other))
        .join(' '),
    );
  }
  // Where nobody can tell, a share beyond these bounds comes in one of a thousand pairs.
  for (const share of shares) expect(Math.abs(share - 0.5)).toBeLessThan(0.28);
});
