// How long a fresh process takes to import the bundle of each function, as a cold start does: the median of 20
// processes a bundle, the bundles taken in turn so that a noisy moment of the machine hits all of them alike.
//   npm run build && node bench/cold-start.ts
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { buildFolder } from '../local/folders.ts';

const RUNS = 20;

const environment = {
  PATH: process.env.PATH,
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'none',
  AWS_SECRET_ACCESS_KEY: 'none',
  TABLE_PREFIX: 'gatehouse-bench',
  ISSUER: 'https://api.example.com',
  APP_URL: 'https://app.example.com',
  MAIL_FROM: 'gatehouse@example.com',
  SEALING_KMS_KEY: 'arn:aws:kms:eu-central-1:000000000000:key/none',
};

const script =
  'const begin = performance.now(); await import(process.argv[1]); console.log(performance.now() - begin);';
const bundles = readdirSync(`${buildFolder}functions`).filter((file) => file.endsWith('.js'));
const samples = new Map<string, number[]>(bundles.map((bundle) => [bundle, []]));

for (let run = 0; run < RUNS; run += 1) {
  for (const [bundle, times] of samples) {
    const args = ['--input-type=module', '--eval', script, `${buildFolder}functions/${bundle}`];
    times.push(Number(execFileSync(process.execPath, args, { env: environment, encoding: 'utf8' })));
  }
}

console.log(`Import of each bundle in a fresh process, median of ${RUNS} (fastest – slowest), in ms`);
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${new Date().toISOString()}`);
for (const [bundle, times] of samples) {
  times.sort((a, b) => a - b);
  const median = ((times[RUNS / 2 - 1] as number) + (times[RUNS / 2] as number)) / 2;
  console.log(
    `${bundle.replace('.js', '').padEnd(18)}${median.toFixed(1).padStart(8)}  (${times[0]?.toFixed(1)} – ${times.at(-1)?.toFixed(1)})`,
  );
}
