// SES on this machine: keeps what was sent, shows it as a page, and as JSON at GET /store.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { Part } from './part.ts';

type StartInbox = (options: { port: number; host: string }) => Promise<Server>;

/**
 * Starts the inbox. All inboxes of one process share one store.
 * @throws Error when the port is taken
 */
export async function startInbox({ port }: { readonly port: number }): Promise<Part> {
  // Loaded here, since it is slow and only needed when the inbox starts.
  const { default: start } = createRequire(import.meta.url)('aws-ses-v2-local') as { default: StartInbox };
  const server = await start({ port, host: '127.0.0.1' });
  if (!server.listening)
    throw new Error(`The inbox cannot listen on port ${port}: set SES_PORT to a free one.`);
  showOurPage(server);
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The page of the library shows a mail in a frame whose links lead nowhere: ours takes its place. */
function showOurPage(server: Server): void {
  const [theirs] = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/') return theirs?.(request, response);
    response.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy':
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src https: http: data:; connect-src 'self'; frame-src 'self'; base-uri 'self'; form-action 'none'",
    });
    // Read at each request: a saved change is seen at the next reload.
    response.end(readFileSync(new URL('inbox.html', import.meta.url)));
  });
}
