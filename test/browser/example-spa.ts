import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../tools/local/ports.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let copied: string | undefined;

/** The example, copied out of the repository and installed with the packed client, as its README says. */
function copyOut(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-spa-'));
  execFileSync('npm', ['run', 'build:client'], { cwd: root, stdio: 'pipe' });
  execFileSync('npm', ['pack', '--pack-destination', folder], { cwd: join(root, 'client'), stdio: 'pipe' });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  cpSync(join(root, 'examples/spa'), folder, {
    recursive: true,
    filter: (path) => !/node_modules|dist$/.test(path),
  });
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${tarball}`], {
    cwd: folder,
    stdio: 'pipe',
  });
  return folder;
}

/**
 * Builds the example app as its README says, and serves it with its headers in front of an API.
 *
 * @param how `direct`: the page asks the API itself, from another origin
 */
export async function serveExample(
  apiUrl: string,
  inboxUrl: string,
  how: { port?: number; direct?: boolean } = {},
) {
  const { direct = false } = how;
  copied ??= copyOut();
  const folder = copied;
  const out = direct ? 'dist-direct' : 'dist';
  const env = {
    ...process.env,
    API_URL: apiUrl,
    VITE_INBOX_URL: inboxUrl,
    VITE_API_URL: direct ? apiUrl : '',
  };
  execFileSync('npm', ['run', 'build', '--', '--outDir', out], { cwd: folder, env });
  const port = how.port ?? (await freePort());
  const vite = join(folder, 'node_modules/vite/bin/vite.js');
  const args = [vite, 'preview', '--outDir', out, '--port', String(port), '--host', 'localhost'];
  const server = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout, 'data');
  return {
    url: `http://localhost:${port}`,
    async stop() {
      server.kill();
      await once(server, 'exit');
    },
  };
}
