import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { mailedTag, signedUp, somebody } from '../harness/people.ts';
import { captureOutput } from '../logs/captured-output.ts';
import { coldHandler, newTables, ownWorld, sendTo } from './own-world.ts';

let output: ReturnType<typeof captureOutput>;
const environment = { ...process.env };

beforeEach(() => {
  output = captureOutput();
});
afterEach(() => {
  output.restore();
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name];
  Object.assign(process.env, environment);
});

/** What was logged with this message. */
const logged = (message: string) =>
  output
    .lines()
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((line) => line.message === message);
