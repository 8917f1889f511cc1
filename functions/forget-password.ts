import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { forgetPassword } from '../lib/core/forget-password.ts';
import type { Hooks } from '../lib/core/hooks.ts';
import * as accounts from '../lib/dialects/accounts.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { mailRequestStore } from '../lib/dynamodb/mail-requests.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import * as teamHooks from '../lib/hooks.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';

const hooks: Hooks = teamHooks;
const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(userStore(database)),
  mailRequests: mailRequestStore(database),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  tagLifetime: config.tagLifetime,
  migrates: hooks.findLegacy !== undefined,
};

/** Forget password: writes the request for a mail, which `send-mail` reads from the table's stream. */
export const handler = endpoint(
  config,
  on(accounts.forgetPassword, (request) => forgetPassword(deps, request)),
  on(auth.forgetPassword, (request) => forgetPassword(deps, request)),
);
