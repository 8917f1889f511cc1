// `npm run test:adopt`: what a stranger does who has Node and nothing else. The package is packed and installed in an
// empty folder, and everything after that happens there. `--only deploy,plan` runs some of its parts alone. Its last
// line is `N checks passed, N failed`.
import { match, ok, deepStrictEqual as same } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { root } from '../../../tools/folders.ts';
import { freePort, isFree } from '../../../tools/local/ports.ts';
import { chromiumPath, launch } from '../../browser/chromium.ts';
import { check, heading, reportAndExit, skipped } from '../checks.ts';
import { installSimulator, type SimulatedAws, startSimulatedAws } from '../deploy/simulated-aws.ts';
import { checkCdk } from './checks-of-cdk.ts';
import { checkDeploy } from './checks-of-deploy.ts';
import { checkPlan } from './checks-of-plan.ts';
import { checkTemplate } from './checks-of-template.ts';
import { checkTerraform } from './checks-of-terraform.ts';
import { checkUpgrade } from './checks-of-upgrade.ts';
import { openProject, type Project } from './project.ts';

const PARTS = ['commands', 'dev', 'template', 'terraform', 'deploy', 'plan', 'upgrade', 'cdk'];
const { values: flags } = parseArgs({ options: { only: { type: 'string' } } });
const wanted = flags.only?.split(',') ?? PARTS;

const tidy: Array<() => unknown> = [];

await reportAndExit(main, async () => {
  for (const action of tidy.reverse()) await action();
});

async function main(): Promise<void> {
  for (const part of wanted) ok(PARTS.includes(part), `--only ${part}: there are ${PARTS.join(', ')}.`);
  heading('The package');
  const tarball = packed();
  let project: Project | undefined;
  await check('it installs in an empty folder', async () => {
    project = await openProject(tarball);
    tidy.push(project.remove);
  });
  if (project === undefined) return;
  if (wants('commands')) await checkCommands(project);
  else await project.gatehouse(['init']);
  if (wants('dev')) await checkDev(project);
  if (wants('terraform')) await checkTerraform(project);
  if (!['template', 'deploy', 'plan', 'upgrade', 'cdk'].some(wants)) return;
  const aws = await simulatedAws();
  if (aws === undefined) return;
  tidy.push(aws.stop);
  if (wants('template')) await checkTemplate();
  if (wants('deploy')) await checkDeploy(project, aws);
  if (wants('plan')) await checkPlan(project, aws);
  if (wants('upgrade')) await checkUpgrade(project, aws);
  if (wants('cdk')) await checkCdk(project, aws);
}

/** Whether this part is to be run. */
function wants(part: string): boolean {
  return wanted.includes(part);
}

/** `undefined` where PyPI cannot be reached. */
async function simulatedAws(): Promise<SimulatedAws | undefined> {
  try {
    await installSimulator();
  } catch (error) {
    skipped('everything in AWS. moto and cfn-lint could not be installed from PyPI.');
    console.log(String(error));
    return undefined;
  }
  return startSimulatedAws();
}

/** The tarball, made now. */
function packed(): string {
  const said = execFileSync(process.execPath, [`${root}tools/adopt/package/pack.ts`], { encoding: 'utf8' });
  console.log(`  ${said.trim().split('\n').at(-1)}`);
  return /^\S+\.tgz/m.exec(said)?.[0] ?? '';
}

async function checkCommands(project: Project): Promise<void> {
  await check('dev before init says what is missing', async () => {
    const { code, said } = await project.gatehouse(['dev']);
    same(code, 1);
    match(said, /^There is no gatehouse\.yml in this folder: run `npx gatehouse init` first/);
  });
  await check('init writes a small project, and a second time keeps it', async () => {
    const { code, said } = await project.gatehouse(['init']);
    same(code, 0, said);
    same(readdirSync(project.folder).sort(), [
      '.gitignore',
      'README.md',
      'gatehouse.yml',
      'node_modules',
      'package-lock.json',
      'package.json',
      'page',
    ]);
    project.write('README.md', 'mine');
    match((await project.gatehouse(['init'])).said, /^kept +README\.md$/m);
    same(readFileSync(`${project.folder}/README.md`, 'utf8'), 'mine');
  });
  await check('settings that are not right are all named', async () => {
    const before = readFileSync(`${project.folder}/gatehouse.yml`, 'utf8');
    project.write('gatehouse.yml', 'default:\n  brandNam: Example\ndev:\n  appUrl: [1]\n');
    const { code, said } = await project.gatehouse(['dev']);
    project.write('gatehouse.yml', before);
    same(code, 1);
    match(said, /- default: there is no setting brandNam\./);
    match(said, /- dev: appUrl must be a single text/);
  });
  await check('each command has --help, and an unknown one is refused', async () => {
    for (const command of ['init', 'dev', 'users', 'keys', 'events', 'mails', 'cost']) {
      const { code, said } = await project.gatehouse([command, '--help']);
      same(code, 0, said);
      match(said, /npx gatehouse/, command);
      ok(!/npm (run|start)/.test(said), said);
    }
    same((await project.gatehouse(['frobnicate'])).code, 2);
  });
}

async function checkDev(project: Project): Promise<void> {
  heading('npx gatehouse dev');
  const [PORT = 0, DYNAMODB_PORT = 0, SES_PORT = 0, PAGE_PORT = 0] = await freePorts(4);
  const ports = Object.entries({ PORT, DYNAMODB_PORT, SES_PORT, PAGE_PORT });
  const environment = Object.fromEntries(ports.map(([name, port]) => [name, String(port)]));
  let running: Awaited<ReturnType<Project['start']>> | undefined;
  const started = await check('it is ready', async () => {
    running = await project.start(['dev'], environment);
  });
  if (!started || running === undefined) return;
  const { stop, said } = running;
  tidy.push(stop);
  await check('it prints its places, and no warning', () => {
    match(said(), new RegExp(`^Page +http://localhost:${PAGE_PORT}$`, 'm'));
    ok(!/warn/i.test(said()), said());
  });
  if (chromiumPath === undefined)
    skipped('the sign-up in the page. There is no Chromium: apt-get install chromium, or set CHROMIUM.');
  else await check('somebody signs up in the generated page, and is logged in', () => signUp(PAGE_PORT));
  await check('users shows the account, keys the key', async () => {
    const { said: users } = await project.gatehouse(['users', 'list'], environment);
    if (chromiumPath !== undefined) match(users, / active +ada@example\.com$/m);
    match((await project.gatehouse(['keys', 'list'], environment)).said, /"state": "signing"/);
  });
  await check('everything that was written is in the project', () => {
    ok(existsSync(`${project.folder}/.local/dynoxide.db`));
    for (const name of ['.local', '.build', '.serverless'])
      ok(!existsSync(`${project.folder}/node_modules/gatehouse/${name}`), name);
  });
  await check('it ends with npx, and leaves no port behind', async () => {
    await stop();
    const deadline = Date.now() + 10_000;
    for (const [name, port] of ports)
      while (!(await isFree(port))) {
        ok(Date.now() < deadline, `${name} is still in use`);
        await pause(100);
      }
  });
}

async function signUp(port: number): Promise<void> {
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${port}/`);
    const form = page.locator('#sign-up');
    await form.getByLabel('Name').fill('Ada Lovelace');
    await form.getByLabel('Email address').fill('ada@example.com');
    await form.getByLabel('Password').fill('correct horse battery staple');
    await form.getByRole('button').click();
    await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor({ timeout: 20_000 });
    await page.reload();
    await page.getByRole('heading', { name: 'Hello, Ada Lovelace' }).waitFor({ timeout: 20_000 });
  } finally {
    await browser.close();
  }
}

async function freePorts(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, freePort));
}
