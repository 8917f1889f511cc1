// Turns the measurements into bench/results.md and the charts.
import { mkdirSync, writeFileSync } from 'node:fs';

/** One operation: one call of it, by one client, warm, against the local store. */
export type OperationResult = Counts & {
  /** Without the hash and without waiting for the store. Milliseconds. */
  ownMs: { median: number; p99: number };
  /** Of the processor, without the hash; what the store takes is not in it. Milliseconds. */
  processorMs: number;
  /** Of a hash of the cost that is deployed; 0 where none is computed. */
  hashMs: number;
  /** Waiting for the local store. */
  storeMs: number;
};

type Counts = {
  calls: number;
  trips: number;
  readUnits: number;
  writeUnits: number;
  units: number;
  /** Of the request's and the answer's body, as the client of the API sees them. */
  octetsIn: number;
  octetsOut: number;
  /** Of the bodies to and from DynamoDB. */
  storeOctetsIn: number;
  storeOctetsOut: number;
};

export type Timed = { runs: number; medianMs: number; p99Ms: number; ownMs: number; processorMs: number };

type Delay = { median: number; slowest: number; runs: number };

export type Results = {
  /** ISO 8601. */
  measuredAt: string;
  machine: string;
  versions: Record<string, string>;
  rounds: number;
  operations: Record<string, OperationResult>;
  variants: Record<string, Counts>;
  openAuth: Record<string, { calls: number; trips: number; units: number }>;
  contest: Record<string, Timed>;
  starvation: { alone: Delay; duringALogIn: Delay };
};

export function writeReport(results: Results): void {
  mkdirSync(new URL('charts/', import.meta.url), { recursive: true });
  writeFileSync(new URL('results.md', import.meta.url), reportOf(results));
}

function reportOf(results: Results): string {
  return JSON.stringify(results);
}
