// The page of a project that has one, on an origin of its own as it will be later.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { installed, project } from '../folders.ts';
import type { Part } from './part.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
};

/** The folder of the project's page; `undefined` without one. */
export function pageFolder(): string | undefined {
  return installed && existsSync(`${project}page/index.html`) ? `${project}page/` : undefined;
}

/**
 * Serves the files of a folder, each as it is at that moment.
 *
 * @param api whose URL is in `/gatehouse.json`, whatever the file of that name says
 * @throws Error when the port is taken
 */
export async function startPage(options: { port: number; folder: string; api: string }): Promise<Part> {
  const { port, folder, api } = options;
  const server = createServer(({ method, url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost'); // which has no `..` any more
    if (method !== 'GET' && method !== 'HEAD')
      return send(response, 405, '.txt', 'There are only files here.\n');
    if (pathname === '/gatehouse.json') return send(response, 200, '.json', JSON.stringify({ api }));
    const file = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
    try {
      send(response, 200, extname(file), readFileSync(join(folder, decodeURIComponent(file))));
    } catch {
      send(response, 404, '.txt', 'There is no such file in page/.\n');
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function send(response: ServerResponse, status: number, extension: string, body: string | Uint8Array): void {
  const type = TYPES[extension] ?? 'text/plain';
  response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store' });
  response.end(body);
}
