import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { fileOf, ownTables, someHash, type Tables } from '../../test/harness/own-tables.ts';
import { signedUp } from '../../test/harness/people.ts';
import { root } from '../folders.ts';
import { freePort } from '../local/ports.ts';

type Ran = { code: number; out: string; err: string };

/** `npm run users`, with an environment in which it finds a stage here and not in AWS. */
function users(args: string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const { PATH, HOME, TMPDIR } = process.env;
  const env = {
    ...{ PATH, HOME, TMPDIR, AWS_ENDPOINT_URL_DYNAMODB: inject('stack').dynamodbUrl },
    ...{ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'local', ...environment },
  };
  return new Promise((resolve) => {
    execFile(process.execPath, ['tools/admin/users.ts', ...args], { cwd: root, env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

let tables: Tables;
let at: string[];
const CSV = [
  'email,name,passwordHash,createdAt',
  `ada@example.com,Ada,${someHash()},2024-01-31`,
  `grace@example.com,Grace \u{202e}ecarG,,2024-02-01`,
  `x,X,${someHash()},`,
].join('\n');

beforeAll(async () => {
  tables = await ownTables();
  at = ['--stage', tables.stage];
});

describe('the command', () => {
  test('takes users in, shows them, changes them and gives them back', async () => {
    const file = fileOf(CSV, '.csv');
    const first = await users(['import', file, ...at]);
    expect(first).toEqual({
      code: 1,
      out:
        '3 rows: 2 imported, 0 there from before, 1 refused.\n' +
        '1 without a hash are sent a mail to set a password.\nHashes by cost: 10: 1.\n',
      err: `3 rows of ${file} into gatehouse-${tables.stage} in local\nline 4: email: Enter a valid email address.\n`,
    });
    expect((await users(['import', file, ...at])).out).toMatch(
      /^3 rows: 0 imported, 2 there from before, 1 refused\./,
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
    expect(shown.out).toMatch(/^password +bcrypt \$2b\$10$/m);
    expect(shown.out).not.toContain(someHash().slice(7));
    expect((await users(['show', 'GRACE@example.com', ...at])).out).toMatch(
      /^name +Grace \\u\{202e\}ecarG\n.*\nstatus +active\npassword +none: only a reset/m,
    );
    expect(JSON.parse((await users(['show', ada.email, '--json', ...at])).out)).toEqual({
      ...ada,
      name: 'Ada',
      bio: null,
      password: 'bcrypt $2b$10',
      credentialVersion: expect.any(Number),
    });

    const done = async (...args: string[]) => (await users([...args, ...at])).out;
    expect(await done('disable', ada.email)).toBe(
      'ada@example.com is disabled, and all sessions have ended.\n',
    );
    expect(await done('disable', ada.email)).toBe('ada@example.com was disabled already.\n');
    expect(await done('enable', ada.email)).toBe('ada@example.com can log in again.\n');
    expect(await done('enable', ada.email)).toBe('ada@example.com was not disabled.\n');
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
      err: expect.stringContaining('EEXIST'),
    });

    expect(await done('delete', ada.email)).toMatch(/^ada@example\.com \(.*\) is deleted; sessions/);
    expect(await users(['show', ada.email, ...at])).toEqual({
      code: 1,
      out: '',
      err: 'No user has the address "ada@example.com".\n',
    });
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
        `Nothing answers at http://127.0.0.1:${nobody.DYNAMODB_PORT}: start the local stack with \`npm start\`, ` +
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
    expect({ code, err }).toEqual({ code: 1, err: expect.stringMatching(/no sound CSV at line 5/) });
    expect(err).not.toContain(someHash().slice(7));
    expect(await fresh.all('users')).toEqual([]);
  });

  test.each([
    [[], 'Which command?'],
    [['frobnicate'], '"frobnicate" is no command.'],
    [['toString'], '"toString" is no command.'],
    [['list', 'ada@example.com'], '`list` does not take "ada@example.com".'],
    [['show', 'a', 'b'], '`show` does not take "b".'],
    [['delete'], 'Whom? `delete` takes an address or a user id.'],
    [['import'], 'Which file?'],
    [['list', '--yes'], '`list` takes no --yes.'],
    [['list', '--stag', 'prod'], "Unknown option '--stag'"],
    [['list', '--region', 'eu-west-1'], '--region and --aws-profile are for a deployed stage'],
    [['end-sessions'], 'Name one user, or give --all.'],
    [['end-sessions', 'a@example.com', '--all'], 'Name one user, or give --all.'],
    [['end-sessions', '--all'], 'add --yes if that is meant.'],
  ])('%j is told what is wrong, and how it is used', async (args, complaint) => {
    const { code, out, err } = await users(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.split('\n')[0]).toContain(complaint);
    expect(err).toContain('Usage: npm run users -- <command>');
  });

  test('is the one in package.json', () => {
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
    expect(scripts.users).toBe('node tools/admin/users.ts');
    expect(existsSync(`${root}tools/admin/users.ts`)).toBe(true);
  });
});
