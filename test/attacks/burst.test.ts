import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import { accountCounter } from '../../lib/core/throttle.ts';
import { coldHandler, ownWorld, sendTo } from '../faults/own-world.ts';
import type { Call, Reply } from '../harness/client.ts';
import { loggedIn, signedUp, somebody } from '../harness/people.ts';

const counted = vi.hoisted(() => ({ compares: 0 }));
vi.mock('bcryptjs', async (original) => {
  const bcrypt = await original<typeof import('bcryptjs')>();
  return {
    ...bcrypt,
    compare: (password: string, hash: string) => {
      if (password !== '') counted.compares += 1; // with the empty one the time of a failure is found out
      return bcrypt.compare(password, hash);
    },
  };
});

const world = await ownWorld();
const { client } = world;
const FREE = 5;

/** Sends all calls at once. @returns the replies, the hashes they cost and how many may have been allowed meanwhile */
async function burst(calls: Call[], send = client.send) {
  counted.compares = 0;
  const start = Date.now();
  const replies = await Promise.all(calls.map((call) => send(call)));
  // Locks of 1, 2, 4 … s follow the first five failures, and one more attempt follows each lock.
  const afterLocks = Math.floor(Math.log2((Date.now() - start) / 1000 + 1));
  return { replies, compares: counted.compares, allowed: FREE + afterLocks };
}

/** But those of a machine so busy that DynamoDB seems to be down. */
const statuses = (replies: Reply[]) =>
  [...new Set(replies.map(({ status }) => status))].filter((status) => status !== 503).sort();
const wrong = (email: string): Call => ({ path: '/auth/login', body: { email, password: randomUUID() } });

test.each(['a known', 'an unknown'])(
  '200 wrong passwords at once for %s account cost five hashes',
  async (kind) => {
    const { email } = kind === 'a known' ? await signedUp(client) : somebody();
    const { replies, compares, allowed } = await burst(Array.from({ length: 200 }, () => wrong(email)));

    expect(compares).toBeGreaterThan(0);
    expect(compares).toBeLessThanOrEqual(allowed);
    expect(statuses(replies)).toEqual([401, 429]);
  },
);

const domain = `bücher-${randomUUID().slice(0, 8)}.example`;
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** Ways to say the same account, or to look like somebody else. */
const disguises: [name: string, disguise: (email: string, password: string, index: number) => Call][] = [
  [
    'X-Forwarded-For',
    (email, password, index) => ({
      path: '/auth/login',
      headers: { 'x-forwarded-for': `10.0.${index}.1` },
      body: { email, password },
    }),
  ],
  [
    'other addresses',
    (email, password, index) => ({
      path: '/auth/login',
      sourceIp: `198.51.100.${index}`,
      body: { email, password },
    }),
  ],
  [
    'upper case',
    (email, password) => ({ path: '/auth/login', body: { email: email.toUpperCase(), password } }),
  ],
  [
    'mixed case',
    (email, password, index) => ({ path: '/auth/login', body: { email: mixedCase(email, index), password } }),
  ],
  [
    'white space',
    (email, password, index) => ({
      path: '/auth/login',
      body: { email: `${' '.repeat(index)}\t${email}\u00a0\r\n`, password },
    }),
  ],
  [
    'the decomposed form',
    (email, password) => ({ path: '/auth/login', body: { email: email.normalize('NFD'), password } }),
  ],
  ['the A-label', (email, password) => ({ path: '/auth/login', body: { email: aLabel(email), password } })],
  [
    'fullwidth letters',
    (email, password) => ({
      path: '/auth/login',
      body: { email: email.replace('.example', '．ｅｘａｍｐｌｅ'), password },
    }),
  ],
  [
    'stray fields',
    (email, password, index) => ({
      path: '/auth/login',
      body: { email, password, username: `${index}@example.com`, userId: index, [`x${index}`]: index },
    }),
  ],
  ['/api/user', (email, password) => ({ path: '/api/user/login', body: { email, password } })],
  ['/accounts', (email, password) => ({ path: '/accounts/auth/', body: { username: email, password } })],
  [
    'a form',
    (email, password) => ({
      path: '/accounts/auth',
      headers: form,
      body: new URLSearchParams({ username: email, password }).toString(),
    }),
  ],
  [
    'query parameters',
    (email, password, index) => ({
      path: `/auth/login?email=${index}@example.com`,
      body: { email, password },
    }),
  ],
  ['base64', (email, password) => ({ path: '/auth/login', base64: true, body: { email, password } })],
];

function mixedCase(text: string, index: number): string {
  return [...text]
    .map((letter, place) => ((place + index) % 3 === 0 ? letter.toUpperCase() : letter))
    .join('');
}

function aLabel(email: string): string {
  return email.replace(domain, new URL(`http://${domain}`).hostname);
}

describe('an account under attack', () => {
  test('is one account to a burst under all of its names, from everywhere, in every dialect', async () => {
    const person = await signedUp(client, { ...somebody(), email: `${randomUUID()}@${domain}` });
    const calls = Array.from({ length: 15 }, (_, index) =>
      disguises.map(([, disguise]) => disguise(person.email, randomUUID(), index)),
    ).flat();
    const { replies, compares, allowed } = await burst(calls);

    expect(calls.length).toBeGreaterThanOrEqual(200);
    expect(compares).toBeLessThanOrEqual(allowed);
    expect(statuses(replies)).toContain(429);
    expect(statuses(replies)).not.toContain(200);
  });

  test.each(disguises)('stays locked to its right password with %s', async (_, disguise) => {
    const person = await signedUp(client, { ...somebody(), email: `${randomUUID()}@${domain}` });
    const later = Date.now() + 600_000;
    const attempts = { failures: 20, pending: [], lockedUntil: later, quietAt: later, version: randomUUID() };
    await world.putRow('throttles', { counter: accountCounter(aLabel(person.email)), ...attempts });
    const { replies, compares } = await burst([disguise(person.email, person.password, 1)]);

    expect([statuses(replies), compares]).toEqual([[429], 0]);
  });

  test('leaves every other account alone', async () => {
    const [victim, neighbour] = [await signedUp(client), await signedUp(client)];
    const [, reply] = await Promise.all([
      burst(Array.from({ length: 50 }, () => wrong(victim.email))),
      loggedIn(client, neighbour),
    ]);
    expect(reply.accessToken).toBeDefined();
  });
});

describe('a client address', () => {
  const LIMIT = 10;
  const network = randomUUID().slice(0, 4);
  const many: [name: string, sourceIp: (index: number) => string][] = [
    ['one IPv4 address', () => '203.0.113.9'],
    [
      'one IPv4 address, half of the time written as IPv6',
      (index) => (index % 2 ? '203.0.113.10' : '::ffff:203.0.113.10'),
    ],
    ['a /64 of IPv6', (index) => `2001:db8:${network}:1::${index.toString(16)}`],
  ];

  test.each(many)(
    '%s has 200 passwords for 200 accounts checked no oftener than its limit says',
    async (_, sourceIp) => {
      const logIn = await coldHandler('login', { LIMIT_LOGIN_FAILURES: String(LIMIT) });
      process.env.LIMIT_LOGIN_FAILURES = '10000';
      const calls = Array.from({ length: 200 }, (_, index) => ({
        ...wrong(`${randomUUID()}@example.com`),
        sourceIp: sourceIp(index),
        headers: { 'x-forwarded-for': `10.0.0.${index}`, forwarded: `for=10.0.0.${index}` },
      }));
      const { replies, compares } = await burst(calls, (call) => sendTo(logIn, call));

      expect(compares).toBeGreaterThan(0);
      expect(compares).toBeLessThanOrEqual(LIMIT);
      expect(statuses(replies)).toEqual([401, 429]);
    },
  );
});
