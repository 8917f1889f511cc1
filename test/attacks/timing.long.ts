import { randomUUID } from 'node:crypto';
import { hash } from 'bcryptjs';
import { describe, expect, test } from 'vitest';
import { accountCounter } from '../../lib/core/throttle.ts';
import { coldHandler, ownWorld } from '../faults/own-world.ts';
import type { Call } from '../harness/client.ts';
import { bearer } from '../harness/passkeys.ts';
import { loggedIn, signedUp } from '../harness/people.ts';
import { type Classes, expectAlike, expectAsLong, measure } from './alike.ts';

const world = await ownWorld();
const PASSWORD = 'correct horse battery';

/** Accounts are written into the tables: a sign-up each would cost a hash each. */
async function account(
  status: 'active' | 'disabled',
  passwordHash: string,
  factors: { totp?: true; passkeys?: number } = {},
): Promise<string> {
  const user = {
    userId: randomUUID(),
    email: `${randomUUID()}@example.com`,
    status,
    passwordHash,
    ...factors,
  };
  await world.putRow('users', { ...user, name: 'Ada', bio: null, credentialVersion: 1, createdAt: 0 });
  await world.putRow('emails', { email: user.email, userId: user.userId });
  return user.email;
}

const unknown = async () => `${randomUUID()}@example.com`;

async function locked(address: Promise<string>): Promise<string> {
  const email = await address;
  const later = Date.now() + 600_000;
  const attempts = { failures: 20, pending: [], lockedUntil: later, quietAt: later, version: randomUUID() };
  await world.putRow('throttles', { counter: accountCounter(email), ...attempts });
  return email;
}

const logIn = (email: string): Call => ({
  path: '/auth/login',
  body: { email, password: `not ${PASSWORD}` },
});

describe.each([
  { cost: 10, samples: 200 },
  { cost: 12, samples: 40 },
])('with bcrypt of cost $cost', ({ cost, samples }) => {
  test(`a log-in takes as long for a known, an unknown and a disabled account, ${samples} samples each`, async () => {
    const handler = await coldHandler('login', { BCRYPT_COST: String(cost) });
    const passwordHash = await hash(PASSWORD, cost);
    const classes = {
      known: () => account('active', passwordHash),
      unknown,
      disabled: () => account('disabled', passwordHash),
    };
    expectAlike(`log-in at cost ${cost}`, await measure(handler, samples, classes, logIn));
  });
});

// Hashes of nothing in particular, with what their systems use by default: docs/moving-in/hashes.md.
const FOREIGN = {
  'argon2id of argon2-cffi': `$argon2id$v=19$m=65536,t=3,p=4$${'A'.repeat(22)}$${'A'.repeat(43)}`,
  'PBKDF2 of Django': `pbkdf2_sha256$1000000$salt$${'A'.repeat(43)}=`,
  'scrypt of Werkzeug': `scrypt:32768:8:1$salt$${'ab'.repeat(64)}`,
  phpass: `$P$B${'a'.repeat(29)}.`,
  'ASP.NET Identity 2': Buffer.alloc(49).toString('base64'),
  WordPress: `$wp$2y$10$${'.'.repeat(53)}`,
  unusable: `$2b$31$${'.'.repeat(53)}`,
};

test.each(['bcrypt', 'argon2id'])(
  'under %s a log-in takes as long whatever hash the account has, 40 samples each',
  async (scheme) => {
    const handler = await coldHandler('login', { BCRYPT_COST: '12', PASSWORD_HASH: scheme });
    const bcrypt = await hash(PASSWORD, 12);
    const argon2id = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
    const stored: Record<string, string> = { bcrypt, argon2id, ...FOREIGN };
    const classes: Classes = { unknown, disabled: () => account('disabled', FOREIGN['PBKDF2 of Django']) };
    for (const [name, passwordHash] of Object.entries(stored))
      classes[name] = () => account('active', passwordHash);
    expectAlike(`log-in under ${scheme}`, await measure(handler, 40, classes, logIn));
  },
);

test.each(['/auth/login', '/accounts/auth'])(
  'at %s the right password takes as long with second factors as without, 100 samples each',
  async (path) => {
    const handler = await coldHandler('login', { BCRYPT_COST: '10', PASSWORD_HASH: 'bcrypt' });
    const passwordHash = await hash(PASSWORD, 10);
    const classes = {
      'no factor': () => account('active', passwordHash),
      'an app': () => account('active', passwordHash, { totp: true }),
      'a passkey': () => account('active', passwordHash, { passkeys: 1 }),
    };
    const right = (email: string): Call => ({ path, body: { email, username: email, password: PASSWORD } });
    const { times, replies } = await measure(handler, 100, classes, right);
    const refusal = path === '/auth/login' ? 401 : 406;
    expect(
      Object.values(replies)
        .map(({ status }) => status)
        .sort(),
    ).toEqual([200, 200, refusal]);
    expectAsLong(`right password at ${path}`, times);
  },
);

test('a log-in to a locked account takes as long whether it is known, unknown or disabled', async () => {
  const handler = await coldHandler('login', {});
  const passwordHash = await hash(PASSWORD, 4);
  const classes = {
    'locked and known': () => locked(account('active', passwordHash)),
    'locked and unknown': () => locked(unknown()),
    'locked and disabled': () => locked(account('disabled', passwordHash)),
  };
  expectAlike('log-in', await measure(handler, 200, classes, logIn));
});

test('a forgotten password takes as long for a known, an unknown and a disabled account', async () => {
  const handler = await coldHandler('forget-password', {});
  const classes = {
    known: () => account('active', 'none'),
    unknown,
    disabled: () => account('disabled', 'none'),
  };
  const forget = (email: string) => ({ path: '/accounts/forgetpassword', body: { email } });
  expectAlike('forget', await measure(handler, 200, classes, forget));
});

// Whether an address is taken is looked up when the mail is sent, never before the answer.

test('a sign-up before verification takes as long for a free and a taken address, 200 samples each', async () => {
  const handler = await coldHandler('signup', { BCRYPT_COST: '10', EMAIL_VERIFICATION: 'before' });
  const classes = { free: unknown, taken: () => account('active', 'none') };
  const signUp = (email: string) => ({
    path: '/auth/register',
    body: { name: 'Ada', email, password: PASSWORD, confirm: PASSWORD },
  });
  const { times, replies } = await measure(handler, 200, classes, signUp);
  // The address that was sent, and what is random, say nothing.
  for (const reply of Object.values(replies))
    reply.text = reply.text.replace(/[\w-]{36}@|"verification":"[\w-]{64}"/g, '');
  expectAlike('sign-up', { times, replies });
});

test('a change of address takes as long for a free, a taken and one’s own address, 200 samples each', async () => {
  const handler = await coldHandler('change-email', {});
  const person = await signedUp(world.client);
  const headers = bearer(await loggedIn(world.client, person));
  // What is prepared is alike, too: on a busy machine it tells in the time of what comes next.
  const made = () => account('active', 'none');
  const classes = {
    free: () => made().then(unknown),
    taken: made,
    own: () => made().then(() => person.email),
  };
  const change = (email: string) => ({ path: '/auth/change-email', headers, body: { email } });
  expectAlike('change of address', await measure(handler, 200, classes, change));
});
