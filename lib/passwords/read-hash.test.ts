import { readFileSync } from 'node:fs';
import { compare, hash } from 'bcryptjs';
import { describe, expect, test } from 'vitest';
import type { PasswordHash, Reading } from './password-hash.ts';
import { readHash } from './read-hash.ts';
import { type FirebaseConfig, firebaseHash, readFirebaseConfig } from './schemes/firebase.ts';
import { keycloakHash } from './schemes/keycloak.ts';
import { withPepper } from './schemes/peppered-bcrypt.ts';
import { type DigestRule, readDigestRule, WORDPRESS_MD5, wrapDigest } from './schemes/wrapped-digest.ts';

// `password` under bcrypt of cost 5, written by the bcrypt package of PyPI (5.0.0).
const BODY = '05$abcdefghijklmnopqrstuuWG29KuyeAicPCJODk1zjyGvyQUU2awu';
const HASH = `$2b$${BODY}`;

test.each([
  ['plain', HASH, HASH],
  ['of PHP', `$2y$${BODY}`, `$2y$${BODY}`],
  ['of older systems', `$2a$${BODY}`, `$2a$${BODY}`],
  ['of Spring Security', `{bcrypt}$2a$${BODY}`, `$2a$${BODY}`],
  ['of Dovecot', `{BLF-CRYPT}$2y$${BODY}`, `$2y$${BODY}`],
  ['of Dovecot in small letters', `{blf-crypt}$2y$${BODY}`, `$2y$${BODY}`],
  ['of LDAP', `{CRYPT}$2b$${BODY}`, HASH],
  ['of Django', `bcrypt$$2b$${BODY}`, HASH],
  ['of passlib 1.5.2, with bits in the padding of the salt', HASH.replace('uuWG', 'uvWG'), HASH],
  ['of passlib 1.5.2, with all bits in the padding', HASH.replace('uuWG', 'u9WG'), HASH],
])('a hash %s is taken in its canonical form', (_, text, hash) => {
  expect(readHash(text)).toMatchObject({ text: hash, kind: 'bcrypt of cost 5' });
});

test('bits in the padding of a salt hide the hash from bcrypt as it is, and not in the canonical form', async () => {
  const text = HASH.replace('uuWG', 'uvWG');
  const read = readHash(text);
  expect(await compare('password', 'text' in read ? read.text : '')).toBe(true);
  expect(await compare('password', text)).toBe(false);
});

type Vector = {
  scheme: string;
  source: string;
  password: string;
  hash: string;
  salt?: string;
  pepper?: string;
  rule?: string;
  config?: { signerKey: string; saltSeparator: string; rounds: number; memCost: number };
  credentialData?: string;
  secretData?: string;
};

// Made by the original implementations, or published by them: each vector names its source.
const vectors = JSON.parse(
  readFileSync(new URL('../../test/vectors/password-hashes.json', import.meta.url), 'utf8'),
) as Vector[];

/** The hash of a vector, by the door through which an import of that system takes it. */
async function readingOf({ hash, salt, pepper, rule, config, ...vector }: Vector): Promise<Reading> {
  if (pepper !== undefined) return withPepper(hash, pepper);
  if (vector.credentialData && vector.secretData)
    return keycloakHash(vector.credentialData, vector.secretData);
  if (config) {
    const text = `hash_config {
  algorithm: SCRYPT,
  base64_signer_key: ${config.signerKey},
  base64_salt_separator: ${config.saltSeparator},
  rounds: ${config.rounds},
  mem_cost: ${config.memCost},
}`;
    return firebaseHash(readFirebaseConfig(text) as FirebaseConfig, hash, salt as string);
  }
  return rule ? wrapDigest(readDigestRule(rule) as DigestRule, hash, salt) : readHash(hash);
}

describe.each(vectors.map((vector) => [vector.scheme, vector] as const))('%s', (_, vector) => {
  test(`is verified as ${vector.source} made it, and in the form in which it is stored`, async () => {
    const reading = (await readingOf(vector)) as PasswordHash;
    expect(reading).toMatchObject({ text: expect.any(String), kind: expect.any(String) });
    const stored = readHash(reading.text) as PasswordHash;
    expect([stored.text, stored.kind]).toEqual([reading.text, reading.kind]);
    for (const hash of [reading, stored]) {
      expect(await hash.matches(vector.password)).toBe(true);
      for (const wrong of ['', `${vector.password}?`, vector.password.toUpperCase()])
        expect(await hash.matches(wrong)).toBe(false);
    }
  });

  test('is refused at once when it is cut off', async () => {
    const reading = (await readingOf(vector)) as PasswordHash;
    for (const text of [vector.hash, reading.text]) {
      const bare = text.replace(/=+$/, '');
      for (const length of [
        3,
        10,
        Math.floor(text.length / 2),
        bare.length - 7,
        bare.length - 4,
        bare.length - 1,
      ]) {
        const began = performance.now();
        expect(readHash(text.slice(0, length))).toEqual({ refused: expect.any(String) });
        expect(performance.now() - began).toBeLessThan(1_000);
      }
    }
  });
});

test.each(['$2b$', 'bcrypt with a pepper'])(
  '%s: a password beyond 72 bytes is refused, whatever its beginning',
  async (form) => {
    const whole = 'x'.repeat(72);
    const text = await hash(whole, 4);
    const reading = (form.startsWith('$') ? readHash(text) : withPepper(text, 'pepper')) as PasswordHash;
    expect(await reading.matches(whole)).toBe(true);
    expect(await reading.matches(`${whole}x`)).toBe(false);
  },
);

test('passwords of WordPress are compared without white space around them', async () => {
  const wp = vectors.find(({ scheme }) => scheme === 'WordPress $wp$') as Vector;
  const phpass = vectors.find(({ scheme }) => scheme === 'phpass $P$') as Vector;
  // MD5 of "password", as WordPress kept it before 2.5.
  const md5 = await wrapDigest(WORDPRESS_MD5, '5f4dcc3b5aa765d61d8327deb882cf99');
  expect(await (readHash(wp.hash) as PasswordHash).matches(`  ${wp.password}\n`)).toBe(true);
  expect(await (readHash(phpass.hash) as PasswordHash).matches(` ${phpass.password}\t`)).toBe(true);
  expect(await (md5 as PasswordHash).matches(' password ')).toBe(true);
});

test.each([
  [`$2x$${BODY}`, /^\$2x\$ marks hashes of a broken bcrypt/],
  [`$2b$03${BODY.slice(2)}`, /^its cost is 3;/],
  [`{bcrypt}$2b$17${BODY.slice(2)}`, /^its cost is 17;/],
  [`$2b$31${BODY.slice(2)}`, /^its cost is 31;/],
  [`$wp$2y$31${BODY.slice(2)}`, /^its cost is 31;/],
  [`bcrypt_sha256$$2b$31${BODY.slice(2)}`, /^its cost is 31;/],
  ['$bcrypt-sha256$v=2,t=2b,r=31$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2', /^its cost is 31;/],
  [`$gatehouse$pepper$cGVwcGVy$2b$31${BODY.slice(2)}`, /^its cost is 31;/],
  [`${HASH.slice(0, -1)}v`, /^damaged:/],
  [`bcrypt$$2b$${'x'.repeat(60)}`, /^not a bcrypt hash/],
  [
    '$argon2id$v=19$m=16777216,t=1,p=1$abcdefghijklmnop$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq',
    /too long to verify/,
  ],
  [
    '$argon2id$v=19$m=65536,t=1000000000,p=1$abcdefghijklmnop$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq',
    /too long to verify/,
  ],
  [
    '$argon2id$v=19$m=65536,t=1,p=1000000$abcdefghijklmnop$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq',
    /too long to verify/,
  ],
  [
    '$argon2id$v=19$m=4294967296,t=1,p=16777215$abcdefghijklmnop$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq',
    /too long to verify/,
  ],
  ['$argon2id$v=19$m=65536,t=3,p=4$abcdef$abcdefghijklmnopqrstuvwx', /^damaged:/],
  [
    '$argon2id$m=65536,t=3,p=4$abcdefghijklmnop$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq',
    /version 1\.0 of Argon2/,
  ],
  [
    '$scrypt$ln=31,r=8,p=1$abcdefghijklmnop$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq',
    /too long to verify/,
  ],
  [
    '$scrypt$ln=14,r=8,p=100000$abcdefghijklmnop$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq',
    /too long to verify/,
  ],
  [
    '$scrypt$ln=999,r=8,p=1$abcdefghijklmnop$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq',
    /too long to verify/,
  ],
  ['scrypt:1000000000:8:1$salt$abcdefabcdefabcdefabcdefabcdefabcdef', /^damaged:/],
  ['scrypt$1073741824$salt$8$1$abcdefghijklmnopqrstuvwx', /too long to verify/],
  ['$gatehouse$firebase$ln=31,r=8$abcdefgh$abcdefghijklmnopqrstuvwx', /too long to verify/],
  ['pbkdf2_sha256$1000000000$salt$abcdefghijklmnopqrstuvwxyzabcdef', /too long to verify/],
  ['pbkdf2:sha256:1000000000$salt$abcdefabcdefabcdefabcdefabcdefabcdef', /too long to verify/],
  ['$pbkdf2-sha512$1000000000$abcdefgh$abcdefghijklmnopqrstuvwx', /too long to verify/],
  [
    Buffer.from(`01${'00000001'}${'ffffffff'}${'00000010'}${'ab'.repeat(48)}`, 'hex').toString('base64'),
    /too long to verify/,
  ],
  ['$P$UabcdefghabcdefghijklmnopqrstuV', /too long to verify/],
  [
    '$gatehouse$md5$plain$$argon2id$v=19$m=16777216,t=1,p=1$abcdefghijklmnop$abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq',
    /too long/,
  ],
  ['$6$salt$abcdef', /^this is a crypt\(3\) form/],
  ['{CRYPT}$6$salt$abcdef', /^this is a crypt\(3\) form/],
  ['{SSHA}abcdef', /^this is an LDAP digest,/],
  ['abcdefabcdefabcdefabcdefabcdefab', /^this is a plain digest: say how/],
  ['{bcrypt}abcdef', /^this is no known form/],
  ['abcdef'.repeat(10_000), /^this is no known form/],
  ['', /^this is no known form/],
])('%s is refused at once, in words that do not repeat it', (text, reason) => {
  const began = performance.now();
  const read = readHash(text);
  expect(performance.now() - began).toBeLessThan(500);
  expect(read).toEqual({ refused: expect.stringMatching(reason) });
  expect(JSON.stringify(read)).not.toMatch(/abcdef|WG29Kuye|n79VH/);
});

test.each(['sha1(salt+password)', ' SHA1 ( Salt + Password ) '])('the rule %s is read', (text) => {
  expect(readDigestRule(text)).toEqual({ algorithm: 'sha1', order: 'before' });
});

test.each([
  '',
  'sha1',
  'sha3(password)',
  'sha1(password+salt+password)',
  'sha1(sha1(password))',
  'hmac(salt, password)',
])('the rule "%s" is refused', (text) =>
  expect(readDigestRule(text)).toEqual({ refused: expect.stringMatching(/^write md5/) }),
);

test('a digest of the wrong length is refused', async () => {
  for (const hex of ['', 'abcdef', 'z'.repeat(40), '5f4dcc3b5aa765d61d8327deb882cf99'])
    expect(await wrapDigest({ algorithm: 'sha1', order: 'plain' }, hex)).toEqual({
      refused: expect.stringMatching(/^not 40 hexadecimal digits/),
    });
});

test.each([
  '',
  'hash_config { }',
  'algorithm: SCRYPT, rounds: 8',
  'algorithm: BCRYPT, base64_signer_key: YQ==, base64_salt_separator: Bw==, rounds: 8, mem_cost: 14',
])('what is no hash_config of Firebase is refused: %s', (text) =>
  expect(readFirebaseConfig(text)).toEqual({ refused: expect.stringMatching(/^not the text/) }),
);

test.each([
  ['{}', '{}'],
  ['', ''],
  ['null', '[]'],
  ['{"algorithm":"argon2"}', '{"value":"YWJj","salt":"YWJj"}'],
  [
    '{"algorithm":"pbkdf2-sha256","hashIterations":1000000000}',
    '{"value":"YWJjYWJjYWJjYWJjYWJjYWJj","salt":"YWJj"}',
  ],
  [
    '{"algorithm":"argon2","hashIterations":1,"additionalParameters":{"type":["id"],"version":["1.3"],"memory":["16777216"],"parallelism":["1"]}}',
    '{"value":"YWJjYWJjYWJjYWJjYWJjYWJj","salt":"YWJjYWJjYWJj"}',
  ],
])('a credential of Keycloak that is unusable is refused: %s %s', (credential, secret) => {
  expect(keycloakHash(credential, secret)).toEqual({ refused: expect.any(String) });
});
