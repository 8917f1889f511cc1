import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { sendVerification } from '../lib/core/send-verification.ts';
import { verifyEmail } from '../lib/core/verify-email.ts';
import * as auth from '../lib/dialects/auth.ts';
import { addressWrites } from '../lib/dynamodb/address-writes.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { codeTries, mailRequestStore } from '../lib/dynamodb/mail-requests.ts';
import { pendingSignUpStore } from '../lib/dynamodb/pending-sign-ups.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { stageKeyStore } from '../lib/dynamodb/stage-key.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import * as hooks from '../lib/hooks.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { passwordHasher } from '../lib/passwords/password-hasher.ts';
import { openClaims } from '../lib/run-hooks/claims.ts';
import { accessTokenSigner, accessTokenVerifier } from '../lib/tokens/access-token.ts';
import { mailCodes } from '../lib/tokens/mail-codes.ts';
import { openSigningKeys, openStageKey } from '../lib/tokens/open-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const { published, signing } = openSigningKeys(config, keyStore(database));
const deps = {
  users: auditedUsers(userStore(database)),
  sessions: sessionStore(database),
  mailRequests: { ...mailRequestStore(database), ...codeTries(database) },
  signUps: pendingSignUpStore(database),
  accounts: addressWrites(database),
  codes: mailCodes(openStageKey(config, stageKeyStore(database))),
  hasher: passwordHasher(config),
  verifier: accessTokenVerifier(published, config),
  signer: accessTokenSigner(signing, config, config.accessTokenSeconds, openClaims(hooks)),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  lifetimes: config.lifetimes,
  tagLifetime: config.tagLifetime,
};

/** Verify email: of a pending sign-up, of an account, or the new one of a change. */
export const handler = endpoint(
  config,
  on(auth.verifyEmail, (request) => verifyEmail(deps, request)),
  on(auth.sendVerification, (request) => sendVerification(deps, request)),
);
