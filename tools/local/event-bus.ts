// EventBridge on this machine: takes PutEvents, and keeps each event as a line of a file, which `npm run events -- tail` follows.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { json } from 'node:stream/consumers';
import { type EventBus, SOURCE } from '../../lib/events/event-bus.ts';
import type { Part } from './part.ts';

interface PutEvents {
  readonly Entries: ReadonlyArray<{
    readonly Source: string;
    readonly DetailType: string;
    readonly Detail: string;
  }>;
}

/**
 * Starts it on a port that is free: nobody but our own functions calls it.
 *
 * @param file where events are kept, one JSON object a line, by the names that EventBridge's rules have
 */
export async function startEventBus(file: string): Promise<Part> {
  mkdirSync(dirname(file), { recursive: true });
  endLastLine(file);
  const server = createServer((request, response) => {
    answer(request).then(
      (answered) => {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify(answered));
      },
      () => response.writeHead(400).end(),
    );
  });

  async function answer(request: IncomingMessage): Promise<object> {
    if (request.headers['x-amz-target'] !== 'AWSEvents.PutEvents') throw new Error('not PutEvents');
    const { Entries } = (await json(request)) as PutEvents;
    for (const { Source, DetailType, Detail } of Entries) keep(file, Source, DetailType, JSON.parse(Detail));
    return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: randomUUID() })) };
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
    },
  };
}

function keep(file: string, source: string, type: string, detail: object): void {
  appendFileSync(file, `${JSON.stringify({ source, 'detail-type': type, detail })}\n`);
}

/** A bus that only keeps what it is given, for a command of the operator. */
export function keepEvents(file: string): EventBus {
  mkdirSync(dirname(file), { recursive: true });
  return {
    async put(events) {
      for (const { type, detail } of events) keep(file, SOURCE, type, detail);
      return events.map(() => true);
    },
  };
}

/** A stack that was killed may have left half a line; its event comes again. */
function endLastLine(file: string): void {
  if (existsSync(file) && !/(^|\n)$/.test(readFileSync(file, 'utf8').slice(-1))) appendFileSync(file, '\n');
}
