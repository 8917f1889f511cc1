import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { bundleForDeployment } from '../../tools/build/bundle.ts';
import { refusedPassword } from '../core/password-policy.ts';
import { commonPasswords, load } from './common-passwords.file.ts';
import { makeSet, readSet } from './golomb-set.ts';
import { passwordPolicy } from './policy.ts';

const brand = { name: 'Gatehouse', color: '#000000', logoUrl: undefined, logoDarkUrl: undefined };
const config = {
  passwordMinimum: 8,
  passwordHash: 'bcrypt',
  commonPasswords: 'refuse',
  breachedPasswordsApi: undefined,
  brand,
} as const;
const policy = passwordPolicy(config);

test('more than ten thousand common passwords that are long enough are refused, in any case', () => {
  const all = commonPasswords();
  expect(all.length).toBeGreaterThan(10_000);
  for (const password of all)
    expect(refusedPassword(password.toUpperCase().toLowerCase(), policy), password).toBe('password-common');
  for (const password of ['PASSWORD123', 'Iloveyou1', 'qwertyuiop', '12345678', 'Football1'])
    expect(refusedPassword(password, policy), password).toBe('password-common');
});

test('fewer than one in ten thousand others are refused', () => {
  const isListed = readSet(load());
  const tries = 300_000;
  let refused = 0;
  // The same in every run, so that the test can't fail by chance.
  for (let nth = 0; nth < tries; nth += 1) if (isListed(`not common ${nth}`)) refused += 1;
  expect(refused / tries).toBeLessThan(1 / 10_000);
  expect(refused).toBeGreaterThan(0);
});

test.each([0, 1, 2, 9, 1_000])('a set of %d texts has each of them, and hardly any other', (count) => {
  const texts = Array.from({ length: count }, (_, nth) => `text ${nth}`);
  const has = readSet(makeSet(texts));
  expect(texts.filter((text) => !has(text))).toEqual([]);
  expect(texts.filter((text) => has(`${text}!`)).length).toBeLessThan(3);
});

test.each(['correct horse', 'correct horse battery', 'correct horse battery staple'])(
  'the password of the documents is taken: %s',
  (password) => expect(refusedPassword(password, policy)).toBeUndefined(),
);

test('COMMON_PASSWORDS=allow takes them', () => {
  expect(
    refusedPassword('password1', passwordPolicy({ ...config, commonPasswords: 'allow' })),
  ).toBeUndefined();
});

test('under argon2id 256 characters are the bound', () => {
  expect(passwordPolicy({ ...config, passwordHash: 'argon2id' }).maximum).toBe(256);
  expect(policy.maximum).toBeUndefined();
});

const folder = `${mkdtempSync(`${tmpdir()}/gatehouse-list-`)}/`;
afterAll(() => rmSync(folder, { recursive: true }));

test('the list is a file of at most 60 kB beside each bundle that sets passwords, and of no other', async () => {
  const bundles = await bundleForDeployment(
    ['signup', 'reset-password', 'pages', 'welcome', 'login'],
    folder,
  );
  const file = `${folder}functions/common-passwords.bin`;
  for (const { name, files } of bundles)
    expect(files, name).toEqual(['signup', 'reset-password', 'pages'].includes(name) ? [file] : []);
  expect(statSync(file).size).toBeLessThanOrEqual(60_000);
  expect(readFileSync(file).equals(load())).toBe(true);
});
