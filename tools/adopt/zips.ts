// `npx gatehouse code`: the zips of the functions and their template, with a project's hooks and texts, for whoever deploys in another way.
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { program, run } from '../admin/command-line/run.ts';

const NAME = 'npx gatehouse code';

interface Options {
  readonly to: string;
  readonly hooks?: string;
  readonly messages?: string;
}

await run(
  NAME,
  program(NAME, 'Creates the zips of the functions and their template.')
    .requiredOption('--to <folder>', 'where to write them')
    .option('--hooks <file>', 'the hooks; default: hooks.ts in this folder, if it exists')
    .option('--messages <folder>', 'the texts; default: messages/ in this folder, if it exists')
    .action(makeZips),
);

async function makeZips({ to, hooks, messages }: Options): Promise<void> {
  if (hooks !== undefined) process.env.GATEHOUSE_HOOKS = resolve(hooks);
  if (messages !== undefined) process.env.GATEHOUSE_MESSAGES = resolve(messages);
  const { zipFunctions } = await import('./code.ts'); // which reads these variables
  const { templateOfProject } = await import('./template/of-project.ts');
  await zipFunctions(`${resolve(to)}/`);
  writeFileSync(`${resolve(to)}/template.json`, JSON.stringify(await templateOfProject()));
}
