import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { changePassword } from '../lib/core/change-password.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { ownAccountWrites } from '../lib/dynamodb/own-account.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import * as hooks from '../lib/hooks.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { passwordHasher } from '../lib/passwords/password-hasher.ts';
import { passwordPolicy } from '../lib/passwords/policy.ts';
import { openClaims } from '../lib/run-hooks/claims.ts';
import { accessTokenSigner, accessTokenVerifier } from '../lib/tokens/access-token.ts';
import { openSigningKeys } from '../lib/tokens/open-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const { published, signing } = openSigningKeys(config, keyStore(database));
const deps = {
  users: auditedUsers(userStore(database)),
  sessions: sessionStore(database),
  accounts: ownAccountWrites(database),
  hasher: passwordHasher(config),
  verifier: accessTokenVerifier(published, config),
  signer: accessTokenSigner(signing, config, config.accessTokenSeconds, openClaims(hooks)),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  tagLifetime: config.tagLifetime,
  passwordPolicy: passwordPolicy(config),
};

/** Change password: ends every session but the caller's. */
export const handler = endpoint(
  config,
  on(auth.changePassword, (request) => changePassword(deps, request)),
);
