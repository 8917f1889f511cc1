import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { resetPassword } from '../lib/core/reset-password.ts';
import * as accounts from '../lib/dialects/accounts.ts';
import * as auth from '../lib/dialects/auth.ts';
import { accountWrites } from '../lib/dynamodb/accounts.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { mailRequestStore } from '../lib/dynamodb/mail-requests.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { passwordMaker } from '../lib/passwords/own-scheme.ts';
import { passwordPolicy } from '../lib/passwords/policy.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(userStore(database)),
  mailRequests: mailRequestStore(database),
  accounts: accountWrites(database),
  hasher: passwordMaker(config),
  clock: Date.now,
  passwordPolicy: passwordPolicy(config),
};

/** Reset password: sets a new password for whoever has the mailed tag, and ends every session. */
export const handler = endpoint(
  config,
  on(accounts.resetPassword, (request) => resetPassword(deps, request)),
  on(auth.resetPassword, (request) => resetPassword(deps, request)),
);
