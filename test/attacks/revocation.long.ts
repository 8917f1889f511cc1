import { describe, test } from 'vitest';
import { endings, race } from './revocation.ts';

describe.each(endings)('100 times racing with refreshes, $name', (ending) => {
  test('leaves no survivor', async () => {
    for (let time = 0; time < 100; time += 5)
      await Promise.all(Array.from({ length: 5 }, () => race(ending)));
  });
});
