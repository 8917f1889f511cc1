import { expect, test } from 'vitest';
import type { Happened } from './account-event.ts';
import { doer } from './activity.ts';

const happened = (type: string, by?: string) =>
  ({ event: { type }, ...(by !== undefined && { by }) }) as unknown as Happened;

test.each([
  ['user.disabled', 'operator', 'operator'],
  ['user.password-changed', undefined, 'holder'],
  ['log-in.locked', undefined, null],
  ['session.reuse-detected', undefined, null],
  ['log-in.locked', 'operator', 'operator'],
])('%s by %s was done by %s', (type, by, expected) => {
  expect(doer(happened(type, by))).toBe(expected);
});
