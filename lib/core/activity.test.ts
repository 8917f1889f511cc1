import { expect, test } from 'vitest';
import type { RecordedEvent } from './account-event.ts';
import { actorOf } from './activity.ts';

const happened = (type: string, by?: string) =>
  ({ event: { type }, ...(by !== undefined && { by }) }) as unknown as RecordedEvent;

test.each([
  ['user.disabled', 'operator', 'operator'],
  ['user.password-changed', undefined, 'holder'],
  ['log-in.locked', undefined, null],
  ['session.reuse-detected', undefined, null],
  ['log-in.locked', 'operator', 'operator'],
])('%s by %s was done by %s', (type, by, expected) => {
  expect(actorOf(happened(type, by))).toBe(expected);
});
