// `npm run keys`: the signing keys, by way of the function that may write them. Asks the local stack, or with
// `--stage prod` (and `--region`, `--aws-profile`) the function that is deployed there.
import type { Command } from 'commander';
import type { KeyCommand } from '../../lib/tokens/key-commands.ts';
import { typed } from '../folders.ts';
import { invokeFunction } from './command-line/invoke.ts';
import { OperatorError } from './command-line/operator-error.ts';
import type { PlaceOptions } from './command-line/place.ts';
import { checkPlace, program, run, UsageError, withPlace } from './command-line/run.ts';

const NAME = typed('keys');
const main = program(NAME, 'Manages the signing keys of the local stack or of a deployed stage.');

command('list', 'shows every key and what it is used for').action((options) =>
  ask({ command: 'list' }, options),
);

command('rotate', 'adds the next key if it is due, as the schedule does every hour')
  .option('--now', 'replaces the signing key at once')
  .action(({ now, ...options }) => ask({ command: now ? 'rotate-now' : 'rotate' }, options));

command('withdraw [kid]', 'refuses the tokens of a key from now on')
  .allowUnknownOption() // one id in 64 begins with a hyphen, as an option does
  .action((kid: string | undefined, options) => {
    if (!kid) throw new UsageError('Which key? `withdraw` takes the kid that `list` shows.');
    return ask({ command: 'withdraw', kid }, options);
  });

await run(NAME, main);

function command(usage: string, description: string): Command {
  return withPlace(main.command(usage)).description(description);
}

/** Runs the function and prints its answer. @throws OperatorError when it could not, or there is no such key */
async function ask(given: KeyCommand, place: PlaceOptions): Promise<void> {
  checkPlace(place);
  const answer = (await invokeFunction('rotate-keys', given, place)) as { outcome?: string };
  if (answer.outcome === 'unknown kid')
    throw new OperatorError(`There is no key with this kid: \`${NAME} list\` shows them.`);
  console.log(JSON.stringify(answer, undefined, 4));
}
