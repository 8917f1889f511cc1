// Which functions read streams on this machine, and how.
import { type Service, streamReadersOf } from '../deploy/service.ts';
import type { Api } from './api.ts';
import { dynamodbEndpoint } from './environment.ts';
import { driveStream } from './stream-driver.ts';

/** What each function that reads a stream is called in a complaint, and where its position is kept. */
const READERS: Readonly<Record<string, { says: string; position: string; patient?: boolean }>> = {
  'send-mail': { says: 'email not sent yet', position: 'stream-position.json' },
  'note-activity': { says: 'activity not recorded yet', position: 'activity-position.json', patient: true },
  'publish-events': { says: 'events not published yet', position: 'events-position.json', patient: true },
};

/**
 * Does what Lambda does: hands each function the records of the stream that it reads.
 *
 * @param path where positions are kept, and records that could not be handled
 * @param events whether anybody listens to events
 */
export function driveStreams(
  api: Pick<Api, 'invoke'>,
  service: Service,
  { path, events }: { path: string; events: boolean },
): { stop(): Promise<void> }[] {
  const driven = [];
  for (const { name, table, mapping } of streamReadersOf(service)) {
    const reader = READERS[name];
    if (reader === undefined)
      throw new Error(`tools/local/streams.ts does not know that ${name} reads a stream.`);
    if (name === 'publish-events' && !events) continue;
    const stream = driveStream({
      ...{ endpoint: dynamodbEndpoint(process.env), table, mapping },
      invoke: (records) => api.invoke(name, { Records: records }),
      checkpointFile: `${path}${reader.position}`,
      deadLetterFile: `${path}dead-letters.jsonl`,
      // A mail that fails here fails because of broken code; a bus may be away for long.
      ...(reader.patient && { maxAttempts: Number.POSITIVE_INFINITY }),
      says: reader.says,
      log: (sentence) => console.error(sentence),
    });
    driven.push(stream);
  }
  return driven;
}
