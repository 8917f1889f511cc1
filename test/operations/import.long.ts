import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { dataFolder, root } from '../../tools/folders.ts';
import { startDynoxide } from '../../tools/local/dynoxide.ts';
import { freePort } from '../../tools/local/ports.ts';
import { createTables } from '../../tools/local/tables.ts';
import { fileOf, someHash } from '../harness/own-tables.ts';

const USERS = 100_000;
const MINUTES = 3;

/** A store as `npm start` has it, on disk, and `npm run users` on it. */
async function ownStore() {
  const port = await freePort();
  const file = `${dataFolder}import-${port}.db`;
  const dynoxide = await startDynoxide({ port, file });
  await createTables({ endpoint: dynoxide.url });
  const { PATH, HOME, TMPDIR } = process.env;
  const env = { PATH, HOME, TMPDIR, DYNAMODB_PORT: String(port) };
  const start = (...args: string[]) =>
    spawn(process.execPath, ['tools/admin/users.ts', ...args], {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  return {
    start,
    run: (...args: string[]) => outputOf(start(...args)),
    async stop() {
      await dynoxide.stop();
      for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true });
    },
  };
}

function outputOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let out = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.once('close', () => resolve(out));
  });
}

function csvOf(users: number, row: (nth: number) => string): string {
  const lines = Array.from({ length: users }, (_, nth) => `user${nth}@example.com,User ${nth},${row(nth)}`);
  return fileOf(`email,name,passwordHash\n${lines.join('\n')}\n`, '.csv');
}

// The requests for mails go into a table with a stream, where each write costs Dynoxide more than the one before:
// 14,000 of them took 40 s, the first 1,500 of those 2 s. Hence fewer users here; DynamoDB has no such limit.
test.each([
  ['with hashes', USERS, () => someHash('$2a$10')],
  ['without hashes, and so with the requests for their mails', 5_000, () => ''],
])(`users %s, %i of them, are imported within ${MINUTES} minutes`, async (what, users, row) => {
  const store = await ownStore();
  try {
    const file = csvOf(users, row);
    const all = users.toLocaleString('en');
    const began = Date.now();
    expect(await store.run('import', file)).toContain(`${all} rows: ${all} imported, 0 there`);
    const seconds = (Date.now() - began) / 1000;
    const again = Date.now();
    expect(await store.run('import', file)).toContain(`${all} rows: 0 imported, ${all} existed before`);
    const secondsAgain = (Date.now() - again) / 1000;
    console.log(`${all} users ${what}: ${seconds.toFixed(1)} s; a second run: ${secondsAgain.toFixed(1)} s`);
    expect(seconds).toBeLessThan(MINUTES * 60);
  } finally {
    await store.stop();
  }
});

test('an import that was killed three times has everybody once after the fourth run', async () => {
  const store = await ownStore();
  try {
    const file = csvOf(USERS, () => someHash());
    for (let kill = 1; kill <= 3; kill += 1) {
      const child = store.start('import', file);
      const ended = new Promise((resolve) => child.once('close', resolve));
      await pause(4_000);
      child.kill('SIGKILL');
      await ended;
      console.log(`after kill ${kill}: ${(await store.run('list')).trim().split('\n').length} users`);
    }
    const summary = await store.run('import', file);
    const [, fresh, before] =
      /^100,000 rows: ([\d,]+) imported, ([\d,]+) existed before, 0 refused/.exec(summary) ?? [];
    const count = (text = '0') => Number(text.replaceAll(',', ''));
    console.log(`the fourth run: ${fresh} imported, ${before} existed before`);
    expect(count(fresh)).toBeGreaterThan(0);
    expect(count(before)).toBeGreaterThan(0);
    expect(count(fresh) + count(before)).toBe(USERS);
    const addresses = (await store.run('export'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).email);
    expect(new Set(addresses).size).toBe(USERS);
    expect(addresses).toHaveLength(USERS);
  } finally {
    await store.stop();
  }
});
