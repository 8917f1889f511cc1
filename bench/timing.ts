// Times what runs in this process: from beginning to end, without the waiting for HTTP, and in time of the processor.
import { channel } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** One run. Milliseconds. */
export type Sample = {
  elapsed: number;
  /** During which at least one HTTP request of this process was under way. */
  waited: number;
  /** Of the processor, in all threads of this process: the store and the noise of the machine are not in it. */
  processor: number;
};

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as (options: { type: 'minor' }) => void;

let underWay = 0;
let since = 0;
let waited = 0;

function begin(): void {
  if (underWay === 0) since = performance.now();
  underWay += 1;
}

function end(): void {
  underWay -= 1;
  if (underWay === 0) waited += performance.now() - since;
}

// The SDK's requests, which are Node's; and those of `fetch`, which are undici's.
channel('http.client.request.start').subscribe((message) => {
  const { request } = message as { request: ClientRequest };
  begin();
  const once = onlyOnce(end);
  request.once('response', (answer: IncomingMessage) => answer.once('close', once));
  request.once('error', once);
});
const fetches = new WeakMap<object, () => void>();
channel('undici:request:create').subscribe((message) => {
  begin();
  fetches.set((message as { request: object }).request, onlyOnce(end));
});
for (const name of ['undici:request:trailers', 'undici:request:error']) {
  channel(name).subscribe((message) => fetches.get((message as { request: object }).request)?.());
}

function onlyOnce(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/** Runs it once, with nothing else under way in this process. */
export async function timed(run: () => Promise<unknown>): Promise<Sample> {
  const before = waited;
  const processor = process.cpuUsage();
  const start = performance.now();
  await run();
  const elapsed = performance.now() - start;
  const { user, system } = process.cpuUsage(processor);
  return { elapsed, waited: waited - before, processor: (user + system) / 1000 };
}

/** Something to be timed, again and again. */
export type Contestant = {
  name: string;
  /** It computes a hash of full cost, which hides how warm the rest is: one run in one of so many rounds, not a block in each. */
  every?: number;
  /** Gets ready for one run, untimed. */
  prepare: () => Promise<() => Promise<unknown>>;
};

/** Runs of a contestant in one round that count. They are made ready first, and then follow each other. */
const BLOCK = 22;
/** Runs of a block before those: what ran before it was another's. */
const FIRST = 3;
/** Rounds before the first that counts, in which Node compiles what runs often. */
const WARM_UP = 10;

/**
 * Runs the contestants in turn, so that a noisy moment of the machine hits all of them alike. In each round a contestant has a
 * block of runs, because a container of Lambda runs one function again and again.
 *
 * @returns the samples by name
 */
export async function inTurns(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]));
  for (let round = -WARM_UP; round < rounds; round += 1) {
    for (const { name, every, prepare } of contestants) {
      if (every !== undefined && round % every !== 0) continue;
      const block = await blockOf(prepare, every === undefined ? FIRST + BLOCK : 1);
      if (round >= 0) samples.get(name)?.push(...block.slice(-BLOCK));
    }
  }
  return samples;
}

async function blockOf(prepare: Contestant['prepare'], length: number): Promise<Sample[]> {
  const runs: (() => Promise<unknown>)[] = [];
  while (runs.length < length) runs.push(await prepare());
  collectGarbage({ type: 'minor' }); // that of the preparations isn't the contestant's
  const samples: Sample[] = [];
  for (const run of runs) samples.push(await timed(run));
  return samples;
}

/** The value that a share of the values does not exceed; of none NaN. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
