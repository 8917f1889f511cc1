import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { changeEmail } from '../lib/core/change-email.ts';
import { undo } from '../lib/core/undo.ts';
import * as auth from '../lib/dialects/auth.ts';
import { undoWrites } from '../lib/dynamodb/address-writes.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { mailRequestStore } from '../lib/dynamodb/mail-requests.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { accessTokenVerifier } from '../lib/tokens/access-token.ts';
import { verificationKeys } from '../lib/tokens/verification-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const mailRequests = mailRequestStore(database);
const deps = {
  users: auditedUsers(userStore(database)),
  sessions: sessionStore(database),
  mailRequests,
  mails: mailRequests,
  accounts: undoWrites(database),
  verifier: accessTokenVerifier(verificationKeys(keyStore(database), Date.now), config),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  tagLifetime: config.tagLifetime,
};

/** Change of address: its request and its undo. */
export const handler = endpoint(
  config,
  on(auth.changeEmail, (request) => changeEmail(deps, request)),
  on(auth.undo, (request) => undo(deps, request)),
);
