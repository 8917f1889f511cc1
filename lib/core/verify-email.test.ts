import { describe, expect, test, vi } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { loggedIn } from '../../test/harness/memory/logged-in.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import type { User } from './account.ts';
import type { MailRequest } from './mail-request.ts';
import { hashSecret, newMailedSecret, writeResetTag } from './opaque-token.ts';
import type { PendingSignUp } from './pending-sign-up.ts';
import { ProblemError } from './problem.ts';
import { verifyEmail } from './verify-email.ts';

// What a rare order of events leads to; the rules themselves are in test/contract/verification.test.ts.

const ONE = '33333333-3333-4333-8333-333333333333';
const TWO = '44444444-4444-4444-8444-444444444444';
const secret = newMailedSecret();
const token = writeResetTag({ tagId: ONE, secret });
const CODE = '12345678';

const mail = (changes: Partial<MailRequest> = {}): MailRequest => ({
  ...{ tagId: ONE, kind: 'known', state: 'mailed', userId: ADA.userId, purpose: 'verify-account' },
  ...{ secretHashes: [hashSecret(secret)], requestedAt: NOON, expiresAt: NOON + 1_000 },
  credentialVersion: ADA.credentialVersion,
  ...changes,
});

async function owner(changes: Partial<User>, ...mails: MailRequest[]) {
  const it = world({ ...ADA, ...changes });
  for (const row of mails) it.mailRequests.rows.set(row.tagId, row);
  const { accessToken } = await loggedIn(it);
  const verify = (body: object, bearer: string | undefined = accessToken.token) =>
    verifyEmail(it.deps, {
      accessToken: bearer,
      client: '192.0.2.7',
      language: 'en',
      body: () => body as never,
    });
  return { ...it, verify, refusal: async (body: object) => problemOf(verify(body)) };
}

describe('a code', () => {
  const verifyMail = { tagId: ONE, at: NOON };

  test('of a mail whose row is gone is wrong', async () => {
    const { refusal } = await owner({ verifyMail });
    expect((await refusal({ code: CODE })).message).toBe('no such mail');
  });

  test('is no wrong one when the store does not answer', async () => {
    const { mailRequests, refusal } = await owner({ verifyMail }, mail());
    vi.spyOn(mailRequests, 'tryCode').mockRejectedValue(
      new ProblemError({ code: 'unavailable', retryAfter: 1 }),
    );
    expect((await refusal({ code: CODE })).problem).toEqual({ code: 'unavailable', retryAfter: 1 });
  });

  test('of a mail that has not been sent is wrong', async () => {
    const { refusal } = await owner({ verifyMail }, mail({ state: 'requested' }));
    expect((await refusal({ code: CODE })).message).toBe('another code');
  });

  test('is out of time only where the newer of two mails is; the older one says nothing about it', async () => {
    const both = { verifyMail, changeMail: { tagId: TWO, at: NOON + 1 } };
    const old = mail({ codeTries: 5 });
    const { refusal } = await owner(both, old, mail({ tagId: TWO, newEmail: 'ada@example.org' }));
    expect((await refusal({ code: CODE })).problem).toEqual({ code: 'wrong-code' });
  });
});

describe('a link, by whoever is logged in', () => {
  test('is not that of a mail for something else', async () => {
    for (const purpose of ['reset-password', undefined] as const) {
      const { purpose: _, ...row } = mail();
      const { refusal } = await owner({}, { ...row, ...(purpose && { purpose }) });
      expect((await refusal({ token })).message).toBe('for something else');
    }
  });

  test('of a sign-up is completed by its password, and says so again once it is', async () => {
    const signUp = { purpose: 'verify-sign-up', signUp: TWO } as const;
    const waiting = await owner({}, mail(signUp));
    expect((await waiting.refusal({ token })).message).toBe('a sign-up is completed by its password');
    const completed = await owner({}, mail({ ...signUp, state: 'used' }));
    expect(await completed.verify({ token })).toEqual({});
  });

  test('does nothing where the account was changed between the look and the write', async () => {
    const it = await owner({ verifyMail: { tagId: ONE, at: NOON } }, mail());
    const accounts = { ...it.deps.accounts, confirmAddress: async () => false };
    const { accessToken } = await loggedIn(it);
    const request = { accessToken: accessToken.token, client: '192.0.2.7', language: 'en' } as const;
    const late = verifyEmail({ ...it.deps, accounts }, { ...request, body: () => ({ token }) });
    expect((await problemOf(late)).message).toBe('the account was changed meanwhile');
  });
});

test('a sign-up that was completed by an account that is gone is not completed again', async () => {
  const pending = { signUpId: TWO, userId: 'gone', state: 'completed', latest: { tagId: ONE, at: NOON } };
  const it = await owner({}, mail({ purpose: 'verify-sign-up', signUp: TWO, state: 'used' }));
  const signUps = { ...it.deps.signUps, get: async () => pending as unknown as PendingSignUp };
  const request = { accessToken: undefined, client: '192.0.2.7', language: 'en' } as const;
  const body = () => ({ token, password: 'correct horse' });
  const late = verifyEmail({ ...it.deps, signUps }, { ...request, body });
  expect((await problemOf(late)).message).toBe('no such account');
});
