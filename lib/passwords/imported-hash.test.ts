import { compare } from 'bcryptjs';
import { expect, test } from 'vitest';
import { readImportedHash } from '../../lib/passwords/imported-hash.ts';

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
  expect(readImportedHash(text)).toEqual({ hash });
});

test('bits in the padding of a salt hide the hash from bcrypt as it is, and not in the canonical form', async () => {
  const text = HASH.replace('uuWG', 'uvWG');
  const read = readImportedHash(text);
  expect(await compare('password', 'hash' in read ? read.hash : '')).toBe(true);
  expect(await compare('password', text)).toBe(false);
});

test.each([
  ['$wp$2y$10$abcdefghijklmnopqrstuuWG29KuyeAicPCJODk1zjyGvyQUU2awu', /^this is WordPress's \$wp\$ form/],
  [`bcrypt_sha256$$2b$${BODY}`, /^this is Django's bcrypt_sha256/],
  [
    '$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2',
    /^this is passlib's/,
  ],
  ['$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA', /^this is Argon2,/],
  ['argon2$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA', /^this is Argon2,/],
  ['scrypt:32768:8:1$salt$abcdef', /^this is scrypt,/],
  ['pbkdf2_sha256$600000$salt$abcdef', /^this is PBKDF2,/],
  ['$P$B12345678abcdefghijklmnopqrstuv', /^this is phpass,/],
  ['$6$salt$abcdef', /^this is a crypt\(3\) form/],
  ['{CRYPT}$6$salt$abcdef', /^this is a crypt\(3\) form/],
  ['{SSHA}abcdef', /^this is an LDAP digest,/],
  [`$2x$${BODY}`, /^\$2x\$ marks hashes of a broken bcrypt/],
  [`$2b$03${BODY.slice(2)}`, /^its cost is 3;/],
  [`{bcrypt}$2b$17${BODY.slice(2)}`, /^its cost is 17;/],
  [`$2b$31${BODY.slice(2)}`, /^its cost is 31;/],
  [`${HASH.slice(0, -1)}v`, /^damaged:/],
  [`bcrypt$${'x'.repeat(60)}`, /^not a bcrypt hash/],
  ['{bcrypt}password', /^not a bcrypt hash/],
  ['', /^not a bcrypt hash/],
])('%s is refused in words that do not repeat it', (text, reason) => {
  const read = readImportedHash(text);
  expect(read).toEqual({ refused: expect.stringMatching(reason) });
  expect(JSON.stringify(read)).not.toMatch(/abcdef|WG29Kuye|n79VH/);
});
