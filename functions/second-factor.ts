import { auditedUsers } from '../lib/audit.ts';
import { readConfig } from '../lib/config.ts';
import { takeSecondStep } from '../lib/core/second-step.ts';
import * as auth from '../lib/dialects/auth.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { challengeStore, factorStore } from '../lib/dynamodb/factors.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { stageKeyStore } from '../lib/dynamodb/stage-key.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { usersWithoutPasswords } from '../lib/dynamodb/users.ts';
import * as hooks from '../lib/hooks.ts';
import { endpoint, on } from '../lib/http/endpoint.ts';
import { openClaims } from '../lib/run-hooks/claims.ts';
import { openSigner, openStageKey } from '../lib/tokens/open-keys.ts';
import { totpSealing } from '../lib/tokens/totp-sealing.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: auditedUsers(usersWithoutPasswords(database)),
  challenges: challengeStore(database),
  factors: factorStore(database),
  sealing: totpSealing(openStageKey(config, stageKeyStore(database))),
  signer: openSigner(config, keyStore(database), openClaims(hooks)),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  lifetimes: config.lifetimes,
  tagLifetime: config.tagLifetime,
};

/** The second step of a log-in: a code after the right password. */
export const handler = endpoint(
  config,
  on(auth.secondStep, (request) => takeSecondStep(deps, request)),
);
