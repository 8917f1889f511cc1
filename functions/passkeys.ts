import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { removePasskey, renamePasskey } from '../lib/core/manage-passkeys.ts';
import { offerRegistration, registerPasskey } from '../lib/core/register-passkey.ts';
import { relatedOrigins } from '../lib/core/related-origins.ts';
import * as auth from '../lib/dialects/auth.ts';
import * as wellKnown from '../lib/dialects/well-known.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { passkeyStore } from '../lib/dynamodb/passkeys.ts';
import { sessionStore } from '../lib/dynamodb/sessions.ts';
import { stageKeyStore } from '../lib/dynamodb/stage-key.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { usersWithoutPasswords } from '../lib/dynamodb/users.ts';
import { allowsOrigin } from '../lib/http/allowed-origins.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { accessTokenVerifier } from '../lib/tokens/access-token.ts';
import { openStageKey } from '../lib/tokens/open-keys.ts';
import { passkeyChallenges } from '../lib/tokens/passkey-challenges.ts';
import { verificationKeys } from '../lib/tokens/verification-keys.ts';
import { relyingParty } from '../lib/webauthn/relying-party.ts';

const config = readConfig(process.env);
const { id, name, origins } = config.relyingParty;
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(usersWithoutPasswords(database)),
  sessions: sessionStore(database),
  passkeys: passkeyStore(database),
  challenges: passkeyChallenges(openStageKey(config, stageKeyStore(database))),
  party: relyingParty(id, (origin) => allowsOrigin(origins, origin)),
  verifier: accessTokenVerifier(verificationKeys(keyStore(database), Date.now), config),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  tagLifetime: config.tagLifetime,
};

/** The holder's own passkeys, and the documents that browsers fetch about passkeys. */
export const handler = endpoint(
  config,
  on(auth.passkeyOptions, async (bearer) => ({
    rp: { id, name },
    ...(await offerRegistration(deps, bearer)),
  })),
  on(auth.registerPasskey, (request) => registerPasskey(deps, request)),
  on(auth.renamePasskey, (request) => renamePasskey(deps, request)),
  on(auth.removePasskey, (request) => removePasskey(deps, request)),
  on(wellKnown.webauthn, async () => relatedOrigins(config)),
  on(wellKnown.passkeyEndpoints, async () => config.appUrl),
);
