import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../tools/local/ports.ts';

const folder = fileURLToPath(new URL('../../examples/spa/', import.meta.url));
const vite = `${folder}node_modules/vite/bin/vite.js`;

/** Builds the example app as its README says, and serves it with its headers in front of an API. */
export async function serveExample(apiUrl: string, inboxUrl: string) {
  if (!existsSync(vite)) execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  const env = { ...process.env, API_URL: apiUrl, VITE_INBOX_URL: inboxUrl };
  execFileSync('npm', ['run', 'build'], { cwd: folder, env });
  const port = await freePort();
  const server = spawn(process.execPath, [vite, 'preview', '--port', String(port), '--host', 'localhost'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(server.stdout, 'data');
  return {
    url: `http://localhost:${port}`,
    async stop() {
      server.kill();
      await once(server, 'exit');
    },
  };
}
