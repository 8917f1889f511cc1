import { describe, expect, test } from 'vitest';
import { inSession, sessionEndedEvent, sessionOpenedEvent } from './account-event.ts';
import type { Session } from './session.ts';

const NOON = Date.UTC(2026, 0, 15, 12);
const session = {
  userId: 'ada',
  sessionId: 'one',
  acr: 'aal1',
  amr: ['pwd'],
  createdAt: NOON,
} as unknown as Session;
const onPhone = { ...session, device: 'Safari on iPhone' };

test('a session that opens says what it rests on, and its device where that is known', () => {
  const { event, at, userId } = sessionOpenedEvent(session);
  expect([userId, at]).toEqual(['ada', NOON]);
  expect(event).toEqual({ type: 'session.opened', sessionId: 'one', acr: 'aal1', amr: ['pwd'] });
  expect(sessionOpenedEvent(onPhone).event).toMatchObject({ device: 'Safari on iPhone' });
});

describe('a session that ends', () => {
  test('by itself', () => {
    expect(sessionEndedEvent(session, NOON + 1)).toMatchObject({ at: NOON + 1 });
    expect(sessionEndedEvent(session, NOON + 1)).not.toHaveProperty('by');
    expect(sessionEndedEvent(session, NOON).event).toEqual({ type: 'session.ended', sessionId: 'one' });
    expect(sessionEndedEvent(onPhone, NOON).event).toMatchObject({ device: 'Safari on iPhone' });
  });

  test('by an operator, or because a token came twice', () => {
    expect(sessionEndedEvent(session, NOON, { by: 'operator' }).by).toBe('operator');
    expect(sessionEndedEvent(session, NOON, { reuse: true }).event.type).toBe('session.reuse-detected');
  });

  test('has an id of its own, the same each time, in the form of a UUID', () => {
    const [opened, ended] = [sessionOpenedEvent(session).eventId, sessionEndedEvent(session, NOON).eventId];
    expect(opened).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(sessionEndedEvent(session, NOON + 5).eventId).toBe(ended);
    expect(ended).not.toBe(opened);
  });
});

test('a change names its session, and the device where that is known', () => {
  expect(inSession({ sessionId: 'one' })).toEqual({ sessionId: 'one' });
  expect(inSession(onPhone)).toEqual({ sessionId: 'one', device: 'Safari on iPhone' });
});
