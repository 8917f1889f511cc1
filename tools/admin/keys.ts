// `npm run keys`: the signing keys, by way of the function that may write them. Asks the local stack, or with
// `--stage prod` (and `--region`, `--aws-profile`) the function that is deployed there.
import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import type { KeyCommand } from '../../lib/tokens/key-commands.ts';
import { serverlessProgram } from '../deploy/service.ts';
import { root } from '../folders.ts';
import { CREDENTIALS } from './command-line/aws-sentence.ts';
import { OperatorError } from './command-line/operator-error.ts';
import type { PlaceOptions } from './command-line/place.ts';
import { checkPlace, program, run, UsageError, withPlace } from './command-line/run.ts';

const NAME = 'npm run keys --';
const main = program(NAME, 'Looks after the signing keys of the local stack, or of a deployed stage.');

command('list', 'shows every key and what it is used for').action((options) =>
  ask({ command: 'list' }, options),
);

command('rotate', 'adds the next key if it is time, as the schedule does every hour')
  .option('--now', 'replaces the signing key at once')
  .action(({ now, ...options }) => ask({ command: now ? 'rotate-now' : 'rotate' }, options));

command('withdraw [kid]', 'refuses the tokens of a key from now on')
  .allowUnknownOption() // one id in 64 begins with a hyphen, as an option does
  .action((kid: string | undefined, options) => {
    if (!kid) throw new UsageError('Which key? `withdraw` takes the kid that `list` shows.');
    ask({ command: 'withdraw', kid }, options);
  });

await run(NAME, main);

function command(usage: string, description: string): Command {
  return withPlace(main.command(usage)).description(description);
}

/** Runs the function and prints its answer. @throws OperatorError when it could not, or there is no such key */
function ask(given: KeyCommand, { stage, region, awsProfile }: PlaceOptions): void {
  checkPlace({ stage, region, awsProfile });
  const place = { stage, region, 'aws-profile': awsProfile };
  const args = [
    ...[serverlessProgram, 'invoke', ...(stage === undefined ? ['local'] : [])],
    ...['--function', 'rotate-keys', '--data', JSON.stringify(given)],
    ...Object.entries(place).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
  ];
  const { status, stdout } = spawnSync(process.execPath, args, {
    ...{ cwd: root, encoding: 'utf8' },
    stdio: ['ignore', 'pipe', 'ignore'], // standard error has the function's log and the framework's banner
  });
  const answer = jsonIn(stdout);
  if (status !== 0 || answer?.errorMessage !== undefined) throw new OperatorError(failureIn(stdout, answer));
  if (answer?.outcome === 'unknown kid')
    throw new OperatorError('There is no key with this kid: `npm run keys -- list` shows them.');
  process.stdout.write(stdout);
}

type Answer = { outcome?: string; errorMessage?: string } | undefined;

function jsonIn(text: string): Answer {
  try {
    return JSON.parse(text) as Answer;
  } catch {
    return undefined;
  }
}

/** What the framework printed below `Error:`, or what the function threw. */
function failureIn(stdout: string, answer: Answer): string {
  const [, said] = /Error:\s*\n\s*(\S.*)/.exec(stdout) ?? [];
  if (said !== undefined && /credentials/i.test(said)) return CREDENTIALS;
  return said ?? `The function rotate-keys failed: ${answer?.errorMessage ?? 'its log says why'}.`;
}
