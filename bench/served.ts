// Starts bench/server.ts as a process of its own, and calls it as clients do.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { json as readJson, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Place } from './stack.ts';

export type Served = {
  url: string;
  /** Sends a request. @throws Error when it is not answered 2xx */
  send(call: {
    method?: string;
    path: string;
    headers?: Record<string, string>;
    body?: object;
  }): Promise<Record<string, unknown>>;
  /** After a garbage collection. */
  memory(): Promise<NodeJS.MemoryUsage>;
  stop(): Promise<void>;
};

export async function serve(place: Place): Promise<Served> {
  const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)), [], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, PLACE: JSON.stringify(place) },
  });
  const [port] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('bench/server.ts ended before it listened'))),
  ])) as [number];
  const url = `http://127.0.0.1:${port}`;
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

  return {
    url,
    send: ({ method = 'POST', path, headers = {}, body }) =>
      new Promise((resolve, reject) => {
        const bytes = body ? Buffer.from(JSON.stringify(body)) : undefined;
        const sent = {
          ...headers,
          ...(bytes && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
        };
        const outgoing = request(url + path, { method, headers: sent, agent }, async (answer) => {
          const status = answer.statusCode ?? 0;
          if (status < 300) return resolve((await readJson(answer)) as Record<string, unknown>);
          reject(new Error(`${path} answered ${status} ${await text(answer)}`));
        });
        outgoing.on('error', reject).end(bytes);
      }),
    memory: async () => (await (await fetch(`${url}/memory`)).json()) as NodeJS.MemoryUsage,
    async stop() {
      agent.destroy();
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}
