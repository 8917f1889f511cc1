// A team leaves Cognito: its users come with their old passwords, and the team's other systems learn of them.
import { decodeJwt } from 'jose';
import { afterAll, expect, test } from 'vitest';
import type { FindLegacy } from '../../lib/core/hooks.ts';
import { ownWorld } from '../faults/own-world.ts';
import { driveEvents, typesOn } from '../harness/drive-events.ts';
import { startTestBus } from '../harness/event-bus.ts';
import { startFakeCognito } from '../harness/fake-cognito.ts';
import { compileIn } from '../harness/hooks.ts';
import { mailsTo } from '../harness/inbox.ts';
import { somebody, type Tokens } from '../harness/people.ts';

const cognito = await startFakeCognito('client');
Object.assign(process.env, {
  COGNITO_CLIENT_ID: 'client',
  COGNITO_ENDPOINT: cognito.url,
  MIGRATION_FLOOR: '1',
});
compileIn({
  findLegacy: async (...given: Parameters<FindLegacy>) =>
    (await import('../../lib/legacy/cognito.ts')).findLegacy(...given),
  claims: async () => ({ plan: 'pro' }),
});
const bus = await startTestBus();
const world = await ownWorld();
const events = await driveEvents(world.prefix, bus.url);
afterAll(async () => {
  await events.stop();
  await bus.stop();
  await cognito.stop();
});

const logIn = async (email: string, password: string) =>
  world.client.send({ path: '/auth/login', body: { email, password } });

test('the old password opens an account with a claim of a hook; while the bus is down, what happened is kept', async () => {
  bus.fault = 'is down';
  const people = [somebody(), somebody(), somebody()];
  const found: string[] = [];
  for (const { email } of people) {
    cognito.users.set(email, {
      password: 'oldpass',
      attributes: { name: 'Ada King', email, email_verified: true },
    });
    const { accessToken } = (await logIn(email, 'oldpass')).json as Tokens;
    const claims = decodeJwt(accessToken);
    expect(claims).toMatchObject({ plan: 'pro', userName: 'Ada King', email, email_verified: true });
    found.push(String(claims.userId));
    const headers = { authorization: `Bearer ${accessToken}` };
    const { json } = await world.client.send({ method: 'GET', path: '/auth/activity', headers });
    const { activity } = json as { activity: { type: string }[] };
    expect(activity.map(({ type }) => type)).toEqual(['session.opened', 'user.created']);
    expect(await mailsTo(email)).toEqual([]);
  }
  // Events are refused again and again before the bus comes back.
  await expect.poll(() => events.invocations.length, { timeout: 20_000 }).toBeGreaterThan(3);
  expect(bus.events).toEqual([]);

  bus.fault = undefined;
  for (const userId of found)
    expect(await typesOn(bus, userId, 2)).toEqual(['user.created', 'session.opened']);
});

test('nothing waits longer for a bus than the stream keeps it, and what is too old is kept for a replay', async () => {
  const { readService } = await import('../../tools/deploy/service.ts');
  const { events: mappings = [] } = (await readService()).functions['publish-events'] ?? {};
  const [{ stream }] = mappings as unknown as [{ stream: Record<string, unknown> }];
  expect(Number(stream.maximumRecordAgeInSeconds ?? 86_400)).toBeGreaterThan(3_600);
  expect(stream.destinations).toBeDefined();
});
