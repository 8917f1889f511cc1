// The Terraform module by itself: its form, and whether Terraform or OpenTofu finds it valid with the provider's schema.
import { ok } from 'node:assert/strict';
import { check, heading, skipped } from '../checks.ts';
import { attempt } from './attempt.ts';
import type { Project } from './project.ts';

export async function checkTerraform({ folder }: Project): Promise<void> {
  heading('The Terraform module');
  const module = `${folder}/node_modules/gatehouse/terraform`;
  const program = await firstOf(['terraform', 'tofu']);
  if (program === undefined) return skipped('the Terraform module. There is no terraform and no tofu.');
  await check('it is formatted', () => run(program, ['fmt', '-check', '-diff', module]));
  const { code, said } = await attempt(program, [`-chdir=${module}`, 'init', '-backend=false', '-no-color']);
  if (/could not connect|failed to (request|resolve)|Failed to query/i.test(said))
    return skipped('whether the Terraform module is valid. The registry of providers cannot be reached.');
  await check('it is valid', async () => {
    ok(code === 0, said);
    await run(program, [`-chdir=${module}`, 'validate', '-no-color']);
  });
}

async function firstOf(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs) if ((await attempt(program, ['version'])).code === 0) return program;
  return undefined;
}

/** @throws Error with the program's words */
async function run(program: string, args: string[]): Promise<void> {
  const { code, said } = await attempt(program, args);
  ok(code === 0, said);
}
