import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { deleteOwnAccount } from '../lib/core/delete-own-account.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { ownAccountWrites } from '../lib/dynamodb/own-account.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { tombstoneStore } from '../lib/dynamodb/tombstones.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { accessTokenVerifier } from '../lib/tokens/access-token.ts';
import { verificationKeys } from '../lib/tokens/verification-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(userStore(database)),
  sessions: sessionStore(database),
  accounts: ownAccountWrites(database),
  tombstones: tombstoneStore(database),
  verifier: accessTokenVerifier(verificationKeys(keyStore(database), Date.now), config),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  tagLifetime: config.tagLifetime,
};

/** Delete account: at its holder's request, at once and for good. */
export const handler = endpoint(
  config,
  on(auth.deleteAccount, (request) => deleteOwnAccount(deps, request)),
);
