import { randomUUID } from 'node:crypto';
import { decodeProtectedHeader } from 'jose';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import type { KeyCommand, ListedKey } from '../../lib/tokens/key-commands.ts';
import { PUBLISHED_AT_LEAST_MS } from '../../lib/tokens/rotation.ts';
import { createTables } from '../../tools/local/tables.ts';
import { coldHandler, context, sendTo } from '../faults/own-world.ts';
import { inProcess, overHttp } from '../harness/client.ts';
import { loggedIn, type Person, signedUp, somebody } from '../harness/people.ts';

type RotateKeys = (command: KeyCommand) => Promise<{ outcome: string; kid?: string }>;

async function rotateKeys(): Promise<RotateKeys> {
  return (await import('../../functions/rotate-keys.ts')).handler as unknown as RotateKeys;
}

/** The key of an emergency signs as soon as every warm function can know it. */
const begun = () => new Promise((resume) => setTimeout(resume, PUBLISHED_AT_LEAST_MS));

const kidOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.', 1)[0] as string, 'base64url').toString()) as { kid: string }).kid;

test('two rotations while 20 clients work cost none of them a request', async () => {
  const CLIENTS = 20;
  const TURNS = 60;
  const rotate = await rotateKeys();
  const people = await Promise.all(Array.from({ length: CLIENTS }, () => signedUp(overHttp)));
  const seen = new Set<string>();
  const refusals: string[] = [];

  async function work(person: Person): Promise<void> {
    let tokens = await loggedIn(overHttp, person);
    for (let turn = 1; turn <= TURNS; turn += 1) {
      seen.add(kidOf(tokens.accessToken));
      const headers = { authorization: `Bearer ${tokens.accessToken}` };
      const welcome = await overHttp.send({ path: '/auth', headers });
      const refreshed = await overHttp.send({
        path: '/auth/refresh-tokens',
        body: { refreshToken: tokens.refreshToken },
      });
      for (const { status, text } of [welcome, refreshed])
        if (status !== 200) refusals.push(`${status} ${text}`);
      if (refreshed.status !== 200) return;
      tokens = refreshed.json as typeof tokens;
      await new Promise((resume) => setTimeout(resume, 150));
    }
  }

  const work20 = Promise.all(people.map(work));
  const first = await rotate({ command: 'rotate-now' });
  await begun();
  // A function that starts now signs with the new key, and warm ones that never saw it have to accept it.
  const later = await loggedIn(inProcess, await signedUp(inProcess));
  seen.add(kidOf(later.accessToken));
  const welcome = await overHttp.send({
    path: '/auth',
    headers: { authorization: `Bearer ${later.accessToken}` },
  });
  expect(welcome.status).toBe(200);
  const second = await rotate({ command: 'rotate-now' });
  await begun();
  await work20;

  expect([first.outcome, second.outcome]).toEqual(['rotated', 'rotated']);
  expect(refusals).toEqual([]);
  expect(seen.size).toBeGreaterThan(1);
}, 60_000);

describe('on tables of its own', () => {
  const prefix = `rotation-${randomUUID()}`;

  beforeAll(async () => {
    await createTables({ endpoint: inject('stack').dynamodbUrl, prefix });
    process.env.TABLE_PREFIX = prefix;
  });

  test('the schedule, an operator and the first requests, all at once on an empty table, agree on one key', async () => {
    const rotate = await freshRotateKeys();
    const again = await freshRotateKeys();
    const results = await Promise.all(
      [rotate, again, rotate, again].map((run) => run({ command: 'rotate' })),
    );
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['beaten', 'beaten', 'beaten', 'rotated']);
    expect(await list(rotate)).toMatchObject([{ state: 'signing' }]);
  });

  test('two emergencies at once replace the key once', async () => {
    const rotate = await freshRotateKeys();
    const before = await list(rotate);
    const results = await Promise.all([1, 2].map(() => rotate({ command: 'rotate-now' })));
    await begun();
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['beaten', 'rotated']);
    const after = await list(rotate);
    expect(after.length).toBe(before.length + 1);
    expect(after.filter(({ state }) => state === 'signing')).toEqual([
      expect.objectContaining({ kid: results.find(({ kid }) => kid)?.kid }),
    ]);
  });

  test('a withdrawn key is out of the JWKS as soon as another one signs', async () => {
    const rotate = await freshRotateKeys();
    const signing = (await list(rotate)).find(({ state }) => state === 'signing') as ListedKey;
    expect(await rotate({ command: 'withdraw', kid: signing.kid })).toEqual({ outcome: 'withdrawn' });
    await begun();
    const states = new Map((await list(rotate)).map(({ kid, state }) => [kid, state]));
    expect(states.get(signing.kid)).toBe('retired');
    expect([...states.values()].filter((state) => state === 'signing')).toHaveLength(1);
  });

  test.each(['ES256', 'EdDSA'])(
    'a change of the algorithm to %s is a rotation like any other',
    async (alg) => {
      const environment = { TABLE_PREFIX: prefix, SIGNING_ALGORITHM: alg };
      const before = await signIn(environment);
      const rotate = await coldHandler('rotate-keys', environment);
      expect(await rotate({ command: 'rotate' } as never, context)).toMatchObject({ outcome: 'rotated' });
      expect(await rotate({ command: 'rotate-now' } as never, context)).toMatchObject({ outcome: 'rotated' });
      await begun();
      const after = await signIn(environment);
      expect(decodeProtectedHeader(after.accessToken).alg).toBe(alg);
      for (const { accessToken } of [before, after]) {
        const welcome = await coldHandler('welcome', environment);
        const headers = { authorization: `Bearer ${accessToken}` };
        expect((await sendTo(welcome, { path: '/auth', headers })).status).toBe(200);
      }
    },
  );

  test('the item of the public keys cannot be withdrawn', async () => {
    const rotate = await freshRotateKeys();
    expect(await rotate({ command: 'withdraw', kid: '#published' })).toEqual({ outcome: 'unknown kid' });
  });
});

/** Somebody who signs up and logs in at functions just started. */
async function signIn(environment: Record<string, string>): Promise<{ accessToken: string }> {
  const person = somebody();
  const signUp = await coldHandler('signup', environment);
  await sendTo(signUp, { path: '/auth/register', body: { ...person, confirm: person.password } });
  const logIn = await coldHandler('login', environment);
  return (await sendTo(logIn, { path: '/auth/login', body: person })).json as { accessToken: string };
}

/** The function as it is after a cold start, with the environment of now. */
async function freshRotateKeys(): Promise<RotateKeys> {
  vi.resetModules();
  return rotateKeys();
}

const list = async (rotate: RotateKeys) => (await rotate({ command: 'list' })) as unknown as ListedKey[];
