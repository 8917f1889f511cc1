import { auditedSignUps } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { signUp } from '../lib/core/sign-up.ts';
import * as apiUser from '../lib/dialects/api-user.ts';
import * as auth from '../lib/dialects/auth.ts';
import { accountWrites } from '../lib/dynamodb/accounts.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import * as hooks from '../lib/hooks.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { passwordMaker } from '../lib/passwords/own-scheme.ts';
import { passwordPolicy } from '../lib/passwords/policy.ts';
import { openBeforeSignUp } from '../lib/run-hooks/before-sign-up.ts';
import { openClaims } from '../lib/run-hooks/claims.ts';
import { openSigner } from '../lib/tokens/open-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  accounts: auditedSignUps(accountWrites(database)),
  hasher: passwordMaker(config),
  signer: openSigner(config, keyStore(database), openClaims(hooks)),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  passwordPolicy: passwordPolicy(config),
  lifetimes: config.lifetimes,
  emailVerification: config.emailVerification,
  beforeSignUp: openBeforeSignUp(hooks),
};

/** Sign up: creates an account, and in one dialect opens its first session. */
export const handler = endpoint(
  config,
  on(apiUser.signUp, (request) => signUp(deps, request)),
  on(auth.signUp, (request) => signUp(deps, request)),
);
