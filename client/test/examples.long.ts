// Examples that are copied out of the repository, installed from the packed client and built there: npm run test:examples.
// They come from the registry, Next among them, which takes minutes.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { signedUp } from '../../test/harness/people.ts';
import { root } from '../../tools/folders.ts';
import { freePort } from '../../tools/local/ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-examples-'));
let tarball = '';

beforeAll(() => {
  execFileSync(process.execPath, [join(root, 'client/build.ts')]);
  execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: join(root, 'client'), stdio: 'pipe' });
  tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Copies an example out, as its README says, and builds it. */
function built(name: string): string {
  const copy = join(folder, name);
  cpSync(join(root, 'examples', name), copy, {
    recursive: true,
    filter: (path) => !/node_modules|\/dist$|\.next$/.test(path),
  });
  const npm = (...args: string[]) => execFileSync('npm', args, { cwd: copy, stdio: 'pipe' });
  npm('install', '--no-audit', '--no-fund', '--prefer-offline', tarball);
  npm('run', 'build');
  return copy;
}

/** Starts a server and waits until it answers. */
async function started(copy: string, args: string[], env: Record<string, string>, url: string) {
  const server: ChildProcess = spawn(process.execPath, args, {
    cwd: copy,
    env: { ...process.env, NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  onTestFinished(async () => {
    if (server.exitCode !== null || !server.kill()) return;
    await once(server, 'exit');
  });
  for (let tries = 0; tries < 100; tries += 1) {
    if (await fetch(url, { redirect: 'manual' }).catch(() => undefined)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nothing answers at ${url}`);
}

test('react is built', () => {
  const copy = built('react');
  expect(readFileSync(join(copy, 'dist/index.html'), 'utf8')).toContain('/assets/index-');
});

test('hono-cookies is built, started, and logs in by its form', async () => {
  const copy = built('hono-cookies');
  const port = String(await freePort());
  const origin = `http://localhost:${port}`;
  const env = { ORIGIN: origin, PORT: port, GATEHOUSE_URL: inject('stack').apiUrl };
  await started(copy, ['dist/server.js'], env, `${origin}/log-in`);
  const { email, password } = await signedUp(overHttp);
  const answer = await fetch(`${origin}/log-in`, {
    method: 'POST',
    headers: { origin },
    body: new URLSearchParams({ email, password, to: '/' }),
    redirect: 'manual',
  });
  expect(answer.status).toBe(303);
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  expect(await (await fetch(origin, { headers: { cookie } })).text()).toContain('You are Ada Lovelace');
});

test('next-cookies is built, started, and renders whoever is logged in', async () => {
  const copy = built('next-cookies');
  const port = String(await freePort());
  const origin = `http://localhost:${port}`;
  const { apiUrl, environment } = inject('stack');
  const env = { ORIGIN: origin, GATEHOUSE_URL: apiUrl, ISSUER: environment.ISSUER ?? '' };
  await started(copy, ['node_modules/next/dist/bin/next', 'start', '--port', port], env, `${origin}/log-in`);
  const { name, email, password } = await signedUp(overHttp);
  const post = (from: string) =>
    fetch(`${origin}/api/auth/login`, {
      method: 'POST',
      headers: { origin: from, 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
  expect((await post('https://evil.example')).status).toBe(403);
  const answer = await post(origin);
  expect([answer.status, Object.keys((await answer.json()) as object)]).toEqual([200, ['message', 'user']]);
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';

  const page = await fetch(origin, { headers: { cookie } });
  const text = await page.text();
  expect([page.status, text.includes(name), text.includes(email)]).toEqual([200, true, true]);
  expect(text).not.toMatch(/eyJ[\w-]{20,}/); // no token in what is rendered
  expect(text).not.toContain(cookie.split('=')[1]);
  // Nobody, and a token that the visitor has made up.
  for (const headers of [{}, { authorization: 'Bearer eyJhbGciOiJub25lIn0.eyJ1c2VyTmFtZSI6IkV2ZSJ9.' }]) {
    const refused = await fetch(origin, { headers, redirect: 'manual' });
    expect([refused.status, refused.headers.get('location')]).toEqual([307, '/log-in']);
  }
});
