// `npm run test:endpoint`: runs tests of each kind against a DynamoDB that was started elsewhere, as on a machine for which
// there is no Dynoxide package. DYNAMODB_ENDPOINT names it; without one a Dynoxide is started for them.
import { spawnSync } from 'node:child_process';
import { root } from '../../tools/folders.ts';
import { startDynoxide } from '../../tools/local/dynoxide.ts';
import { freePort } from '../../tools/local/ports.ts';

const SUITES = ['test/contract/auth.test.ts', 'test/stores/stores.test.ts', 'test/contract/events.test.ts'];

const { DYNAMODB_ENDPOINT } = process.env;
const started = DYNAMODB_ENDPOINT === undefined ? await startDynoxide({ port: await freePort() }) : undefined;
const { status } = spawnSync('vitest', ['run', ...SUITES, ...process.argv.slice(2)], {
  cwd: root,
  env: { ...process.env, DYNAMODB_ENDPOINT: DYNAMODB_ENDPOINT ?? started?.url },
  stdio: 'inherit',
});
await started?.stop();
process.exitCode = status ?? 1;
