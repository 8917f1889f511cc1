// `npm run keys`: the signing keys, by way of the function that may write them.
//   npm run keys -- list
//   npm run keys -- rotate            adds the next key if it is time, as the schedule does every day
//   npm run keys -- rotate --now      replaces the signing key at once
//   npm run keys -- withdraw <kid>    refuses the tokens of a key from now on
// Asks the local stack, or with `--stage prod` (and `--region`, `--aws-profile`) the function that is deployed there.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import type { KeyCommand } from '../../lib/tokens/key-commands.ts';
import { serverlessProgram } from '../deploy/service.ts';
import { root } from '../folders.ts';

const usage =
  'npm run keys -- list | rotate [--now] | withdraw <kid>, and --stage <stage> for a deployed one';

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      now: { type: 'boolean', default: false },
      stage: { type: 'string' },
      region: { type: 'string' },
      'aws-profile': { type: 'string' },
    },
  });
  const { now, ...place } = values;
  const deployed = place.stage !== undefined;
  const args = [
    serverlessProgram,
    'invoke',
    ...(deployed ? [] : ['local']),
    ...['--function', 'rotate-keys', '--data', JSON.stringify(commandOf(positionals, now))],
    ...Object.entries(place).flatMap(([name, value]) => [`--${name}`, value]),
  ];
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
} catch (error) {
  console.error(`${(error as Error).message}\nUsage: ${usage}`);
  process.exitCode = 2;
}

function commandOf([command, kid, ...rest]: string[], now: boolean): KeyCommand {
  const takesKid = command === 'withdraw';
  if (rest.length === 0 && takesKid === (kid !== undefined) && (!now || command === 'rotate')) {
    if (command === 'list') return { command };
    if (command === 'rotate') return { command: now ? 'rotate-now' : 'rotate' };
    if (command === 'withdraw' && kid !== undefined) return { command, kid };
  }
  throw new Error(`"${[command, kid, ...rest].filter(Boolean).join(' ')}" is no command.`);
}
