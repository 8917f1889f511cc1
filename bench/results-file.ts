import { readFileSync } from 'node:fs';
import * as v from 'valibot';

/** Where `npm run bench` writes what it measured, for other commands to read. */
export const RESULTS_FILE = new URL('results.json', import.meta.url);

/** The operations whose figures the file holds, as the wire contract's README names them. */
export const OPERATIONS = ['register', 'log-in', 'refresh', 'welcome', 'log-out', 'forget', 'reset'] as const;
export type Operation = (typeof OPERATIONS)[number];

const measure = v.pipe(v.number(), v.finite(), v.minValue(0));

const operation = v.object({
  /** Calls of DynamoDB. */
  calls: measure,
  /** Round trips of DynamoDB that wait for each other: calls sent side by side are one. */
  trips: measure,
  /** Capacity units from ReturnConsumedCapacity; half a unit is an eventually consistent read of up to 4 KiB. */
  readUnits: measure,
  writeUnits: measure,
  /** Bytes of the request and of the answer, as the client of the API sees them. */
  bytesIn: measure,
  bytesOut: measure,
  /** Milliseconds of our own code: without the hash and without waiting for the store. */
  ownMs: v.object({ median: measure, p99: measure }),
  /** Milliseconds of the hash; 0 where none is computed. Median. */
  hashMs: measure,
  /** Milliseconds spent waiting for the local store. Median. */
  storeMs: measure,
});

const results = v.object({
  /** ISO 8601, UTC. */
  measuredAt: v.pipe(v.string(), v.isoTimestamp()),
  /** Processor, cores and Node version, in one line. */
  machine: v.pipe(v.string(), v.nonEmpty()),
  operations: v.object({
    register: operation,
    'log-in': operation,
    refresh: operation,
    welcome: operation,
    'log-out': operation,
    forget: operation,
    reset: operation,
  } satisfies Record<Operation, typeof operation>),
  contest: v.object({ 'bare argon2id': v.object({ medianMs: measure }) }),
});

/** What `npm run bench` measured of each operation: one call of it, by one client, against the local store. */
export type Results = v.InferOutput<typeof results>;
export type Measured = Results['operations'][Operation];

/**
 * Reads the measurements, and takes nothing that is not one.
 *
 * @throws Error when there is no file or one of its figures is missing, not a number or negative; says what to run
 */
export function readResults(file: URL | string = RESULTS_FILE): Results {
  const remedy = 'Run `npm run bench`: it measures every operation and writes the file.';
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Error(`There are no measurements in ${nameOf(file)}. ${remedy}`, { cause });
  }
  return checkResults(
    text,
    (reason) => `The measurements in ${nameOf(file)} are unusable: ${reason}. ${remedy}`,
  );
}

function checkResults(text: string, message: (reason: string) => string): Results {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(message('they are no JSON'), { cause });
  }
  const parsed = v.safeParse(results, json);
  if (parsed.success) return parsed.output;
  const reasons = parsed.issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  throw new Error(message(reasons.join('; ')));
}

function nameOf(file: URL | string): string {
  return file instanceof URL ? file.pathname : file;
}
