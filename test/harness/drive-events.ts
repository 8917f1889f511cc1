import { setTimeout as pause } from 'node:timers/promises';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { inject } from 'vitest';
import { readService, streamReadersOf } from '../../tools/deploy/service.ts';
import { driveStream } from '../../tools/local/stream-driver.ts';
import { coldHandler, context } from '../faults/own-world.ts';
import type { startTestBus } from './event-bus.ts';

/**
 * Has the stream of these tables invoke the packaged `note-activity` and `publish-events`, as Lambda does.
 *
 * @returns with the accounts of each invocation of `publish-events`
 */
export async function driveEvents(prefix: string, busUrl: string) {
  const publish = await coldHandler('publish-events', { AWS_ENDPOINT_URL_EVENTBRIDGE: busUrl });
  const note = await coldHandler('note-activity', { TABLE_PREFIX: prefix });
  const invocations: string[][] = [];
  const readers = streamReadersOf(await readService(), prefix);
  const drivers = readers
    .filter(({ name }) => name !== 'send-mail')
    .map(({ name, table, mapping }) =>
      driveStream({
        ...{ endpoint: inject('stack').dynamodbUrl, table, mapping, maxAttempts: Number.POSITIVE_INFINITY },
        invoke: (records) => {
          if (name === 'publish-events')
            invocations.push(
              records.map(({ dynamodb }) => String(unmarshall(dynamodb?.Keys as never).userId)),
            );
          return (name === 'publish-events' ? publish : note)({ Records: records } as never, context);
        },
      }),
    );
  return {
    invocations,
    async stop() {
      for (const driver of drivers) await driver.stop();
    },
  };
}

type Bus = Awaited<ReturnType<typeof startTestBus>>;

/** The types of an account's events, once so many have come and a moment has passed in which no other came. */
export async function typesOn(bus: Bus, userId: string, count: number): Promise<string[]> {
  const own = () => bus.events.filter(({ detail }) => detail.userId === userId);
  const different = () => new Set(own().map(({ detail }) => detail.eventId)).size;
  for (let waited = 0; different() < count && waited < 100; waited += 1) await pause(50);
  await pause(250);
  return own().map(({ type }) => type);
}
