import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import type { Breaches } from '../lib/core/breach-notice.ts';
import { logIn } from '../lib/core/log-in.ts';
import * as accounts from '../lib/dialects/accounts.ts';
import * as apiUser from '../lib/dialects/api-user.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { challengeStore, factorStore } from '../lib/dynamodb/factors.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { stageKeyStore } from '../lib/dynamodb/stage-key.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { breachNotices, hashRenewals, userStore } from '../lib/dynamodb/users.ts';
import * as hooks from '../lib/hooks.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { describeError, log } from '../lib/log.ts';
import { migrationAtLogIn } from '../lib/migration.ts';
import { isBreached } from '../lib/passwords/breached.ts';
import { passwordHasher } from '../lib/passwords/password-hasher.ts';
import { openClaims } from '../lib/run-hooks/claims.ts';
import { openSigner, openStageKey } from '../lib/tokens/open-keys.ts';
import { totpSealing } from '../lib/tokens/totp-sealing.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(userStore(database)),
  sessions: sessionStore(database),
  challenges: challengeStore(database),
  factors: factorStore(database),
  sealing: totpSealing(openStageKey(config, stageKeyStore(database))),
  hasher: passwordHasher(config),
  renewals: {
    ...hashRenewals(database),
    failed(userId: string, error: unknown) {
      const problem = 'an outdated hash could not be replaced: the next log-in tries again';
      log.error('password', { userId, problem, failure: describeError(error) });
    },
  },
  breaches: config.breachedPasswordsApi === undefined ? undefined : breachesAt(config.breachedPasswordsApi),
  signer: openSigner(config, keyStore(database), openClaims(hooks)),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  lifetimes: config.lifetimes,
  tagLifetime: config.tagLifetime,
  migration: migrationAtLogIn(hooks, config, database),
};

function breachesAt(api: string): Breaches {
  return {
    ...breachNotices(database),
    isBreached: (password) => isBreached(api, password),
    failed(userId, error) {
      const problem = 'the owner of a breached password was not mailed: the next log-in tries again';
      log.error('password', { userId, problem, failure: describeError(error) });
    },
  };
}

/** Log in: a session for whoever presents the right password. */
export const handler = endpoint(
  config,
  on(accounts.logIn, (request) => logIn(deps, request)),
  on(apiUser.logIn, (request) => logIn(deps, request)),
  on(auth.logIn, (request) => logIn(deps, request)),
);
