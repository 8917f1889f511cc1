// The template of this version, with what a project's own code needs of the roles.
import { exportedHooks } from '../../build/unused-hooks.ts';
import { readService } from '../../deploy/service.ts';
import { templateOfThisVersion } from '../stage.ts';
import { type MigratingService, withMigration } from './migration.ts';
import type { Template } from './types.ts';

/** @throws Error with esbuild's report when hooks.ts doesn't build */
export async function templateOfProject(): Promise<Template> {
  const template = templateOfThisVersion();
  if (!(await exportedHooks()).includes('findLegacy')) return template;
  return withMigration(template, (await readService()) as unknown as MigratingService);
}
