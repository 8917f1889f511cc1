import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { proveAgain } from '../lib/core/prove-again.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { factorStore } from '../lib/dynamodb/factors.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { ownSessionStore } from '../lib/dynamodb/own-sessions.ts';
import { passkeyStore } from '../lib/dynamodb/passkeys.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { stageKeyStore } from '../lib/dynamodb/stage-key.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import * as hooks from '../lib/hooks.ts';
import { allowsOrigin } from '../lib/http/allowed-origins.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { passwordHasher } from '../lib/passwords/password-hasher.ts';
import { openClaims } from '../lib/run-hooks/claims.ts';
import { accessTokenSigner, accessTokenVerifier } from '../lib/tokens/access-token.ts';
import { openSigningKeys, openStageKey } from '../lib/tokens/open-keys.ts';
import { passkeyChallenges } from '../lib/tokens/passkey-challenges.ts';
import { totpSealing } from '../lib/tokens/totp-sealing.ts';
import { relyingParty } from '../lib/webauthn/relying-party.ts';

const config = readConfig(process.env);
const { id, origins } = config.relyingParty;
const database = openDatabase(config.tablePrefix);
const { published, signing } = openSigningKeys(config, keyStore(database));
const deps = {
  users: auditedUsers(userStore(database)),
  sessions: { ...sessionStore(database), ...ownSessionStore(database) },
  factors: factorStore(database),
  sealing: totpSealing(openStageKey(config, stageKeyStore(database))),
  hasher: passwordHasher(config),
  verifier: accessTokenVerifier(published, config),
  signer: accessTokenSigner(signing, config, config.accessTokenSeconds, openClaims(hooks)),
  passkeys: passkeyStore(database),
  challenges: passkeyChallenges(openStageKey(config, stageKeyStore(database))),
  party: relyingParty(id, (origin) => allowsOrigin(origins, origin)),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  tagLifetime: config.tagLifetime,
};

/** Step-up: the holder of a session proves again who they are. */
export const handler = endpoint(
  config,
  on(auth.stepUp, (request) => proveAgain(deps, request)),
);
