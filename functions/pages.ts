import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { forgetPassword } from '../lib/core/forget-password.ts';
import type { Hooks } from '../lib/core/hooks.ts';
import { inspectTag, resetPassword } from '../lib/core/reset-password.ts';
import { undo } from '../lib/core/undo.ts';
import { verifyOnPage } from '../lib/core/verify-email.ts';
import { pages } from '../lib/dialects/pages.ts';
import { accountWrites } from '../lib/dynamodb/accounts.ts';
import { addressWrites, undoWrites } from '../lib/dynamodb/address-writes.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { mailRequestStore } from '../lib/dynamodb/mail-requests.ts';
import { pendingSignUpStore } from '../lib/dynamodb/pending-sign-ups.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import * as teamHooks from '../lib/hooks.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { passwordMaker } from '../lib/passwords/own-scheme.ts';
import { passwordHasher } from '../lib/passwords/password-hasher.ts';
import { passwordPolicy } from '../lib/passwords/policy.ts';

const hooks: Hooks = teamHooks;
const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(userStore(database)),
  mailRequests: mailRequestStore(database),
  accounts: accountWrites(database),
  hasher: passwordMaker(config),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  passwordPolicy: passwordPolicy(config),
  tagLifetime: config.tagLifetime,
  migrates: hooks.findLegacy !== undefined,
};
const verifying = {
  ...deps,
  accounts: addressWrites(database),
  signUps: pendingSignUpStore(database),
  hasher: passwordHasher(config),
  lifetimes: config.lifetimes,
};
const undoing = { ...deps, accounts: undoWrites(database) };
const {
  resetForm,
  reset,
  forgetForm,
  forget,
  verifyForm,
  verify,
  undoForm,
  undo: undoSent,
  account,
} = pages(config);

/** Pages: the targets of mailed links and the forms that request them, with the same use-cases as the APIs. */
export const handler = endpoint(
  config,
  on(resetForm, async ({ tag = '', done }) => (done ? undefined : { tag, ...(await inspectTag(deps, tag)) })),
  on(reset, (request) => resetPassword(deps, request)),
  on(forgetForm, async () => undefined),
  on(forget, (request) => forgetPassword(deps, request)),
  on(verifyForm, async (opened) => opened),
  on(verify, (request) => verifyOnPage(verifying, request)),
  on(undoForm, async (opened) => opened),
  on(undoSent, (request) => undo(undoing, request)),
  on(account, async () => undefined),
);
