// `npx gatehouse <command>` in a project that has installed the package. gatehouse.js starts it.
import { existsSync, readFileSync } from 'node:fs';
import { awsSentence } from '../admin/command-line/aws-sentence.ts';
import { fileSentence, OperatorError } from '../admin/command-line/operator-error.ts';
import { root } from '../folders.ts';

const HELP = `npx gatehouse <command>

  in an empty folder
  init      writes a small project: settings, a sign-up page, and how to add your own rules and texts

  on this machine
  dev       runs the whole service, with the settings of the stage \`dev\`, until Ctrl-C

  in your AWS account
  plan      shows what a deployment would change
  deploy    deploys the project
  users     manages accounts
  keys      manages signing keys
  events    shows and replays events
  code      creates the zips of the functions, to deploy them in another way
  mails     shows every email in the browser
  cost      estimates the bill of a month

Each command has --help.`;

/** Commands that the repository has too, and where. */
const SHARED: Readonly<Record<string, string>> = {
  users: 'tools/admin/users.ts',
  keys: 'tools/admin/keys.ts',
  events: 'tools/admin/events.ts',
  mails: 'tools/admin/mails.ts',
  cost: 'bench/cost/cost.ts',
};

const OWN: Readonly<Record<string, () => Promise<unknown>>> = {
  init: () => import('./init.ts'),
  dev: () => import('./dev.ts'),
  deploy: () => import('./deploy.ts'),
  plan: () => import('./plan/plan.ts'),
  code: () => import('./zips.ts'),
};

const [, , command = '--help'] = process.argv;
process.argv.splice(2, 1); // each command reads what follows it

try {
  await runCommand();
} catch (thrown) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  console.error(error instanceof OperatorError ? error.message : (fileSentence(error) ?? awsSentence(error)));
  process.exitCode = 1;
}

async function runCommand(): Promise<void> {
  if (['--help', '-h', 'help'].includes(command)) return console.log(HELP);
  if (['--version', '-v'].includes(command)) return console.log(version());
  const own = Object.hasOwn(OWN, command) ? OWN[command] : undefined;
  if (own !== undefined) return void (await own());
  const shared = Object.hasOwn(SHARED, command) ? SHARED[command] : undefined;
  if (shared !== undefined && existsSync(root + shared)) return void (await import(root + shared));
  console.error('There is no such command. See npx gatehouse --help.');
  process.exitCode = 2;
}

function version(): string {
  return (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }).version;
}
