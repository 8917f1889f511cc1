import { expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import { deleteOwnAccount } from './delete-own-account.ts';
import type { MailRequest } from './mail-request.ts';

async function lastMailOf(changes: object): Promise<MailRequest | undefined> {
  const it = world({ ...ADA, ...changes });
  const { accessToken } = await loggedIn(it);
  let lastMail: MailRequest | undefined;
  const deleteOwn = async (_user: unknown, _tombstone: unknown, mail: MailRequest) => {
    lastMail = mail;
    return true;
  };
  const deps = { ...it.deps, accounts: { deleteOwn } };
  const request = {
    accessToken: accessToken.token,
    client: '192.0.2.7',
    language: 'en',
    body: () => ({}),
  } as const;
  await deleteOwnAccount(deps, request);
  return lastMail;
}

test('the last mail carries whom it goes to, and nothing that is not so', async () => {
  const { email, name } = ADA;
  expect((await lastMailOf({}))?.recipient).toEqual({ email, name });
});

test('the last mail carries that the address refuses mail, and until when', async () => {
  const refusal = { mailRefused: 'bounced', mailRefusedUntil: NOON + 1, emailVerified: true };
  expect((await lastMailOf(refusal))?.recipient).toMatchObject(refusal);
});
