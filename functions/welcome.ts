import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { welcome } from '../lib/core/welcome.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { sessionStates } from '../lib/dynamodb/sessions.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { basicUsers } from '../lib/dynamodb/users.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { accessTokenVerifier } from '../lib/tokens/access-token.ts';
import { verificationKeys } from '../lib/tokens/verification-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(basicUsers(database)),
  sessions: sessionStates(database),
  verifier: accessTokenVerifier(verificationKeys(keyStore(database), Date.now), config),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
};

/** Returns the owner of an access token. */
export const handler = endpoint(
  config,
  on(auth.welcome, (request) => welcome(deps, request)),
);
