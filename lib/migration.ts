// The dependencies of lazy migration, if lib/hooks.ts exports findLegacy. Bundles without that hook leave this module out.
import { auditedSignUps } from './audit.ts';
import type { Config } from './config.ts';
import type { Hooks } from './core/hooks.ts';
import type { LogInDeps } from './core/log-in.ts';
import type { SendMailDeps } from './core/send-due-mail.ts';
import { accountWrites } from './dynamodb/accounts.ts';
import type { Database } from './dynamodb/database.ts';
import { tombstoneStore } from './dynamodb/tombstones.ts';
import { userStore } from './dynamodb/users.ts';
import { openMigration } from './run-hooks/find-legacy.ts';

type Settings = Pick<Config, 'migrationFloor' | 'emailVerification'>;

/** Migration at a log-in to an address that nobody has here. */
export function migrationAtLogIn(
  hooks: Hooks,
  settings: Settings,
  database: Database,
): LogInDeps['migration'] {
  const migration = openMigration(hooks, settings);
  return (
    migration && {
      ...migration,
      claims: userStore(database),
      tombstones: tombstoneStore(database),
      accounts: auditedSignUps(accountWrites(database)),
      emailVerification: settings.emailVerification,
    }
  );
}

/** Migration by a mailed link, for a forgotten password of an address that nobody has here. */
export function migrationByMail(
  hooks: Hooks,
  settings: Settings,
  database: Database,
): SendMailDeps['migration'] {
  const migration = openMigration(hooks, settings);
  return migration && { ...migration, tombstones: tombstoneStore(database) };
}
