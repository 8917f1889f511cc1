import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { logInByPasskey, offerPasskeyLogIn } from '../lib/core/log-in-by-passkey.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { passkeyStore } from '../lib/dynamodb/passkeys.ts';
import { stageKeyStore } from '../lib/dynamodb/stage-key.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { usersWithoutPasswords } from '../lib/dynamodb/users.ts';
import * as hooks from '../lib/hooks.ts';
import { allowsOrigin } from '../lib/http/allowed-origins.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { openClaims } from '../lib/run-hooks/claims.ts';
import { openSigner, openStageKey } from '../lib/tokens/open-keys.ts';
import { passkeyChallenges } from '../lib/tokens/passkey-challenges.ts';
import { relyingParty } from '../lib/webauthn/relying-party.ts';

const config = readConfig(process.env);
const { id, name, origins } = config.relyingParty;
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(usersWithoutPasswords(database)),
  passkeys: passkeyStore(database),
  challenges: passkeyChallenges(openStageKey(config, stageKeyStore(database))),
  party: relyingParty(id, (origin) => allowsOrigin(origins, origin)),
  signer: openSigner(config, keyStore(database), openClaims(hooks)),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  tagLifetime: config.tagLifetime,
  lifetimes: config.lifetimes,
};

/** Log in with a passkey: issues challenges, and opens a session for a right answer. */
export const handler = endpoint(
  config,
  on(auth.passkeyLogInOptions, async () => ({ rp: { id, name }, challenge: await offerPasskeyLogIn(deps) })),
  on(auth.logInByPasskey, (request) => logInByPasskey(deps, request)),
);
