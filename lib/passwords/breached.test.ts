import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { isBreached } from './breached.ts';

const PASSWORD = 'correct horse';
const HASH = createHash('sha1').update(PASSWORD).digest('hex').toUpperCase();

let answer: (response: ServerResponse) => void;
const requests: IncomingMessage[] = [];
const server = createServer((request, response) => {
  requests.push(request);
  answer(response);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);

beforeEach(() => {
  requests.length = 0;
  printed.mockClear();
  vi.stubEnv('METRICS_SERVICE', 'gatehouse-test');
});
afterAll(() => {
  printed.mockRestore();
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const range = (...lines: string[]) => {
  answer = (response) => response.end(lines.join('\r\n'));
};
const failures = () => printed.mock.calls.filter(([line]) => String(line).includes('BreachCheckFailures'));

test('a password of a breach is found by five digits of its hash, in a padded answer', async () => {
  range(`${'0'.repeat(35)}:3`, `${HASH.slice(5)}:42`, `${'F'.repeat(35)}:0`);
  expect(await isBreached(api, PASSWORD)).toBe(true);
  expect(requests.map(({ url }) => url)).toEqual([`/range/${HASH.slice(0, 5)}`]);
  expect(requests[0]?.headers).toMatchObject({ 'add-padding': 'true' });
  expect(failures()).toEqual([]);
});

test('neither another password of the range nor padding counts', async () => {
  range(`${'0'.repeat(35)}:3`, `${HASH.slice(5)}:0`);
  expect(await isBreached(api, PASSWORD)).toBe(false);
  range('');
  expect(await isBreached(api, PASSWORD)).toBe(false);
  expect(failures()).toEqual([]);
});

test.each<[string, (response: ServerResponse) => void]>([
  ['fails', (response) => response.writeHead(503).end(`${HASH.slice(5)}:1`)],
  ['breaks off', (response) => response.destroy()],
  ['leads elsewhere', (response) => response.writeHead(302, { Location: 'http://localhost:1/' }).end()],
  ['never answers', () => undefined],
])('an API that %s lets the password pass within seconds, and is counted', async (_, act) => {
  answer = act;
  const startedAt = performance.now();
  expect(await isBreached(api, PASSWORD)).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(failures()).toHaveLength(1);
});
