import { afterAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { ownWorld } from '../faults/own-world.ts';
import { protectedPerson } from '../harness/authenticator.ts';
import { captureOutput } from '../harness/captured-output.ts';
import { loggedIn, signedUp, somebody } from '../harness/people.ts';
import { administer, CALLER } from '../harness/signed.ts';

// Who did it: the ARN of whoever signed is in the line of each request, and in the activity of the account.

const output = captureOutput();
process.env.LOG_LEVEL = 'INFO';
const world = await ownWorld();
afterAll(() => output.restore());
beforeEach(() => void output.lines());

const routes = Object.keys(inject('stack').routes).filter((route) =>
  route.split(' ')[1]?.startsWith('/admin'),
);
const userIdOf = async (email: string) => String((await world.rowOf('emails', { email }))?.userId);
const requests = () =>
  output
    .lines()
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ message }) => message === 'request');

const bodyOf = (route: string) => {
  if (route.startsWith('PUT')) return { roles: ['editor'] };
  return route === 'POST /admin/users' ? { email: somebody().email, name: 'Grace' } : undefined;
};

test('all routes of the administrator are here', () => {
  expect(routes).toHaveLength(13);
});

describe.each(routes)('%s', (route) => {
  test('names its caller in its one line, whatever becomes of it', async () => {
    const userId = await userIdOf((await signedUp(world.client)).email);
    output.lines();
    const line = { route, dialect: 'admin', caller: CALLER };
    const done = await world.client.send(administer(route.replace('{userId}', userId), bodyOf(route)));
    expect(done.status).toBeLessThan(300);
    expect(requests()).toEqual([expect.objectContaining({ ...line, outcome: 'success' })]);

    const nobody = administer(`${route.replace('{userId}', 'nobody')}?limit=0`, {});
    expect((await world.client.send(nobody)).status).toBeGreaterThanOrEqual(400);
    expect(requests()).toEqual([
      expect.objectContaining({ ...line, outcome: expect.stringMatching(/^(unknown-user|invalid-fields)$/) }),
    ]);
  });

  test('has no caller that nobody signed for', async () => {
    const { headers: _, ...unsigned } = administer(route.replace('{userId}', 'nobody'), bodyOf(route));
    expect((await world.client.send(unsigned)).status).toBe(403);
    const [line] = requests();
    expect(line).toMatchObject({ route, outcome: 'forbidden' });
    expect(line).not.toHaveProperty('caller');
  });
});

describe('the activity of an account names whoever', () => {
  const activityOf = async (userId: string) => {
    const { json } = await world.client.send(administer(`GET /admin/users/${userId}/activity`));
    return (json as { activity: { type: string; by: string }[] }).activity;
  };

  test.each<[acts: string[], type: string]>([
    [['verify'], 'user.verified'],
    [['disable'], 'user.disabled'],
    [['disable', 'enable'], 'user.enabled'],
    [['remove-factors'], 'factor.removed'],
  ])('does %s', async (acts, type) => {
    const { person } = await protectedPerson(world.client);
    const userId = await userIdOf(person.email);
    for (const act of acts)
      expect((await world.client.send(administer(`POST /admin/users/${userId}/${act}`))).status).toBe(200);
    const of = (await activityOf(userId)).filter((entry) => entry.type === type);
    expect(of).toEqual([expect.objectContaining({ type, by: CALLER })]);
    const others = (await activityOf(userId)).filter((entry) => entry.by !== CALLER);
    expect(others.map(({ by }) => by)).toEqual(others.map(() => 'holder'));
  });

  test('makes it', async () => {
    const call = administer('POST /admin/users', { email: somebody().email, name: 'Grace' });
    const { user } = (await world.client.send(call)).json as { user: { userId: string } };
    expect(await activityOf(user.userId)).toMatchObject([{ type: 'user.created', by: CALLER }]);
  });

  test('ends it, for whom the row is all that is left', async () => {
    const person = await signedUp(world.client);
    await loggedIn(world.client, person);
    const userId = await userIdOf(person.email);
    await world.client.send(administer(`POST /admin/users/${userId}/delete`));
    const entries = (await world.rowsOf('sessions', { userId })).map(({ entry }) => entry);
    expect(entries).toContainEqual(
      expect.objectContaining({ by: CALLER, events: [{ type: 'user.deleted' }] }),
    );
  });
});
