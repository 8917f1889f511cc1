import { describe, expect, test } from 'vitest';
import { inProcess as client } from '../harness/client.ts';
import { loggedIn, signedUp } from '../harness/people.ts';
import { endings, race, uses } from './revocation.ts';

test.each(uses)('as long as nothing ends the session, $name works', async ({ use }) => {
  const tokens = await loggedIn(client, await signedUp(client));

  expect((await use(tokens)).status).toBe(200);
});

describe.each(endings)('after $name', ({ prepare }) => {
  test.each(uses)('$name is refused', async ({ use }) => {
    const person = await signedUp(client);
    const first = await loggedIn(client, person);
    const { end, tokens = first } = await prepare(person, first);
    expect(await end()).toBe(true);

    expect((await use(tokens)).status).toBe(401);
    expect((await use(first)).status).toBe(401);
  });
});

describe.concurrent.each(endings)('10 times racing with refreshes, $name', (ending) => {
  test('leaves no survivor', { timeout: 60_000 }, async () => {
    for (let time = 0; time < 10; time += 5) await Promise.all(Array.from({ length: 5 }, () => race(ending)));
  });
});
