import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { refreshSession } from '../lib/core/refresh-session.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import * as hooks from '../lib/hooks.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { openClaims } from '../lib/run-hooks/claims.ts';
import { openSigner } from '../lib/tokens/open-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(userStore(database)),
  sessions: sessionStore(database),
  signer: openSigner(config, keyStore(database), openClaims(hooks)),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  lifetimes: config.lifetimes,
  grace: config.refreshGrace,
};

/** Refresh: the one successor of a refresh token, and a new access token. */
export const handler = endpoint(
  config,
  on(auth.refreshTokens, (request) => refreshSession(deps, request)),
);
