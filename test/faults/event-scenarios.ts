import { marshall } from '@aws-sdk/util-dynamodb';
import { expect } from 'vitest';
import { startTestBus } from '../harness/event-bus.ts';
import { signedUp } from '../harness/people.ts';
import { ownerOf, type Scenario, type World } from './scenario.ts';

const bus = await startTestBus();
/** Read by the function when it starts; nobody else looks at it. */
const listening = { AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url, EVENTS_INCLUDE_EMAIL: 'on' };

/** How many requests the bus has had: what `publish-events` did in AWS. */
export const busRequests = () => bus.requests;

/** What the stream of `sessions` says of an account, as it delivers it. */
export async function journalOf({ rowsOf }: World, userId: string, more: Record<string, unknown>[] = []) {
  const rows = [...(await rowsOf('sessions', { userId })), ...more];
  const Records = rows.map((row, index) => ({
    eventName: 'INSERT',
    dynamodb: {
      Keys: marshall({ userId, sessionId: row.sessionId }),
      NewImage: marshall(row),
      SequenceNumber: String(100 + index),
    },
  }));
  return { Records };
}

/** The end of an account, which the stream delivers after what came before. */
const deletion = (userId: string, entryId: string) => ({
  ...{ userId, sessionId: `#${entryId}` },
  entry: { entryId, at: Date.now() + 1_000, events: [{ type: 'user.deleted' }] },
});

export const eventScenarios: Scenario[] = [
  {
    of: 'note-activity',
    name: 'a sign-up that is noted',
    async prepare(world) {
      const { userId } = await ownerOf(world, (await signedUp(world.client)).email);
      const noted = () => world.rowsOf('activity', { userId });
      return {
        call: { event: await journalOf(world, userId) },
        success: 200,
        async holds(replies) {
          if (replies.some(({ status }) => status === 200)) expect(await noted()).toHaveLength(1);
        },
        async afterwards() {
          expect(await noted()).toMatchObject([{ type: 'user.created' }]);
        },
      };
    },
  },
  {
    of: 'note-activity',
    name: 'a deletion that takes the activity along',
    async prepare(world) {
      const { userId } = await ownerOf(world, (await signedUp(world.client)).email);
      const event = await journalOf(world, userId, [deletion(userId, `end of ${userId}`)]);
      return {
        call: { event },
        success: 200,
        async afterwards() {
          expect(await world.rowsOf('activity', { userId })).toMatchObject([{ type: 'user.deleted' }]);
        },
      };
    },
  },
  {
    of: 'publish-events',
    name: 'a sign-up that is published',
    async prepare(world) {
      const { email } = await signedUp(world.client);
      const { userId } = await ownerOf(world, email);
      Object.assign(process.env, listening);
      const published = () => bus.events.filter(({ detail }) => detail.userId === userId);
      return {
        call: { event: await journalOf(world, userId) },
        success: 200,
        async holds(replies) {
          if (replies.some(({ status }) => status === 200)) expect(published().length).toBeGreaterThan(0);
        },
        async afterwards() {
          const ids = published().map(({ detail }) => detail.eventId);
          expect(new Set(ids).size).toBe(1); // however often it was delivered
          expect(published()[0]).toMatchObject({ type: 'user.created', detail: { email } });
        },
      };
    },
  },
];
