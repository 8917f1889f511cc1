// Peers that are servers of their own, over HTTP, when their programs are there: PocketBase and Keycloak.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../tools/local/ports.ts';
import { somebody } from './stack.ts';
import type { Contestant } from './timing.ts';

export type HttpPeers = { contestants: Contestant[]; skipped: string[]; stop(): Promise<void> };

const PASSWORD = 'correct horse battery';

/** Starts what the environment names; says of the rest how to have it. */
export async function openHttpPeers(every: number): Promise<HttpPeers> {
  const skipped: string[] = [
    'Ory Kratos: its Go module has replace directives, so that `go install` refuses it, and no registry here has its program.',
  ];
  const opened: { contestants: Contestant[]; stop(): Promise<void> }[] = [];
  const { POCKETBASE, KEYCLOAK } = process.env;
  if (POCKETBASE) opened.push(await openPocketBase(POCKETBASE, every));
  else
    skipped.push(
      'PocketBase: `go install github.com/pocketbase/pocketbase/examples/base@v0.30.0`, then name the program, as in `POCKETBASE=~/go/bin/base npm run bench`.',
    );
  if (KEYCLOAK) opened.push(await openKeycloak(KEYCLOAK, every));
  else
    skipped.push(
      'Keycloak: `mvn dependency:copy -Dartifact=org.keycloak:keycloak-quarkus-dist:26.3.0:zip -DoutputDirectory=.`, unpack it, then name the folder, as in `KEYCLOAK=keycloak-26.3.0 npm run bench`; needs Java 17 or newer.',
    );
  return {
    contestants: opened.flatMap(({ contestants }) => contestants),
    skipped,
    async stop() {
      for (const peer of opened) await peer.stop();
    },
  };
}

/** PocketBase on its SQLite, with bcrypt of cost 10 as it comes. */
async function openPocketBase(program: string, every: number) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-pocketbase-'));
  const port = await freePort();
  spawnSync(program, ['superuser', 'upsert', 'bench@example.com', PASSWORD, '--dir', folder]);
  const child = spawn(program, ['serve', '--http', `127.0.0.1:${port}`, '--dir', folder], {
    stdio: 'ignore',
  });
  const users = `http://127.0.0.1:${port}/api/collections/users`;
  await answering(`http://127.0.0.1:${port}/api/health`, child);
  const { email } = somebody();
  await postJson(`${users}/records`, { email, password: PASSWORD, passwordConfirm: PASSWORD });
  const logIn = () => postJson(`${users}/auth-with-password`, { identity: email, password: PASSWORD });
  const { token, record } = (await logIn()) as { token: string; record: { id: string } };
  const authorization = { authorization: token };
  return {
    contestants: [
      contestant('PocketBase refresh, over HTTP', () => postJson(`${users}/auth-refresh`, {}, authorization)),
      contestant('PocketBase welcome, over HTTP', () =>
        sound(fetch(`${users}/records/${record.id}`, { headers: authorization })),
      ),
      contestant('PocketBase log-in, own bcrypt of cost 10, over HTTP', logIn, every),
    ],
    stop: () => stop(child, folder),
  };
}

/** Keycloak in its development mode on its H2, with argon2id as it comes; the user is its administrator. */
async function openKeycloak(home: string, every: number) {
  const port = await freePort();
  const management = await freePort();
  const environment = { KC_BOOTSTRAP_ADMIN_USERNAME: 'bench', KC_BOOTSTRAP_ADMIN_PASSWORD: PASSWORD };
  const options = [
    'start-dev',
    '--http-host=127.0.0.1',
    `--http-port=${port}`,
    '--log-level=error',
    '--db=dev-mem',
  ];
  const child = spawn(join(home, 'bin/kc.sh'), [...options, `--http-management-port=${management}`], {
    stdio: 'ignore',
    detached: true, // the script starts Java: both are ended as one group
    env: { ...process.env, ...environment },
  });
  const realm = `http://127.0.0.1:${port}/realms/master/protocol/openid-connect`;
  await answering(`http://127.0.0.1:${port}/realms/master`, child, 180);
  const token = (grant: Record<string, string>) =>
    sound(
      fetch(`${realm}/token`, {
        method: 'POST',
        body: new URLSearchParams({ client_id: 'admin-cli', scope: 'openid', ...grant }),
      }),
    ) as Promise<{ access_token: string; refresh_token: string }>;
  const logIn = () => token({ grant_type: 'password', username: 'bench', password: PASSWORD });
  let current = await logIn();
  const refresh = async () => {
    current = await token({ grant_type: 'refresh_token', refresh_token: current.refresh_token });
  };
  return {
    contestants: [
      contestant('Keycloak refresh, over HTTP', refresh),
      {
        name: 'Keycloak welcome, over HTTP',
        async prepare() {
          await refresh(); // its access tokens live for a minute
          const headers = { authorization: `Bearer ${current.access_token}` };
          return () => sound(fetch(`${realm}/userinfo`, { headers }));
        },
      },
      contestant('Keycloak log-in, own argon2id, over HTTP', logIn, every),
    ],
    stop: () => stop(child),
  };
}

function contestant(name: string, run: () => Promise<unknown>, every?: number): Contestant {
  return { name, ...(every !== undefined && { every }), prepare: async () => run };
}

async function answering(url: string, child: ChildProcess, seconds = 30): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`the peer that should answer at ${url} ended by itself`);
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok) return;
    await pause(200);
  }
  throw new Error(`nothing answered at ${url} within ${seconds} s`);
}

function postJson(url: string, body: object, headers: Record<string, string> = {}) {
  const sent = { 'content-type': 'application/json', ...headers };
  return sound(fetch(url, { method: 'POST', headers: sent, body: JSON.stringify(body) }));
}

async function sound(answer: Promise<Response>): Promise<unknown> {
  const response = await answer;
  if (!response.ok) throw new Error(`${response.url} answered ${response.status} ${await response.text()}`);
  return response.json();
}

async function stop(child: ChildProcess, folder?: string): Promise<void> {
  const ended = once(child, 'exit');
  if (child.spawnargs[0]?.endsWith('kc.sh') && child.pid) process.kill(-child.pid, 'SIGTERM');
  else child.kill();
  await ended;
  if (folder) rmSync(folder, { recursive: true, force: true });
}
