import { readConfig } from '../lib/config.ts';
import { adoptKeys } from '../lib/dynamodb/adopt-keys.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { keyStore } from '../lib/dynamodb/keys.ts';
import { stageKeyStore } from '../lib/dynamodb/stage-key.ts';
import { log } from '../lib/log.ts';
import { measure } from '../lib/metrics.ts';
import { type KeyCommand, runKeyCommand } from '../lib/tokens/key-commands.ts';
import { openSealing } from '../lib/tokens/open-keys.ts';
import { ensureStageKey } from '../lib/tokens/stage-key.ts';
import { opensStageKey, strangeKeys } from '../lib/tokens/strange-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const stage = stageKeyStore(database);
const deps = {
  store: keyStore(database),
  sealing: openSealing(config),
  clock: Date.now,
  algorithm: config.signingAlgorithm,
  keyLifetime: config.keyLifetime,
  tokenLifetime: config.lifetimes.accessToken,
};

/**
 * Rotate keys: the only function that writes signing keys and the stage key. The schedule and each deployment invoke it with
 * `{"command": "rotate"}`, an operator with any command of `npm run keys`.
 */
export const handler = async (event: KeyCommand) => {
  await adoptKeys(database);
  await ensureStageKey(stage, deps.sealing);
  const result = await runKeyCommand(deps, event);
  if (event.command === 'rotate') await checkPublishedKeys();
  log.info('keys', { command: event.command, result });
  return result;
};

async function checkPublishedKeys(): Promise<void> {
  const strange = await strangeKeys(deps.store, deps.sealing, deps.clock);
  const opened = await opensStageKey(stage, deps.sealing);
  if (strange.length > 0)
    log.error('keys', { problem: 'published keys that no rotation made', kids: strange });
  if (!opened)
    log.error('keys', {
      problem: 'the stage key is sealed by another KMS key',
      see: 'SEALING_KEY_ARN in docs/operations.md',
    });
  measure({ RotationChecks: 1, ...((strange.length > 0 || !opened) && { StrangeKeys: 1 }) });
}
