// Times what runs in this process: from beginning to end, without the waiting for HTTP, and in time of the processor.
import { channel } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

/** One run. Milliseconds. */
export type Sample = {
  elapsed: number;
  /** During which at least one HTTP request of this process was under way. */
  waited: number;
  /** Of the processor, in all threads of this process: the store and the noise of the machine are not in it. */
  processor: number;
};

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
  /** It takes part in one of so many rounds; in every one by default. */
  every?: number;
  /** Gets ready for one run, untimed. */
  prepare: () => Promise<() => Promise<unknown>>;
};

/**
 * Runs the contestants in turn, so that a noisy moment of the machine hits all of them alike.
 *
 * @returns the samples by name
 */
export async function inTurns(
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]));
  for (const { prepare } of contestants) await (await prepare())(); // whatever is done but once
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, every = 1, prepare } of contestants) {
      if (round % every !== 0) continue;
      const run = await prepare();
      samples.get(name)?.push(await timed(run));
    }
  }
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
