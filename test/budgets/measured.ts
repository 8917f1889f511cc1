import type { Results } from '../../bench/results-file.ts';

const request = {
  calls: 2,
  trips: 1,
  readUnits: 1,
  writeUnits: 1,
  bytesIn: 500,
  bytesOut: 1_000,
  ownMs: { median: 5, p99: 10 },
  hashMs: 0,
  storeMs: 2,
};
const hashing = { ...request, trips: 3, readUnits: 2, writeUnits: 4, hashMs: 300 };

/** Measurements in round numbers, for arithmetic that can be followed by hand. */
export const MEASURED: Results = {
  measuredAt: '2026-11-22T12:00:00Z',
  machine: 'none: round numbers of a test',
  operations: {
    register: hashing,
    'log-in': hashing,
    refresh: request,
    welcome: { ...request, readUnits: 2, writeUnits: 0 },
    'log-out': request,
    forget: { ...request, trips: 2 },
    reset: hashing,
  },
  contest: { 'bare argon2id': { medianMs: 20 } },
};
