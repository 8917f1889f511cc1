import { expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import type { MailRequest } from './mail-request.ts';
import { pendingChange } from './pending-change.ts';

const mail = {
  tagId: 'one',
  newEmail: 'ada@example.org',
  credentialVersion: 1,
  expiresAt: NOON + 1,
} as MailRequest;
const user = { changeMail: { tagId: 'one', at: NOON }, credentialVersion: 1 };
const waiting = (changes: Partial<MailRequest> = {}, holder: object = user, now = NOON) =>
  pendingChange({ get: async () => ({ ...mail, ...changes }) }, holder as typeof user, now);

test('the latest mail says to which address an account is to change', async () => {
  expect(await waiting()).toMatchObject({ newEmail: 'ada@example.org' });
});

test.each<[string, Promise<unknown>]>([
  ['no mail was asked for', waiting({}, { credentialVersion: 1 })],
  ['it is completed', waiting({ state: 'used' })],
  ['the password was changed meanwhile', waiting({}, { ...user, credentialVersion: 2 })],
  ['its time is over', waiting({}, user, NOON + 1)],
])('nothing waits when %s', async (_, found) => {
  expect(await found).toBeUndefined();
});
