import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { confirmTotp, removeTotp, renewRecoveryCodes, setUpTotp } from '../lib/core/change-factors.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { factorChanges } from '../lib/dynamodb/factor-changes.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { stageKeyStore } from '../lib/dynamodb/stage-key.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { usersWithoutPasswords } from '../lib/dynamodb/users.ts';
import * as hooks from '../lib/hooks.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { openClaims } from '../lib/run-hooks/claims.ts';
import { accessTokenSigner, accessTokenVerifier } from '../lib/tokens/access-token.ts';
import { openSigningKeys, openStageKey } from '../lib/tokens/open-keys.ts';
import { totpSealing } from '../lib/tokens/totp-sealing.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const { published, signing } = openSigningKeys(config, keyStore(database));
const deps = {
  users: auditedUsers(usersWithoutPasswords(database)),
  sessions: sessionStore(database),
  factors: factorChanges(database),
  sealing: totpSealing(openStageKey(config, stageKeyStore(database))),
  verifier: accessTokenVerifier(published, config),
  signer: accessTokenSigner(signing, config, config.accessTokenSeconds, openClaims(hooks)),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  brand: config.brand,
  tagLifetime: config.tagLifetime,
};

/** TOTP and recovery codes: sets them up, confirms, removes and replaces them. */
export const handler = endpoint(
  config,
  on(auth.setUpTotp, (request) => setUpTotp(deps, request)),
  on(auth.confirmTotp, (request) => confirmTotp(deps, request)),
  on(auth.removeTotp, (request) => removeTotp(deps, request)),
  on(auth.renewRecoveryCodes, (request) => renewRecoveryCodes(deps, request)),
);
