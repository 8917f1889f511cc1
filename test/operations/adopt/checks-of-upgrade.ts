// The release before is deployed and filled, upgraded to this one while clients refresh and log in, and rolled back.
import { ok, deepStrictEqual as same } from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';
import { root } from '../../../tools/folders.ts';
import { check, heading, skipped } from '../checks.ts';
import type { DeployedFunctions } from '../deploy/deployed-functions.ts';
import type { Answer, SimulatedAws } from '../deploy/simulated-aws.ts';
import { openDeployed } from './deployed.ts';
import type { Project } from './project.ts';

/** What stands for the release before as long as no tag `v*` is there: the last commit before the package. */
const BEFORE_RELEASES = '7ab4eb6e250d726572785a348fb09b86156f6b23';
const STACK = 'gatehouse-upgrade';
const CLIENTS = 4;
const password = 'correct horse battery staple';

const variables = {
  APP_URL: 'https://app.example.com',
  MAIL_FROM: 'Example <no-reply@mail.example.com>',
  BCRYPT_COST: '10',
};
const settings = `upgrade:
  appUrl: ${variables.APP_URL}
  mailFrom: ${variables.MAIL_FROM}
  bcryptCost: ${variables.BCRYPT_COST}
`;

/** @param project in which this release is installed */
export async function checkUpgrade(project: Project, aws: SimulatedAws): Promise<void> {
  heading('An upgrade, and back');
  const before = openReleaseBefore();
  if (before === undefined) return;
  const open = () => openDeployed(aws, STACK, `${STACK}-`);
  /** What ended the command, what ends one that succeeds, and its words. */
  const upgrade = async (): Promise<[number, number, string]> => {
    const { code, said } = await project.gatehouse(['deploy', '--stage', 'upgrade'], aws.environment);
    return [code, 0, said];
  };
  let old: DeployedFunctions | undefined;
  let next: DeployedFunctions | undefined;
  try {
    const deployed = await check(`${before.name} is deployed`, () => before.deploy(aws));
    if (!deployed) return;
    old = await open();
    await old.invoke('rotate-keys', { command: 'rotate' });
    const clients = await Promise.all(Array.from({ length: CLIENTS }, (_, place) => clientOf(old, place)));
    const rows = await rowsIn(aws);
    ok(rows.length > CLIENTS * 3, `${rows.length} rows`);
    const leaver = await clientOf(old, CLIENTS);

    project.write('gatehouse.yml', settings);
    await check('it is upgraded while clients refresh and log in, and nobody is refused', async () => {
      let done = false;
      const going = Promise.all(
        clients.map(async (client) => {
          while (!done) await client.visit(() => old as DeployedFunctions);
        }),
      );
      const result = await upgrade();
      done = true;
      await going;
      same(...result);
    });
    next = await open();
    await check('while both answer, either takes what the other gave', () => {
      let turn = 0;
      const either = () => {
        turn += 1;
        return (turn % 2 === 0 ? old : next) as DeployedFunctions;
      };
      return Promise.all(clients.map((client) => client.visit(either, 4)));
    });
    await check('afterwards this release answers', () =>
      Promise.all(clients.map((client) => client.visit(() => next as DeployedFunctions))),
    );
    await check('no row is lost', () => noneLost(aws, rows));
    await check('a session that ends with this release has ended for the one before', async () => {
      await leaver.leave(next);
      same([await leaver.welcome(next), await leaver.welcome(old)], [401, 401]);
    });

    await check('it is rolled back, and nobody is refused', async () => {
      await before.deploy(aws);
      old?.stop();
      old = await open();
      await Promise.all(clients.map((client) => client.visit(() => old as DeployedFunctions, 2)));
      await noneLost(aws, rows);
      same(await leaver.welcome(old), 401);
    });

    await check('it is upgraded once more, onto the tables that the first upgrade left', async () => {
      same(...(await upgrade()));
      next?.stop();
      next = await open();
      await Promise.all(clients.map((client) => client.visit(() => next as DeployedFunctions, 2)));
      await noneLost(aws, rows);
    });
  } finally {
    old?.stop();
    next?.stop();
    before.remove();
  }
}

/** Someone who is logged in, by what each of their requests is answered. */
async function clientOf(functions: DeployedFunctions | undefined, place: number) {
  const email = `client-${place}@example.com`;
  const ask = async (to: DeployedFunctions | undefined, path: string, body: object, token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const reply = await (to as DeployedFunctions).send({ path, body, headers });
    ok(reply.status < 300, `${path}: ${reply.status} ${reply.text}`);
    return reply.json as Answer;
  };
  await ask(functions, '/auth/register', { name: 'Client', email, password, confirm: password });
  let tokens = await ask(functions, '/auth/login', { email, password });
  return {
    async leave(to: DeployedFunctions | undefined): Promise<void> {
      await ask(to, '/auth/logout', { refreshToken: tokens.refreshToken });
    },
    /** The status of being asked who is logged in. */
    async welcome(to: DeployedFunctions | undefined): Promise<number | undefined> {
      const headers = { authorization: `Bearer ${tokens.accessToken}` };
      return (await to?.send({ path: '/auth', body: {}, headers }))?.status;
    },
    /** Asks who is logged in, refreshes, and logs in anew, each of whichever functions answer at that time. */
    async visit(answering: () => DeployedFunctions, times = 1): Promise<void> {
      for (let time = 0; time < times; time += 1) {
        await ask(answering(), '/auth', {}, tokens.accessToken);
        tokens = await ask(answering(), '/auth/refresh-tokens', { refreshToken: tokens.refreshToken });
        await ask(answering(), '/auth', {}, tokens.accessToken);
        const other = await ask(answering(), '/auth/login', { email, password });
        await ask(answering(), '/auth', {}, other.accessToken);
      }
    },
  };
}

/** What accounts consist of: each row by its table and key. */
async function rowsIn(aws: SimulatedAws): Promise<string[]> {
  const rows: string[] = [];
  for (const name of ['users', 'emails', 'sessions', 'keys']) {
    const TableName = `${STACK}-${name}`;
    const { Table } = await aws.ask('dynamodb', 'DescribeTable', { TableName });
    const { Items } = await aws.ask('dynamodb', 'Scan', { TableName });
    const key: string[] = Table.KeySchema.map(({ AttributeName }: Answer) => AttributeName);
    for (const item of Items) rows.push(JSON.stringify([name, ...key.map((each) => item[each])]));
  }
  return rows;
}

async function noneLost(aws: SimulatedAws, before: readonly string[]): Promise<void> {
  const now = new Set(await rowsIn(aws));
  same(
    before.filter((row) => !now.has(row)),
    [],
  );
}

/** The newest tag `v*`, else the commit above, in a work tree of its own. `undefined` where the clone is too shallow. */
function openReleaseBefore() {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  let tag: string | undefined;
  let name = BEFORE_RELEASES;
  try {
    [tag] = git('tag', '--list', 'v*', '--sort=-v:refname').split('\n');
    name = tag || BEFORE_RELEASES;
    git('cat-file', '-e', `${name}^{commit}`);
  } catch {
    skipped(`the upgrade. This clone hasn't ${name.slice(0, 10)}: git fetch --unshallow gets it.`);
    return undefined;
  }
  const folder = `${mkdtempSync(`${tmpdir()}/gatehouse-before-`)}/tree`;
  git('worktree', 'add', '--detach', folder, name);
  // Its tools are those of today; its code is bundled from its own sources.
  symlinkSync(`${root}node_modules`, `${folder}/node_modules`);
  return {
    name: tag || `commit ${name.slice(0, 7)}`,
    async deploy(aws: SimulatedAws): Promise<void> {
      const { PATH, HOME } = process.env;
      const args = ['node_modules/.bin/serverless', 'deploy', '--stage', 'upgrade'];
      await promisify(execFile)(process.execPath, args, {
        cwd: folder,
        env: { PATH, HOME, ...aws.environment, ...variables },
        maxBuffer: 2 ** 26,
      }).catch((error) => {
        throw new Error(`${error.stdout}${error.stderr}`.slice(-2000));
      });
    },
    remove() {
      git('worktree', 'remove', '--force', folder);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
