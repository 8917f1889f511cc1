import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';

test('a million arbitrary requests get no 5xx and take no 100 ms before the hash', async () => {
  const CASES = 1_000_000;
  const seed = Date.now();
  const begin = performance.now();
  const statuses = await fuzz(CASES, seed);
  const table = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  console.log(
    `${CASES} cases, seed ${seed}, ${Math.round((performance.now() - begin) / 1000)} s: ${table.join(', ')}`,
  );
  expect([...statuses.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(CASES);
}, 1_800_000);
