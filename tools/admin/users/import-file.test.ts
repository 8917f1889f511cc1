import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccountToImport } from '../../../lib/core/import-users.ts';
import { readHash } from '../../../lib/passwords/read-hash.ts';
import { exportsOf, firebaseConfig, people, vector } from '../../../test/harness/exports.ts';
import { fileOf, NOW, someHash } from '../../../test/harness/own-tables.ts';
import { OperatorError } from '../command-line/operator-error.ts';
import { UsageError } from '../command-line/run.ts';
import { type FileOptions, openImportFile } from './import-file.ts';
import { accountsOf } from './row.ts';

type Got = { line: number; account: AccountToImport | string };

async function read(content: string | Buffer, ending: string, options: FileOptions = {}) {
  const file = await openImportFile(fileOf(content, ending), options, NOW);
  const counts = await file.count();
  const rows: Got[] = [];
  for await (const row of accountsOf(file.rows(), NOW)) rows.push(row);
  return { counts, rows, accounts: rows.map(({ account }) => account as AccountToImport) };
}

/** `false` for a hash that can't be read, too. */
async function verifies(hash: ReturnType<typeof readHash>, password: string): Promise<boolean> {
  return !('refused' in hash) && hash.matches(password);
}

const json = (...objects: object[]) => JSON.stringify(objects);
const HASH = someHash();
const ADA = { email: 'ada@example.com' };
const UUID = '11111111-1111-4111-8111-111111111111';

/** One user of a system, as JSON; what every one needs is there already. */
const NEEDED: Record<string, object> = {
  auth0: { ...ADA },
  firebase: { localId: 'x', ...ADA },
  cognito: { Username: 'x', ...ADA },
  supabase: { ...ADA, encrypted_password: HASH },
  keycloak: { ...ADA, username: 'x' },
  django: { ...ADA, password: HASH },
  wordpress: { user_email: 'ada@example.com', user_pass: HASH },
  laravel: { ...ADA, password: HASH },
  devise: { ...ADA, encrypted_password: HASH },
  aspnet: { Email: 'ada@example.com', PasswordHash: HASH },
};

async function one(from: string, members: object): Promise<AccountToImport | string> {
  const { rows } = await read(json({ ...NEEDED[from], ...members }), '.json', { from });
  expect(rows).toHaveLength(1);
  return rows[0]?.account as AccountToImport | string;
}

describe('a user of another system', () => {
  test.each<[system: string, members: object, expected: object]>([
    ['supabase', { raw_user_meta_data: '{"name":"Ada L."}' }, { name: 'Ada L.', emailVerified: undefined }],
    ['supabase', { raw_user_meta_data: { first_name: 'Ada', last_name: 'L.' } }, { name: 'Ada L.' }],
    ['supabase', { raw_user_meta_data: 'no JSON' }, { name: 'ada' }],
    ['supabase', { id: UUID.replaceAll('1', 'A') }, { userId: 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa' }],
    ['supabase', { id: 'no UUID' }, { userId: undefined }],
    ['supabase', { email_confirmed_at: '2024-01-01 00:00:00+00' }, { emailVerified: true }],
    [
      'supabase',
      { email_confirmed_at: null, confirmed_at: '2024-01-01 00:00:00+00' },
      { emailVerified: undefined },
    ],
    ['supabase', { confirmed_at: '2020-01-01 00:00:00+00' }, { emailVerified: true }],
    ['supabase', { banned_until: '2999-01-01 00:00:00+00' }, { status: 'disabled' }],
    ['supabase', { banned_until: '2020-01-01 00:00:00+00' }, { status: 'active' }],
    ['supabase', { banned_until: 'infinity' }, { status: 'disabled' }],
    ['supabase', { banned_until: 'some day' }, { status: 'disabled' }],
    [
      'supabase',
      { created_at: '2024-05-01 12:34:56.112025+00' },
      { createdAt: Date.UTC(2024, 4, 1, 12, 34, 56, 112) },
    ],
    ['supabase', { encrypted_password: '' }, { passwordHash: undefined }],
    ['aspnet', { UserName: 'ada@example.com' }, { name: 'ada@example.com' }],
    ['aspnet', { FirstName: 'Ada', LastName: 'L.', UserName: 'x' }, { name: 'Ada L.' }],
    ['aspnet', { LockoutEnd: '9999-12-31 23:59:59.9999999 +00:00' }, { status: 'disabled' }],
    ['aspnet', { LockoutEnd: '12/31/9999 11:59:59 PM +00:00' }, { status: 'disabled' }],
    ['aspnet', { LockoutEnd: '2020-01-01T00:00:00+00:00' }, { status: 'active' }],
    ['aspnet', { LockoutEndDateUtc: '2999-01-01 00:00:00.000' }, { status: 'disabled' }],
    ['aspnet', { LockoutEndDateUtc: '2020-01-01 00:00:00.000' }, { status: 'active' }],
    ['aspnet', { LockoutEnd: 'NULL', EmailConfirmed: 'True' }, { status: 'active', emailVerified: true }],
    ['aspnet', { EmailConfirmed: 0 }, { emailVerified: undefined }],
    ['firebase', { localId: UUID }, { userId: UUID }],
    ['firebase', { displayName: ' ' }, { name: 'ada' }],
    ['firebase', { email: 'ada\uff20example.com' }, { name: 'ada', email: 'ada@example.com' }],
    ['firebase', { displayName: 'NULL' }, { name: 'ada' }],
    ['firebase', { email: 'NULL@example.com' }, { name: 'NULL' }],
    [
      'firebase',
      { createdAt: '1714566896000', disabled: true },
      { createdAt: 1714566896000, status: 'disabled' },
    ],
    ['cognito', { UserCreateDate: 1714566896.789 }, { createdAt: 1714566896789 }],
    ['cognito', { UserCreateDate: '2024-05-01T14:34:56.789000+02:00' }, { createdAt: 1714566896789 }],
    ['cognito', { Enabled: false }, { status: 'disabled' }],
    ['cognito', { Username: UUID }, { name: 'ada', userId: UUID }],
    ['cognito', { Username: 'countess' }, { name: 'countess' }],
    ['cognito', { sub: UUID, name: 'Ada' }, { userId: UUID, name: 'Ada' }],
    ['keycloak', { firstName: 'Ada' }, { name: 'Ada' }],
    ['keycloak', { lastName: 'L.' }, { name: 'L.' }],
    ['keycloak', { enabled: false, emailVerified: true }, { status: 'disabled', emailVerified: true }],
    ['keycloak', { credentials: [{ type: 'otp', secretData: '{}' }] }, { passwordHash: undefined }],
    ['django', { password: '!unusable' }, { passwordHash: undefined }],
    ['django', { is_active: 'f', first_name: 'Ada' }, { status: 'disabled', name: 'Ada' }],
    [
      'django',
      { date_joined: '2024-05-01T12:34:56.5Z' },
      { createdAt: Date.UTC(2024, 4, 1, 12, 34, 56, 500) },
    ],
    [
      'wordpress',
      { user_registered: '2024-05-01 12:34:56' },
      { createdAt: Date.UTC(2024, 4, 1, 12, 34, 56) },
    ],
    ['wordpress', { user_registered: '0000-00-00 00:00:00' }, { createdAt: undefined }],
    ['wordpress', { user_status: '1' }, { status: 'disabled' }],
    ['wordpress', { user_login: 'countess' }, { name: 'countess', emailVerified: undefined }],
    [
      'laravel',
      { created_at: '2024-05-01 12:34:56', name: 'Ada' },
      { createdAt: Date.UTC(2024, 4, 1, 12, 34, 56), name: 'Ada' },
    ],
    ['laravel', { created_at: '2024-05-01T14:34:56+02:00' }, { createdAt: Date.UTC(2024, 4, 1, 12, 34, 56) }],
    ['laravel', { email_verified_at: '2024-01-01 00:00:00' }, { emailVerified: true }],
    ['laravel', { email_verified_at: '\\N', deleted_at: 'NULL' }, { emailVerified: undefined }],
    ['laravel', { id: UUID }, { userId: UUID }],
    [
      'devise',
      { created_at: '2024-05-01 12:34:56.123456' },
      { createdAt: Date.UTC(2024, 4, 1, 12, 34, 56, 123) },
    ],
    ['devise', { locked_at: '2020-05-01 12:34:56' }, { status: 'disabled' }],
    ['devise', { confirmed_at: '2020-05-01 12:34:56' }, { emailVerified: true }],
    [
      'auth0',
      { name: 'Ada', blocked: true, email_verified: true },
      { name: 'Ada', status: 'disabled', emailVerified: true },
    ],
    [
      'auth0',
      { 'Given Name': 'Ada', 'Family Name': 'L.', 'Email Verified': true },
      { name: 'Ada L.', emailVerified: true },
    ],
    ['auth0', { 'Created At': '2017-09-12T14:00:00.000Z' }, { createdAt: Date.UTC(2017, 8, 12, 14) }],
    ['auth0', { passwordHash: HASH, _id: { $oid: 'x' } }, { passwordHash: HASH }],
    [
      'auth0',
      { email: undefined, identifiers: [{ type: 'email', value: 'a@example.com', verified: true }] },
      { email: 'a@example.com', emailVerified: true },
    ],
    [
      'auth0',
      { custom_password_hash: { algorithm: 'bcrypt', hash: { value: HASH } } },
      { passwordHash: HASH },
    ],
  ])('of %s with %j', async (system, members, expected) => {
    const account = await one(system, members);
    expect(typeof account, String(account)).toBe('object');
    const shown = Object.fromEntries(Object.keys(expected).map((name) => [name, (account as never)[name]]));
    expect(shown).toEqual(expected);
  });

  test.each<[system: string, members: object, reason: RegExp]>([
    ['firebase', { emailVerified: 'perhaps' }, /^emailVerified: neither true nor false\.$/],
    [
      'keycloak',
      { credentials: [{ type: 'password', credentialData: '{"algorithm":"rot13"}', secretData: '{}' }] },
      /^credentials: /,
    ],
    ['keycloak', { createdTimestamp: 17 }, /^createdAt: these look like seconds/],
    ['laravel', { password: 'plain text' }, /^passwordHash: /],
    ['django', { date_joined: '2024-05-01 12:34:56' }, /^createdAt: a time without a zone/],
    [
      'auth0',
      { custom_password_hash: { algorithm: 'hmac', hash: { value: 'SECRET' } } },
      /^custom_password_hash: /,
    ],
    ['supabase', { email: 'SECRET' }, /^email: Enter a valid email address\.$/],
  ])('of %s with %j is refused, without a value', async (system, members, reason) => {
    const refusal = await one(system, members);
    expect(refusal).toMatch(reason);
    expect(refusal).not.toMatch(/SECRET|plain text|perhaps|rot13/);
  });

  test.each([
    ['supabase', { email: '', phone: '15550100' }, 'withoutAddress'],
    ['supabase', { is_anonymous: true }, 'withoutAddress'],
    ['django', { deleted_at: '2024-01-01 00:00:00+00' }, 'deleted'],
    ['supabase', { deleted_at: '2024-01-01 00:00:00+00' }, 'deleted'],
    ['firebase', { email: undefined, phoneNumber: '+1' }, 'withoutAddress'],
    ['cognito', { email: undefined }, 'withoutAddress'],
    ['keycloak', { email: undefined }, 'withoutAddress'],
    ['keycloak', { serviceAccountClientId: 'robot' }, 'withoutAddress'],
    ['laravel', { email: null }, 'withoutAddress'],
    ['laravel', { deleted_at: '2024-01-01 00:00:00' }, 'deleted'],
    ['devise', { deleted_at: '2024-01-01 00:00:00' }, 'deleted'],
    ['devise', { email: 'NULL' }, 'withoutAddress'],
    ['aspnet', { Email: '\\N' }, 'withoutAddress'],
    ['wordpress', { user_email: ' ' }, 'withoutAddress'],
    ['auth0', { email: null }, 'withoutAddress'],
    ['django', { email: '' }, 'withoutAddress'],
  ])('of %s with %j is left out', async (system, members, why) => {
    const others = { ...NEEDED[system] };
    const { counts, rows } = await read(json({ ...NEEDED[system], ...members }, others), '.json', {
      from: system,
    });
    expect(rows).toHaveLength(1);
    expect(counts).toEqual({ rows: 2, withoutAddress: 0, deleted: 0, digests: 0, hashesLeft: 0, [why]: 1 });
  });

  test('has the hash of Keycloak 7 and of Argon2 as of Keycloak 24', async () => {
    const { credentialData = '', secretData = '', password } = vector('Keycloak', 0);
    const old = { type: 'password', ...JSON.parse(credentialData), ...JSON.parse(secretData) };
    old.hashedSaltedValue = old.value;
    const today = vector('Keycloak', 2);
    const credentials = {
      type: 'password',
      credentialData: today.credentialData,
      secretData: today.secretData,
    };
    for (const [members, right] of [
      [old, password],
      [credentials, today.password],
    ]) {
      const account = (await one('keycloak', { credentials: [members] })) as AccountToImport;
      const hash = readHash(account.passwordHash ?? '');
      expect(await verifies(hash, right)).toBe(true);
    }
  });

  test("has Firebase's hash where it came to Supabase from there", async () => {
    const { hash, salt, config, password } = vector('Firebase scrypt');
    const encrypted_password = `$fbscrypt$v=1,n=${config?.memCost},r=${config?.rounds},p=1,ss=${config?.saltSeparator},sk=${config?.signerKey}$${salt}$${hash}`;
    const account = (await one('supabase', { encrypted_password })) as AccountToImport;
    const stored = readHash(account.passwordHash ?? '');
    expect(await verifies(stored, password)).toBe(true);
  });

  test("has WordPress's MD5 of long ago, and what somebody hashed otherwise", async () => {
    const { hash, password } = vector('digest');
    const account = (await one('wordpress', { user_pass: hash })) as AccountToImport;
    expect(account).not.toHaveProperty('passwordHash');
    const stored = readHash((await account.fastDigest?.wrap()) ?? '');
    expect(await verifies(stored, ` ${password}\n`)).toBe(true);
    expect(await verifies(stored, 'another')).toBe(false);
  });

  test("has Django's oldest digests, and PBKDF2 as a file for Auth0 spells it", async () => {
    const { hash, password } = vector('digest');
    const django = (await one('django', { password: `md5$$${hash}` })) as AccountToImport;
    expect(await verifies(readHash((await django.fastDigest?.wrap()) ?? ''), password)).toBe(true);
    const { hash: passlib } = vector('pbkdf2-sha256');
    const value = passlib.replace(/\$(\d+)\$/, '$$i=$1,l=32$$').replaceAll('.', '+');
    const custom = { algorithm: 'pbkdf2', hash: { value, encoding: 'utf8' } };
    expect(await one('auth0', { custom_password_hash: custom })).toMatchObject({ passwordHash: passlib });
  });

  test('has the digest that a file for Auth0 describes', async () => {
    const { hash, salt, password } = vector('digest', 5);
    const custom = {
      algorithm: 'sha1',
      hash: { value: hash, encoding: 'hex' },
      salt: { value: salt, position: 'suffix' },
    };
    const account = (await one('auth0', { custom_password_hash: custom })) as AccountToImport;
    const stored = readHash((await account.fastDigest?.wrap()) ?? '');
    expect(await verifies(stored, password)).toBe(true);
  });
});

describe('a file of another system', () => {
  const columns = [
    'email,encrypted_password,created_at,confirmed_at,name',
    `ada@example.com,${HASH},2024-01-01 00:00:00,,Ada`,
  ];
  const supabaseCsv = (...rows: string[]) =>
    ['email,encrypted_password,raw_user_meta_data', ...rows, ''].join('\n');
  const SECRET = HASH.slice(7, 20);
  const [firebaseLine = ''] = (exportsOf['firebase as CSV']?.(people(1)).content ?? '').split('\n');
  const named = (name: string) => firebaseLine.replace(/"Ada [^"]*"/, name);

  test.each<[what: string, from: string, content: string | Buffer, ending: string, complaint: RegExp]>([
    [
      'no hashes',
      'supabase',
      'email,created_at\nada@example.com,\n',
      '.csv',
      /doesn't name encrypted_password:/,
    ],
    ['neither', 'laravel', 'id,name\n1,Ada\n', '.csv', /doesn't name email, nor password:/],
    [
      'semicolons',
      'devise',
      columns.map((row) => row.replaceAll(',', ';')).join('\n'),
      '.csv',
      /doesn't name email/,
    ],
    [
      'tabs',
      'devise',
      columns.map((row) => row.replaceAll(',', '\t')).join('\n'),
      '.csv',
      /doesn't name email/,
    ],
    ['carriage returns', 'devise', columns.join('\r'), '.csv', /carriage returns only/],
    ['UTF-16', 'devise', Buffer.from(columns.join('\n'), 'utf16le'), '.csv', /is not UTF-8/],
    [
      'UTF-16 with a mark',
      'devise',
      Buffer.from(`\ufeff${columns.join('\n')}`, 'utf16le'),
      '.csv',
      /is not UTF-8/,
    ],
    ['a needed column twice', 'devise', 'email,Email,encrypted_password\na,b,c\n', '.csv', /a column twice/],
    ['no header', 'laravel', `1,ada@example.com,${HASH}\n`, '.csv', /doesn't name email/],
    [
      'backslash escapes',
      'laravel',
      `email,password,name\n"a@example.com","${HASH}","Ada \\"A\\" L"\n`,
      '.csv',
      /not valid CSV at line 2|backslashes/,
    ],
    [
      'escapes of backslashes',
      'laravel',
      `email,password,name\na@example.com,${HASH},A\\\\L\n`,
      '.csv',
      /backslashes as escapes at line 2/,
    ],
    [
      'escaped commas',
      'laravel',
      `email,password,name\na@example.com,${HASH},A\\\\,L\n`,
      '.csv',
      /backslashes as escapes/,
    ],
    ['a quote never closed', 'laravel', `email,password\n"a@example.com,${HASH}\n`, '.csv', /not valid CSV/],
    [
      'JSON cut off',
      'keycloak',
      '{"realm":"x","users":[{"email":"ada@example.com"',
      '.json',
      /not JSON, or was cut off/,
    ],
    ['JSON of realms', 'keycloak', json({ realm: 'a', users: [] }), '.json', /several realms/],
    [
      'two lists',
      'keycloak',
      '{"users":[{"email":"ada@example.com"}],"users":[]}',
      '.json',
      /list of users twice/,
    ],
    ['JSON of something else', 'keycloak', json({ title: 'x' }), '.json', /doesn't name username/],
    ['nothing', 'auth0', '', '.json', /is empty/],
    ['nothing', 'devise', '', '.csv', /is empty/],
    ['another ending', 'keycloak', columns.join('\n'), '.csv', /read from \.json, and/],
    ['another ending', 'auth0', columns.join('\n'), '.csv', /read from \.json, and/],
    ['no ending', 'supabase', columns.join('\n'), '', /read from \.csv or \.json/],
    [
      'hashes and no parameters',
      'firebase',
      json({ localId: 'x', ...ADA, passwordHash: SECRET }),
      '.json',
      /--firebase-config/,
    ],
    [
      'a name with comma and quotes',
      'firebase',
      named('"Doe, "Joe" X"'),
      '.csv',
      /is ambiguous or unreadable at line 1/,
    ],
    [
      'a name with quotes at its end',
      'firebase',
      named('"Joe, "Doe""'),
      '.csv',
      /is ambiguous or unreadable at line 1/,
    ],
    ['a name over two lines', 'firebase', named('Ada\nLovelace'), '.csv', /at line 1/],
    ['a comma too many', 'firebase', named('Ada,Lovelace'), '.csv', /at line 1/],
    [
      'another order',
      'firebase',
      `ada@example.com,${firebaseLine.slice(firebaseLine.indexOf(',') + 1)}`.replace(
        'User0@Example.com',
        'uid0',
      ),
      '.csv',
      /at line 1/,
    ],
  ])(
    'that has %s (%s) is unusable as a whole, in a sentence without a value of it',
    async (_, from, content, ending, complaint) => {
      const error = (await read(content, ending, { from }).catch((thrown: unknown) => thrown)) as Error;
      expect(error).toBeInstanceOf(OperatorError);
      expect(error.message).toMatch(complaint);
      expect(error.message).not.toMatch(/\n|ada@|Ada|Lovelace/);
      expect(error.message).not.toContain(SECRET);
    },
  );

  test('of firebase-tools is read where its quotes mean one thing', async () => {
    const { config } = vector('Firebase scrypt');
    const options = { from: 'firebase', firebaseConfig: fileOf(firebaseConfig(config), '.txt') };
    const claims = `${firebaseLine.slice(0, -1)}"{""role"":""x, y""}",`;
    for (const [line, name] of [
      [named('Joe "X" Doe'), 'Joe "X" Doe'],
      [named('"Joe"'), '"Joe"'],
      [named('"Doe, Joe"'), 'Doe, Joe'],
      [claims, 'Ada Nº0, Jr'],
    ] as const) {
      const { accounts } = await read(`${line}\n`, '.csv', options);
      expect(accounts.map((account) => account.name)).toEqual([name]);
    }
  });

  test('counts physical lines, whatever its form', async () => {
    const wrong = { email: 'x' };
    const pretty = JSON.stringify(
      { realm: 'x', list: [{ a: '[' }], users: [ADA, wrong, ADA, wrong] },
      null,
      2,
    );
    const lines = async (content: string, ending: string, from: string) =>
      (await read(content, ending, { from })).rows
        .filter(({ account }) => typeof account === 'string')
        .map(({ line }) => line);
    expect(
      await lines(pretty.replaceAll('"email"', '"username":"u",\n"email"'), '.json', 'keycloak'),
    ).toEqual([13, 21]);
    expect(
      await lines(`\n${JSON.stringify(ADA)}\r\n\r\n${JSON.stringify(wrong)}\r\nno JSON\n`, '.json', 'auth0'),
    ).toEqual([4, 5]);
    expect(await lines(json(ADA, wrong), '.json', 'auth0')).toEqual([1]);
    const csv = supabaseCsv('a@example.com,,"{\r\n""name"":\r\n""A""}"', 'x,,', 'b@example.com,,', 'y');
    expect(await lines(csv, '.csv', 'supabase')).toEqual([5, 7]);
  });

  test('may have columns that nobody needs, in any order, with whatever in them', async () => {
    const { accounts } = await read(
      `\ufeffnotes,Encrypted_Password,x,x,EMAIL\n"a \\"" b\\",${HASH},1,2,ada@example.com\n`,
      '.csv',
      { from: 'devise' },
    );
    expect(accounts).toEqual([expect.objectContaining({ email: 'ada@example.com', passwordHash: HASH })]);
  });

  test('may have nobody with an address', async () => {
    for (const [from, users] of [
      ['firebase', [{ localId: 'x', phoneNumber: '+1' }]],
      ['cognito', [{ Username: 'x', Attributes: [] }]],
      ['keycloak', [{ username: 'x' }]],
      ['auth0', [{ user_id: 'sms|1' }]],
    ] as const)
      expect((await read(JSON.stringify(users), '.json', { from })).counts).toMatchObject({
        rows: 1,
        withoutAddress: 1,
      });
  });

  test('may have a picture in a cell', async () => {
    const about = JSON.stringify({ name: 'Ada', picture: 'x'.repeat(300_000) }).replaceAll('"', '""');
    const { accounts } = await read(supabaseCsv(`a@example.com,${HASH},"${about}"`), '.csv', {
      from: 'supabase',
    });
    expect(accounts[0]?.name).toBe('Ada');
  });

  test('may have JSON in a cell, with the escapes of JSON', async () => {
    const about = JSON.stringify({ name: 'Ada "A" \\ L' }).replaceAll('"', '""');
    const { accounts } = await read(supabaseCsv(`a@example.com,${HASH},"${about}"`), '.csv', {
      from: 'supabase',
    });
    expect(accounts[0]?.name).toBe('Ada "A" \\ L');
  });

  test.each(['.json', '.jsonl', '.ndjson'])(
    'of JSON may be an array, lines or a document: %s',
    async (ending) => {
      for (const content of [
        json(ADA, ADA),
        `${JSON.stringify(ADA)}\n${JSON.stringify(ADA)}`,
        JSON.stringify({ users: [ADA, ADA] }),
      ])
        expect((await read(content, ending, { from: 'auth0' })).rows).toHaveLength(2);
      expect((await read(JSON.stringify(ADA, null, 1), ending, { from: 'auth0' })).rows).toHaveLength(1);
    },
  );
});

describe("Auth0's file of hashes", () => {
  const line = (oid: string, email: string, hash = HASH) => ({
    _id: { $oid: oid },
    email,
    passwordHash: hash,
  });
  const lines = (...objects: object[]) =>
    fileOf(objects.map((one) => JSON.stringify(one)).join('\n'), '.json');

  test('is merged by id, and an account elsewhere under the same address gets no hash', async () => {
    const profiles = json(
      { user_id: 'google-oauth2|1', email: 'ada@example.com', email_verified: true },
      { user_id: 'auth0|custom', email: 'bob@example.com' },
    );
    const passwords = lines(line('a1', 'ada@example.com'), {
      ...line('b1', 'bob@example.com'),
      alt_id: 'custom',
    });
    const { accounts, counts } = await read(profiles, '.json', { from: 'auth0', passwords });
    expect(accounts.map(({ passwordHash }) => passwordHash)).toEqual([undefined, HASH]);
    expect(counts.hashesLeft).toBe(1);
  });

  test('is merged by address where profiles have no id, unless two hashes have it', async () => {
    const passwords = lines(
      line('1', 'ADA@example.com'),
      line('2', 'b@example.com'),
      line('3', 'b@example.com'),
    );
    const { accounts } = await read(json(ADA, { email: 'b@example.com' }), '.json', {
      from: 'auth0',
      passwords,
    });
    expect(accounts.map(({ passwordHash }) => passwordHash)).toEqual([HASH, undefined]);
  });

  test.each([
    ['of another tenant', lines(line('1', 'x@example.com')), /^No hash of .* belongs to a user/],
    ['without hashes', lines({ _id: { $oid: '1' }, ...ADA }), /has no password hashes/],
    ['that is something else', lines(ADA), /line 1: no _id/],
    ['that is damaged', fileOf('{"_id":{"$oid":"1"}}\n{"_id"', '.json'), /line 2: not JSON/],
    ['that is not there', '/no/such/file', /There is no file/],
  ])('%s is refused', async (_, passwords, complaint) => {
    await expect(read(json(ADA), '.json', { from: 'auth0', passwords })).rejects.toThrow(complaint);
  });
});

describe('plain digests', () => {
  const { hash, salt = '', password } = vector('digest', 4);
  const formula = ' SHA1 ( Salt + password )';

  test.each([
    ['.csv', `email,name,passwordHash,passwordSalt\na@example.com,A,${hash},${salt}\n`],
    [
      '.jsonl',
      JSON.stringify({
        email: 'a@example.com',
        name: 'A',
        passwordHash: hash.toUpperCase(),
        passwordSalt: salt,
      }),
    ],
  ])('in a plain %s are taken with their salts, and wrapped', async (ending, content) => {
    const { accounts } = await read(content, ending, { hash: formula });
    expect(accounts[0]).not.toHaveProperty('passwordHash');
    const stored = readHash((await accounts[0]?.fastDigest?.wrap()) ?? '');
    expect(await verifies(stored, password)).toBe(true);
  });

  test('may have no salt, and other hashes may stand among them', async () => {
    const { accounts } = await read(
      `email,name,passwordHash,passwordSalt\na@example.com,A,${hash},\nb@example.com,B,${HASH},\n`,
      '.csv',
      { hash: formula },
    );
    expect(accounts[0]?.fastDigest?.kind).toBe('SHA1, wrapped in Argon2id');
    expect(accounts[1]).toMatchObject({ passwordHash: HASH });
  });

  test('of another length, or without a formula, are refused by themselves', async () => {
    const csv = `email,name,passwordHash\na@example.com,A,${hash}\n`;
    expect((await read(csv, '.csv')).rows[0]?.account).toMatch(/--hash/);
    expect((await read(csv, '.csv', { hash: 'md5(password)' })).rows[0]?.account).toMatch(/^passwordHash: /);
  });

  test('need their column of salts, which nothing else needs', async () => {
    const csv = `email,name,passwordHash\na@example.com,A,${hash}\n`;
    await expect(read(csv, '.csv', { hash: formula })).rejects.toThrow('no column passwordSalt');
    await expect(
      read(csv.replace('name', 'passwordSalt'), '.csv', { hash: 'sha1(password)' }),
    ).rejects.toThrow(OperatorError);
    await expect(
      read(`email,password\na@example.com,${hash}\n`, '.csv', { from: 'laravel', hash: formula }),
    ).rejects.toThrow("doesn't name passwordSalt");
  });

  test('made without a salt may have a column of salts, in which nothing stands', async () => {
    const unsalted = createHash('sha1').update(password).digest('hex');
    const csv = `email,name,passwordHash,passwordSalt\na@example.com,A,${unsalted},\nb@example.com,B,${unsalted},x\n`;
    const { rows, accounts } = await read(csv, '.csv', { hash: 'sha1(password)' });
    expect(accounts[0]?.fastDigest?.kind).toBe('SHA1, wrapped in Argon2id');
    expect(rows[1]).toMatchObject({ line: 3, account: 'passwordSalt: the formula of --hash has no salt.' });
  });

  test.each(['sha1', 'sha1(sha1(password))', 'crc32(password)', 'sha1(salt+password+salt)', ''])(
    'made by %j are not understood',
    async (given) => {
      await expect(read('email,name\n', '.csv', { hash: given })).rejects.toThrow(UsageError);
    },
  );
});

describe('files next to an import', () => {
  test('the line end of a pepper file is not part of the pepper', async () => {
    const { hash, pepper = '', password } = vector('Devise with a pepper');
    for (const [end, matches] of [
      ['', true],
      ['\n', true],
      ['\r\n', true],
      ['\n\n', false],
      [' ', false],
    ] as const) {
      const { accounts } = await read(`email,encrypted_password\na@example.com,${hash}\n`, '.csv', {
        ...{ from: 'devise', pepperFile: fileOf(pepper + end, '.txt') },
      });
      const stored = readHash(accounts[0]?.passwordHash ?? '');
      expect(await verifies(stored, password), JSON.stringify(end)).toBe(matches);
    }
  });

  test.each<[FileOptions, new (...given: never[]) => Error, RegExp]>([
    [
      { from: 'devise', pepperFile: 'x', hash: 'md5(password)' },
      UsageError,
      /either --pepper-file or --hash/,
    ],
    [{ from: 'okta' }, UsageError, /^--from takes one of auth0, firebase/],
    [{ from: 'toString' }, UsageError, /^--from takes one of/],
    [{ from: 'auth0', pepperFile: 'x' }, UsageError, /^--pepper-file goes with --from devise\.$/],
    [{ firebaseConfig: 'x' }, UsageError, /^--firebase-config goes with --from firebase\.$/],
    [
      { from: 'firebase', hash: 'md5(password)' },
      UsageError,
      /^--hash goes with a plain file, --from django/,
    ],
    [{ passwords: 'x' }, UsageError, /^--passwords goes with --from auth0\.$/],
    [
      { from: 'devise', pepperFile: fileOf('\n', '.txt') },
      OperatorError,
      /is empty: it holds Devise's pepper/,
    ],
    [{ from: 'devise', pepperFile: '/no/such/file' }, OperatorError, /There is no file/],
    [
      { from: 'firebase', firebaseConfig: fileOf('hash_config {\n}', '.txt') },
      OperatorError,
      /not the text of Firebase's/,
    ],
  ])('%j is refused', async (options, kind, sentence) => {
    const error = await read('email,name\n', '.csv', options).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(sentence);
  });
});
