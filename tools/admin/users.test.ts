import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { KMSClient } from '@aws-sdk/client-kms';
import { marshall } from '@aws-sdk/util-dynamodb';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { newMailRequest } from '../../lib/core/mail-request.ts';
import { accountCounter } from '../../lib/core/throttle.ts';
import { writeTotpSecret } from '../../lib/core/totp.ts';
import { accountWrites } from '../../lib/dynamodb/accounts.ts';
import { mailRequestStore } from '../../lib/dynamodb/mail-requests.ts';
import { stageKeyStore } from '../../lib/dynamodb/stage-key.ts';
import { throttleStore } from '../../lib/dynamodb/throttles.ts';
import { userStore } from '../../lib/dynamodb/users.ts';
import { kmsDataKeys } from '../../lib/tokens/kms-data-keys.ts';
import { sealingWith } from '../../lib/tokens/sealing.ts';
import { ensureStageKey, stageKey } from '../../lib/tokens/stage-key.ts';
import { totpSealing } from '../../lib/tokens/totp-sealing.ts';
import { overHttp } from '../../test/harness/client.ts';
import { vector } from '../../test/harness/exports.ts';
import { startLocalKms } from '../../test/harness/memory/kms.ts';
import { fileOf, ownTables, someHash, type Tables } from '../../test/harness/own-tables.ts';
import { signedUp } from '../../test/harness/people.ts';
import { root } from '../folders.ts';
import { freePort } from '../local/ports.ts';

type Ran = { code: number; out: string; err: string };

/** `npm run users`, with an environment in which it finds a stage here and not in AWS. */
function users(args: string[], environment: NodeJS.ProcessEnv = {}, input = ''): Promise<Ran> {
  const { PATH, HOME, TMPDIR } = process.env;
  const env = {
    ...{ PATH, HOME, TMPDIR, AWS_ENDPOINT_URL_DYNAMODB: inject('stack').dynamodbUrl },
    ...{ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'local', ...environment },
  };
  return new Promise((resolve) => {
    const command = ['tools/admin/users.ts', ...args];
    const child = execFile(process.execPath, command, { cwd: root, env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
    child.stdin?.on('error', () => undefined); // it ended without reading
    child.stdin?.end(input);
  });
}

let tables: Tables;
let at: string[];
const CSV = [
  'email,name,passwordHash,createdAt',
  `ada@example.com,Ada,${someHash()},2024-01-31`,
  `grace@example.com,Grace \u{200d}ecarG,,2024-02-01`,
  `x,X,${someHash()},`,
].join('\n');

beforeAll(async () => {
  tables = await ownTables();
  at = ['--stage', tables.stage];
});

/** Tables with a stage key that KMS has sealed, and what it seals. */
async function stageWithKey() {
  const own = await ownTables();
  const kms = new KMSClient({ maxAttempts: 1 });
  const sealing = sealingWith(kmsDataKeys(`alias/gatehouse-${own.stage}-sealing`, kms));
  await ensureStageKey(stageKeyStore(own), sealing);
  return { tables: own, sealing: totpSealing(stageKey(stageKeyStore(own), sealing)) };
}

describe('the command', () => {
  test('takes users in, shows them, changes them and gives them back', async () => {
    const file = fileOf(CSV, '.csv');
    const first = await users(['import', file, ...at]);
    expect(first).toEqual({
      code: 1,
      out:
        '3 rows: 2 imported, 0 existed before, 1 refused.\n' +
        '1 without a hash get an email to set a password.\nHashes: bcrypt of cost 10: 1.\n',
      err: `3 rows of ${file} into gatehouse-${tables.stage} in local\nline 4: email: Enter a valid email address.\n`,
    });
    expect((await users(['import', file, ...at])).out).toMatch(
      /^3 rows: 0 imported, 2 existed before, 1 refused\./,
    );

    const list = await users(['list', ...at]);
    expect(list.out.split('\n').sort().slice(1)).toEqual([
      expect.stringMatching(/^[0-9a-f-]{36} {2}2024-0.* {2}active {4}(ada|grace)@example\.com$/),
      expect.stringMatching(/^[0-9a-f-]{36} {2}2024-0.* {2}active {4}(ada|grace)@example\.com$/),
    ]);
    const json = (await users(['list', '--json', ...at])).out.trimEnd().split('\n');
    const [ada] = json.map((line) => JSON.parse(line)).filter(({ email }) => email.startsWith('ada'));
    expect(ada).toEqual({
      userId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'ada@example.com',
      status: 'active',
      createdAt: '2024-01-31T00:00:00.000Z',
    });

    const shown = await users(['show', ada.userId, ...at]);
    expect(shown.out).toMatch(/^password +bcrypt of cost 10$/m);
    expect(shown.out).not.toContain(someHash().slice(7));
    expect((await users(['show', 'GRACE@example.com', ...at])).out).toMatch(
      /^name +Grace \\u\{200d\}ecarG\n.*\nstatus +active\nemailVerified +no\nroles +none\npassword +none: the owner can get in only by a reset/m,
    );
    expect(JSON.parse((await users(['show', ada.email, '--json', ...at])).out)).toEqual({
      ...ada,
      name: 'Ada',
      bio: null,
      emailVerified: false,
      roles: [],
      password: 'bcrypt of cost 10',
      passwordChangedAt: null,
      totp: false,
      passkeys: 0,
      factors: [],
      recoveryCodesLeft: null,
      emailChange: null,
      heldEmails: [],
      failedLogIns: 0,
      lockedUntil: null,
      mailRefused: null,
      credentialVersion: expect.any(Number),
    });

    const done = async (...args: string[]) => (await users([...args, ...at])).out;
    expect(await done('disable', ada.email)).toBe(
      'ada@example.com is disabled, and all sessions have ended.\n',
    );
    expect(await done('disable', ada.email)).toBe('ada@example.com was disabled already.\n');
    expect(await done('enable', ada.email)).toBe('ada@example.com can log in again.\n');
    expect(await done('enable', ada.email)).toBe('ada@example.com was not disabled.\n');
    expect(await done('verify', ada.email)).toBe('ada@example.com is verified.\n');
    expect(await done('verify', ada.email)).toBe('ada@example.com was verified already.\n');
    expect(await done('roles', ada.email, 'admin', 'billing:read', 'admin')).toBe(
      'ada@example.com has the roles admin billing:read.\n',
    );
    expect(await done('roles', ada.userId)).toBe('ada@example.com has the roles admin billing:read.\n');
    expect((await users(['roles', ada.email, 'two words', ...at])).err).toMatch(
      /^An account has at most 50 roles, /,
    );
    expect(await users(['roles', 'nobody@example.com', 'admin', ...at])).toMatchObject({ code: 1, out: '' });
    expect((await users(['show', ada.email, ...at])).out).toMatch(
      /^emailVerified +yes\nroles +admin billing:read$/m,
    );
    expect(await done('start-reset', ada.email)).toMatch(/^ada@example\.com gets an email with a link/);
    expect(await done('roles', ada.email, '--none')).toBe('ada@example.com has no roles.\n');
    for (const session of ['', 'x', '5f4dcc3b-5aa7-4a5d-8b3d-2a1f0c9e8d7b'])
      expect(await users(['end-sessions', ada.email, '--session', session, ...at])).toMatchObject({
        code: 1,
        err: 'This user has no such session.\n',
      });
    expect(await done('end-sessions', ada.email)).toBe('All sessions of ada@example.com have ended.\n');
    expect(await done('end-sessions', '--all', '--yes')).toBe('All sessions of 2 users have ended.\n');

    const exported = `${fileOf('', '.none')}.jsonl`;
    const told = await users(['export', '--file', exported, ...at]);
    expect(told).toMatchObject({ code: 0, out: '' });
    expect(readFileSync(exported, 'utf8')).toBe((await users(['export', ...at])).out);
    expect(readFileSync(exported, 'utf8')).toContain(someHash());
    expect(statSync(exported).mode & 0o777).toBe(0o600);
    expect(await users(['export', '--file', exported, ...at])).toMatchObject({
      code: 1,
      err: `${exported} exists already: name another file, or remove it first.\n`,
    });

    expect(await done('delete', ada.email)).toMatch(
      /^ada@example\.com \(.*\) is deleted; all sessions have ended/,
    );
    expect(await users(['show', ada.email, ...at])).toEqual({
      code: 1,
      out: '',
      err: 'No user has this email address.\n',
    });
  });

  test('lists and exports all but a row that is damaged, which it names', async () => {
    const own = await ownTables();
    const there = ['--stage', own.stage];
    await users(['import', fileOf(CSV, '.csv'), ...there]);
    const userId = randomUUID();
    const Item = marshall({ userId, email: 'x@example.com', name: 'X', bio: null, status: 5 });
    await own.client.send(new PutItemCommand({ TableName: own.nameOf('users'), Item }));
    for (const [command, attributes] of [
      ['list', 'status, createdAt'],
      ['export', 'status, createdAt'],
    ] as const) {
      const { code, out, err } = await users([command, ...there]);
      expect([code, out.trimEnd().split('\n').length]).toEqual([1, 2]);
      expect(out).not.toContain(userId);
      expect(err).toContain(
        `Left out: a row of user ${userId} in users is damaged (${attributes}). Mend it there.\n`,
      );
    }
  });

  test('shows a change of address that waits, and the addresses that are held', async () => {
    const [now, tagId, userId] = [Date.now(), randomUUID(), randomUUID()];
    const mail = { ...newMailRequest({ userId, purpose: 'change-email' }, now, 60_000), tagId };
    await mailRequestStore(tables).put({ ...mail, newEmail: 'next@example.com', credentialVersion: 1 });
    const user = {
      ...{ userId, email: 'moves@example.com', name: 'M', bio: null, status: 'active' as const },
      ...{ credentialVersion: 1, createdAt: 0, changeMail: { tagId, at: now } },
      heldEmails: [{ email: 'former@example.com', until: 0 }],
    };
    await accountWrites(tables).create(user, undefined);
    const change = `to next@example.com until ${new Date(now + 60_000).toISOString()}`;

    const shown = (await users(['show', userId, ...at])).out;
    expect(shown).toMatch(new RegExp(`^emailChange +${change}$`, 'm'));
    expect(shown).toMatch(/^heldEmails +former@example\.com until 1970-01-01T00:00:00\.000Z$/m);
    expect(JSON.parse((await users(['show', userId, '--json', ...at])).out)).toMatchObject({
      emailChange: change,
    });
  });

  test('carries second factors to a stage with another key', async () => {
    const kms = await startLocalKms();
    const environment = { AWS_ENDPOINT_URL_KMS: process.env.AWS_ENDPOINT_URL_KMS };
    const [here, there] = [await stageWithKey(), await stageWithKey()];
    const userId = randomUUID();
    const totp = { id: randomUUID(), name: 'My phone', lastStep: 7, createdAt: 0, lastUsedAt: 0 };
    const seed = Buffer.alloc(20, 'seed');
    const sealedSecret = await here.sealing.seal(seed, { userId, id: totp.id });
    const user = {
      ...{ userId, email: 'factors@example.com', name: 'F', bio: null, status: 'active' as const },
      ...{ credentialVersion: 1, createdAt: 0, passwordHash: someHash(), totp: true },
    };
    await accountWrites(here.tables).create(user, undefined);
    const Item = marshall({ userId, factorId: '#totp', type: 'totp', ...totp, sealedSecret });
    await here.tables.client.send(new PutItemCommand({ TableName: here.tables.nameOf('factors'), Item }));
    const run = (args: string[], { tables: { stage } }: typeof here) =>
      users([...args, '--stage', stage], environment);

    expect((await run(['show', userId], here)).out).toMatch(
      /^factors +totp "My phone" since 1970-01-01T00:00:00\.000Z, last used 1970.*\nrecoveryCodesLeft +none$/m,
    );
    const before = kms.requests.length;
    const sealed = await run(['export'], here);
    expect(sealed.err).toContain('Only this stage can open the secrets of 1 authenticator app;');
    expect(kms.requests).toHaveLength(before); // an export as such needs no key
    const plain = await run(['export', '--plain-secrets'], here);
    expect(JSON.parse(plain.out)).toMatchObject({ factors: { totp: { secret: writeTotpSecret(seed) } } });
    expect(plain.err).toContain('The file has the secrets of 1 authenticator app in plain text: delete it');
    const key = `${fileOf('', '.none')}.key`;
    const encrypted = await run(['export', '--factor-key', key], here);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(encrypted.out).not.toContain(writeTotpSecret(seed));

    const file = fileOf(encrypted.out, '.jsonl');
    const without = await run(['import', file], there);
    expect(without).toMatchObject({ code: 1, err: expect.stringContaining('give the key of the export') });
    expect((await run(['import', file, '--factor-key', `${key}.other`], there)).err).toMatch(
      /^There is no file/m,
    );
    expect((await run(['import', file, '--factor-key', fileOf('x', '.key')], there)).err).toMatch(
      /holds no key/,
    );
    expect(await run(['import', file, '--factor-key', key], there)).toMatchObject({ code: 0 });
    const [row] = await there.tables.all('factors');
    const moved = await there.sealing.unseal(row?.sealedSecret as string, { userId, id: totp.id });
    expect([row?.lastStep, moved]).toEqual([7, seed]);
    expect(kms.requests.at(-1)?.input).toMatchObject({ EncryptionContext: { kid: '#stage' } });
    kms.stop();

    // The stage key is of another KMS key than the stage has now.
    const lost = await users(['export', '--plain-secrets', '--stage', here.tables.stage], {
      AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:1',
    });
    expect(lost).toMatchObject({ code: 1, out: '', err: expect.stringMatching(/^AWS cannot be reached/) });
  });

  test('takes in the export of another system, and checks a password before the move', async () => {
    const own = await ownTables();
    const stage = ['--stage', own.stage];
    const [plain, salted, bcrypt] = [vector('digest'), vector('digest', 4), vector('bcrypt')];
    const rows = [
      {
        email: 'a@example.com',
        password: salted.hash,
        passwordSalt: salted.salt,
        created_at: '2024-05-01 12:34:56',
      },
      { email: 'b@example.com', password: bcrypt.hash, deleted_at: null },
      { email: 'c@example.com', password: bcrypt.hash, deleted_at: '2024-01-01 00:00:00' },
      { email: null, password: bcrypt.hash },
      { email: 'd@example.com', password: plain.hash },
      { email: 'e@example.com', password: null },
    ];
    const file = fileOf(JSON.stringify(rows, null, 1), '.json');
    const args = ['import', file, '--from', 'laravel', '--hash', 'sha1(salt + password)', ...stage];
    const first = await users(args);
    expect(first).toEqual({
      code: 1,
      out:
        '6 rows: 3 imported, 0 existed before, 1 refused, 2 left out (1 without an email address, 1 deleted there).\n' +
        '1 without a hash get an email to set a password.\n' +
        'Hashes: bcrypt of cost 5: 1; SHA1, wrapped in Argon2id: 1.\n',
      err: expect.stringMatching(
        /^6 rows of .*\n1 plain digest gets wrapped in Argon2id\. .*\nline 22: passwordHash: .*\n$/,
      ),
    });
    // Wrapped anew the digest is another text, and still the same account.
    expect((await users(args)).out).toMatch(/^6 rows: 0 imported, 3 existed before, 1 refused, 2 left out/);
    const before = await own.all('users');
    expect(JSON.stringify(before)).not.toContain(salted.hash);

    const check = (who: string, input: string) => users(['check', who, ...stage], {}, input);
    const yes = { code: 0, out: 'The password matches.\n', err: '' };
    const no = { code: 1, out: "The password doesn't match.\n", err: '' };
    expect(await check('a@example.com', `${salted.password}\n`)).toEqual(yes);
    expect(await check('B@example.com', bcrypt.password)).toEqual(yes);
    expect(await check('b@example.com', `${bcrypt.password}\r\nand more\n`)).toEqual(yes);
    expect(await check('b@example.com', ` ${bcrypt.password}\n`)).toEqual(no);
    expect(await check('b@example.com', '\n')).toEqual(no);
    expect(await check('b@example.com', '')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^Standard input contained no password/),
    });
    expect(await check('e@example.com', 'x\n')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/has no password hash/),
    });
    expect(await check('f@example.com', 'x\n')).toMatchObject({
      code: 1,
      err: 'No user has this email address.\n',
    });
    expect(await own.all('users')).toEqual(before);
    expect(await own.all('throttles')).toEqual([]);
  });

  test('without a stage is about the local stack', async () => {
    const { email } = await signedUp(overHttp);
    const endpoint = inject('stack').dynamodbUrl;
    const local = { AWS_ENDPOINT_URL_DYNAMODB: undefined, DYNAMODB_PORT: new URL(endpoint).port };
    expect((await users(['show', email], local)).out).toMatch(new RegExp(`^email +${email}$`, 'm'));
    const nobody = { ...local, DYNAMODB_PORT: String(await freePort()) };
    expect(await users(['list'], nobody)).toEqual({
      code: 1,
      out: '',
      err:
        `Nothing answers at http://127.0.0.1:${nobody.DYNAMODB_PORT}: run \`npm start\` first, ` +
        'or name a deployed stage with --stage.\n',
    });
  });

  test('says so where a stage has no tables', async () => {
    const { code, err } = await users(['list', '--stage', 'nowhere', '--region', 'eu-west-1']);
    expect(code).toBe(1);
    expect(err).toBe(
      'There are no tables of gatehouse-nowhere in eu-west-1: deploy (or start) it first, or correct --stage and --region.\n',
    );
  });

  test('touches nothing for a file that is unusable at its end', async () => {
    const fresh = await ownTables();
    const file = fileOf(`${CSV}\n"y@example.com`, '.csv');
    const { code, err } = await users(['import', file, '--stage', fresh.stage]);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/not valid CSV at line 5/) });
    expect(err).not.toContain(someHash().slice(7));
    expect(await fresh.all('users')).toEqual([]);
  });

  test.each([
    [[], 'Which command?'],
    [['frobnicate'], 'There is no such command.'],
    [['toString'], 'There is no such command.'],
    [['list', 'ada@example.com'], 'There is one argument too many.'],
    [['show', 'a', 'b'], 'There is one argument too many.'],
    [['delete'], 'Which user? `delete` takes an email address or a user id.'],
    [['disable', ''], 'Which user? `disable` takes an email address or a user id.'],
    [['roles'], 'Which user? `roles` takes an email address or a user id.'],
    [['roles', 'a@example.com', 'admin', '--none'], 'Name roles or use --none, not both.'],
    [
      ['end-sessions', '--all', '--session', 'x'],
      '--session needs one user and cannot be combined with --all.',
    ],
    [['show'], 'Which user? `show` takes an email address or a user id.'],
    [['import'], 'Which file? `import` takes a .csv or .jsonl file.'],
    [['check'], 'Which user? `check` takes an email address or a user id.'],
    [['import', 'x.csv', '--from', 'okta'], '--from takes one of auth0, firebase,'],
    [['import', 'x.csv', '--hash', 'rot13(password)'], '--hash: '],
    [['list', '--yes'], 'This command has no option --yes.'],
    [['list', '--stag', 'prod'], 'This command has no option --stag.'],
    [['list', '--stage'], 'The option --stage needs a value.'],
    [['list', '--region', 'eu-west-1'], '--region and --aws-profile are for a deployed stage'],
    [['list', '--aws-profile', 'ops'], '--region and --aws-profile are for a deployed stage'],
    [['end-sessions'], 'Name one user or use --all.'],
    [['end-sessions', 'a@example.com', '--all'], 'Name one user or use --all.'],
    [['end-sessions', '--all'], 'add --yes to confirm.'],
  ])('%j is refused in one sentence, which names the help', async (args, complaint) => {
    const { code, out, err } = await users(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(complaint);
    expect(err).toMatch(/^.* See npm run users -- --help\.\n$/);
  });

  test.each([
    [['import', '/no/such/folder/users.csv'], 'There is no file /no/such/folder/users.csv.'],
    [['import', 'FOLDER.csv'], 'FOLDER.csv is a folder: name a file.'],
    [['import', 'LOCKED.csv'], 'LOCKED.csv ends'],
    [
      ['export', '--file', '/no/such/folder/users.jsonl'],
      'There is no folder for /no/such/folder/users.jsonl.',
    ],
    [['export', '--file', 'FOLDER.csv'], 'FOLDER.csv exists already: name another file, or remove it first.'],
    [['show', 'nobody@example.com'], 'No user has this email address.'],
    [['disable', '11111111-1111-4111-8111-000000000000'], 'No user has this user id.'],
    [['unlock', 'ada'], 'No user has this user id.'],
  ])('%j fails in one sentence', async (args, complaint) => {
    const folder = `${fileOf('', '')}.csv`;
    mkdirSync(folder);
    const given = args.map((one) => one.replace('FOLDER.csv', folder).replace('LOCKED.csv', '/etc/passwd'));
    const { code, out, err } = await users([...given, ...at]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.split('\n')).toHaveLength(2);
    expect(err).toContain(complaint.replace('FOLDER.csv', folder).replace('LOCKED.csv', '/etc/passwd'));
  });

  test.each([
    [
      {
        AWS_ACCESS_KEY_ID: undefined,
        AWS_SECRET_ACCESS_KEY: undefined,
        AWS_EC2_METADATA_DISABLED: 'true',
        HOME: '/no/such/folder',
      },
      'There are no usable AWS credentials: name a profile with --aws-profile (and a region with --region)',
    ],
    [
      { AWS_ENDPOINT_URL_DYNAMODB: 'http://no/such/folder.invalid' },
      'AWS cannot be reached: check the network and --region',
    ],
  ])(
    'a deployed stage that cannot be reached is said to be, in one sentence: %j',
    async (environment, complaint) => {
      const { code, out, err } = await users(['list', '--stage', 'prod'], environment);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain(complaint);
      expect(err.split('\n')).toHaveLength(2);
    },
  );

  test.each([
    [['--help'], /import \[options\] \[file\]/],
    ...[
      'list',
      'show',
      'disable',
      'enable',
      'unlock',
      'allow-mail',
      'end-sessions',
      'delete',
      'export',
      'import',
      'check',
    ].map((name): [string[], RegExp] => [
      [name, '--help'],
      new RegExp(`^Usage: npm run users -- ${name} .*--stage <stage>`, 's'),
    ]),
  ])('%j shows the help', async (args, help) => {
    expect(await users(args)).toEqual({ code: 0, out: expect.stringMatching(help), err: '' });
  });

  test('shows a lock and refused mail, and lifts both', async () => {
    const { users: store, accounts } = { users: userStore(tables), accounts: accountWrites(tables) };
    const email = 'locked@example.com';
    const user = {
      userId: randomUUID(),
      email,
      name: 'L',
      bio: null,
      status: 'active' as const,
      credentialVersion: 1,
    };
    await accounts.create({ ...user, createdAt: 0, mailRefused: 'bounced' }, undefined);
    const until = Date.now() + 3_600_000;
    const attempts = {
      failures: 20,
      consecutive: 20,
      pending: [],
      lockedUntil: until,
      quietAt: until,
      rememberedUntil: until,
    };
    await throttleStore(tables).compareAndSwapAttempts(
      accountCounter(email),
      undefined,
      attempts,
      Date.now(),
    );

    const shown = await users(['show', email, ...at]);
    expect(shown.out).toMatch(
      /^failedLogIns +20\nlockedUntil +2\d{3}-.*Z \(`unlock` removes it\)\nmailRefused +bounced \(`allow-mail` removes it\)$/m,
    );
    const done = async (...args: string[]) => (await users([...args, ...at])).out;
    expect(await done('unlock', email)).toBe('locked@example.com is no longer locked.\n');
    expect(await done('unlock', email)).toBe('locked@example.com was not locked.\n');
    expect(await done('allow-mail', email)).toBe('locked@example.com gets email again.\n');
    expect(await done('allow-mail', email)).toBe('locked@example.com was not blocked.\n');
    expect(await done('show', email)).toMatch(/^failedLogIns +0\nlockedUntil +not locked\nmailRefused +no$/m);
    expect(await store.get(user.userId)).not.toHaveProperty('mailRefused');
  });

  test('is the one in package.json', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(scripts.users).toBe('node tools/admin/users.ts');
    expect(existsSync(`${root}tools/admin/users.ts`)).toBe(true);
  });
});
