// Steady load for an hour, and whether the serving process grows: writes bench/soak.md.
//   node bench/soak.ts --minutes 60 [--clients 4] [--every 30]
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildFolder } from '../tools/folders.ts';
import { machine } from './machine.ts';
import { table } from './report.ts';
import { serve } from './served.ts';
import { somebody, startStack } from './stack.ts';

const { values: given } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    clients: { type: 'string', default: '4' },
    every: { type: 'string', default: '30' },
  },
});
const MINUTES = Number(given.minutes);
/** Milliseconds between two requests of a client: a load that the machine has room for. */
const PAUSE = 20;

const loadAverage = loadavg()[0] ?? Number.NaN;
const stack = await startStack();
const served = await serve({
  folder: `${buildFolder}bench/`,
  dynamodbUrl: stack.dynamodbUrl,
  inboxUrl: stack.inboxUrl,
  variables: { BCRYPT_COST: '4' },
});
const end = Date.now() + MINUTES * 60_000;
let requests = 0;
let failed = 0;
const clients = Array.from({ length: Number(given.clients) }, () => live());

type Sample = { minute: number; requests: number; rss: number; heap: number };
const samples: Sample[] = [];
const begin = Date.now();
while (Date.now() < end) {
  await pause(Math.min(Number(given.every) * 1000, Math.max(0, end - Date.now())));
  const { rss, heapUsed } = await served.memory();
  const sample = { minute: (Date.now() - begin) / 60_000, requests, rss: rss / 1e6, heap: heapUsed / 1e6 };
  samples.push(sample);
  console.log(
    `${sample.minute.toFixed(1)} min, ${requests} requests, rss ${sample.rss.toFixed(1)} MB, heap ${sample.heap.toFixed(2)} MB, ${failed} failed`,
  );
}
await Promise.all(clients);
await served.stop();
await stack.stop();

// What is compiled and cached is there after the first third.
const settled = samples.slice(Math.floor(samples.length / 3));
const report = `# Soak

Made by \`node bench/soak.ts --minutes ${MINUTES}\` on ${new Date().toISOString().slice(0, 10)}. ${machine()}; load average before the run: ${loadAverage.toFixed(1)}.

${clients.length} clients go round through sign-up, log-in, welcome, refresh and log-out, with ${PAUSE} ms between two requests and hashes of cost 4: ${requests}
requests in ${MINUTES} minutes, ${failed} failed. Memory of the serving process, each time after a garbage collection. The slope is of a straight line through
the last two thirds of the samples.

- rss: ${slopeOf(settled, (each) => each.rss).toFixed(2)} MB an hour
- heap: ${slopeOf(settled, (each) => each.heap).toFixed(2)} MB an hour, ${perRequest(settled)}  bytes a request

${table(
  ['minute', 'requests', 'rss', 'heap'],
  samples
    .filter((_, index) => index % Math.ceil(samples.length / 20) === 0 || index === samples.length - 1)
    .map((each) => [
      each.minute.toFixed(1),
      each.requests,
      `${each.rss.toFixed(1)} MB`,
      `${each.heap.toFixed(2)} MB`,
    ]),
)}
`;
writeFileSync(new URL('soak.md', import.meta.url), report);
console.log(report);

/** One client, until the end. */
async function live(): Promise<void> {
  while (Date.now() < end) {
    const { name, email, password } = somebody();
    await call('/auth/register', { name, email, password, confirm: password });
    const { accessToken, refreshToken } = await call('/auth/login', { email, password });
    let refresh = refreshToken;
    for (let turn = 0; turn < 10 && Date.now() < end; turn += 1) {
      await call('/auth', undefined, { authorization: `Bearer ${accessToken}` });
      refresh = (await call('/auth/refresh-tokens', { refreshToken: refresh })).refreshToken ?? refresh;
    }
    await call('/auth/logout', { refreshToken: refresh });
  }
}

async function call(path: string, body?: object, headers?: Record<string, string>) {
  await pause(PAUSE);
  requests += 1;
  try {
    return await served.send({ path, ...(body && { body }), ...(headers && { headers }) });
  } catch {
    failed += 1;
    return {};
  }
}

/** Of a straight line by least squares, in units an hour. */
function slopeOf(all: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;
  const [x, y] = [mean(all.map(({ minute }) => minute)), mean(all.map(of))];
  const covariance = mean(all.map((each) => (each.minute - x) * (of(each) - y)));
  const variance = mean(all.map(({ minute }) => (minute - x) ** 2));
  return (covariance / variance) * 60;
}

function perRequest(all: readonly Sample[]): string {
  const made =
    ((all.at(-1)?.requests ?? 0) - (all[0]?.requests ?? 0)) /
    ((all.at(-1)?.minute ?? 0) - (all[0]?.minute ?? 0));
  return ((slopeOf(all, (each) => each.heap) * 1e6) / 60 / made).toFixed(1);
}
