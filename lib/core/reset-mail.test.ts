import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { recording } from '../../test/harness/memory/recording.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import { hashSecret, newSecret, readResetTag } from './opaque-token.ts';
import { type Mailer, MailNotSentError, sendDueMail, UndeliverableMailError } from './reset-mail.ts';
import type { ResetRequest } from './reset-request.ts';

const TAG_ID = '33333333-3333-4333-8333-333333333333';
const REQUEST: ResetRequest = {
  tagId: TAG_ID,
  kind: 'known',
  state: 'requested',
  userId: ADA.userId,
  secretHashes: [],
  requestedAt: NOON,
  expiresAt: NOON + 1_800_000,
};

/** A request as it stands in the table, and a mailer that keeps what it sends. */
function requested(changes: Partial<ResetRequest> = {}) {
  const it = world();
  it.resetRequests.rows.set(TAG_ID, { ...REQUEST, ...changes });
  const sent: unknown[][] = [];
  const mailer: Mailer = {
    async sendResetLink(...mail) {
      sent.push(mail);
    },
    async sendLocked(...mail) {
      sent.push(mail);
    },
    async sendPasswordChanged(...mail) {
      sent.push(mail);
    },
  };
  const parts = { ...it.parts, mailer: recording('mailer', mailer, it.calls) };
  return { ...it, parts, sent, row: () => it.resetRequests.rows.get(TAG_ID) };
}

describe('a request that was made', () => {
  test('is answered with a link whose tag opens it; only the hash of its secret is stored, and before', async () => {
    const it = requested();
    it.clock.pass(7_000);
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('sent');
    expect(it.sent).toEqual([['ada@example.com', 'Ada Lovelace', expect.any(String), 30, 'en']]);
    const tag = readResetTag(String(it.sent[0]?.[2]));
    if (tag === undefined) throw new Error('not a tag');
    expect(tag.tagId).toBe(TAG_ID);
    expect(it.row()).toEqual({
      ...REQUEST,
      state: 'mailed',
      secretHashes: [hashSecret(tag.secret)],
      credentialVersion: ADA.credentialVersion,
      expiresAt: NOON + 7_000 + 1_800_000,
    });
    expect(it.calls).toEqual([
      'resetRequests.get',
      'users.get',
      'throttle.compareAndSwapMailQuota',
      'resetRequests.addSecret',
      'mailer.sendResetLink',
      'resetRequests.markMailed',
    ]);
  });

  test('is answered in the language of who asked, and so is its use', async () => {
    const it = requested({ language: 'ja' });
    await sendDueMail(it.parts, TAG_ID);
    it.resetRequests.rows.set(TAG_ID, { ...REQUEST, state: 'used', language: 'ja' });
    await sendDueMail(it.parts, TAG_ID);
    expect(it.sent.map((mail) => mail.at(-1))).toEqual(['ja', 'ja']);
  });

  test('because failed log-ins locked the account, is answered with a mail that says so and a link that works', async () => {
    const it = requested({ purpose: 'locked' });
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('sent');
    expect(it.sent).toEqual([['ada@example.com', 'Ada Lovelace', expect.any(String), 30, 'en']]);
    const tag = readResetTag(String(it.sent[0]?.[2]));
    expect(it.row()).toMatchObject({ state: 'mailed', secretHashes: [hashSecret(tag?.secret as Buffer)] });
    // It takes none of the five mails of the hour, which anybody may have used up.
    expect(it.calls).toEqual([
      'resetRequests.get',
      'users.get',
      'resetRequests.addSecret',
      'mailer.sendLocked',
      'resetRequests.markMailed',
    ]);
  });

  test('is answered once, however often the event is delivered', async () => {
    const it = requested();
    await sendDueMail(it.parts, TAG_ID);
    it.calls.length = 0;
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('nothing due');
    expect(it.calls).toEqual(['resetRequests.get', 'users.get']);
    expect(it.sent).toHaveLength(1);
  });

  test('is not answered by who finds it answered at the last moment', async () => {
    const it = requested();
    const resetRequests = { ...it.resetRequests, addSecret: async () => false };
    expect(await sendDueMail({ ...it.parts, resetRequests }, TAG_ID)).toBe('nothing due');
    expect(it.sent).toEqual([]);
    expect(it.row()).toEqual(REQUEST);
  });

  test('is not answered when it is about an address that nobody has', async () => {
    const it = requested({ kind: 'unknown' });
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('nothing due');
    expect(it.calls).toEqual(['resetRequests.get']);
  });

  test.each([
    ['after a reset', {}, { passwordChangedAt: NOON + 1 }],
    ['when the version was raised after a first try to mail it', { credentialVersion: 2 }, {}],
  ])('is not answered %s', async (_, request, user) => {
    const it = requested(request);
    it.users.rows.set(ADA.userId, { ...ADA, ...user });
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('nothing due');
    expect(it.sent).toEqual([]);
    expect(it.row()?.secretHashes).toEqual([]);
  });

  test('is answered when the password was last changed before it, or at its very moment', async () => {
    const it = requested({ credentialVersion: ADA.credentialVersion });
    it.users.rows.set(ADA.userId, { ...ADA, passwordChangedAt: NOON });
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('sent');
  });

  test('is suppressed when its address had five mails within the hour, and a later try changes nothing', async () => {
    const it = requested();
    for (let nth = 1; nth <= 5; nth += 1) {
      const tagId = `44444444-4444-4444-8444-44444444444${nth}`;
      it.resetRequests.rows.set(tagId, { ...REQUEST, tagId });
      expect(await sendDueMail(it.parts, tagId)).toBe('sent');
    }
    for (let nth = 1; nth <= 2; nth += 1) expect(await sendDueMail(it.parts, TAG_ID)).toBe('suppressed');
    expect(it.sent).toHaveLength(5);
    expect(it.row()).toEqual(REQUEST);
  });

  test('is not answered when the account was disabled meanwhile', async () => {
    const it = requested();
    it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' });
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('nothing due');
    expect(it.sent).toEqual([]);
  });

  test('is not answered when the account is gone', async () => {
    const it = requested();
    it.users.rows.clear();
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('nothing due');
    expect(it.sent).toEqual([]);
  });
});

describe('a mail that fails', () => {
  test('before it was accepted takes its secret back, and the next try sends another', async () => {
    const it = requested();
    const refused = new MailNotSentError('throttled by SES');
    const mailer = { ...it.parts.mailer, sendResetLink: () => Promise.reject(refused) };
    await expect(sendDueMail({ ...it.parts, mailer }, TAG_ID)).rejects.toBe(refused);
    expect(it.row()).toMatchObject({ state: 'requested', secretHashes: [] });
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('sent');
    expect(it.row()?.secretHashes).toHaveLength(1);
  });

  test('before it was accepted leaves the secrets of other mails', async () => {
    const earlier = hashSecret(newSecret());
    const it = requested({ secretHashes: [earlier] });
    const mailer = { ...it.parts.mailer, sendResetLink: () => Promise.reject(new MailNotSentError()) };
    await expect(sendDueMail({ ...it.parts, mailer }, TAG_ID)).rejects.toThrow();
    expect(it.row()?.secretHashes).toEqual([earlier]);
  });

  test('in a way that it may have been sent keeps its secret: both links work then', async () => {
    const it = requested();
    const lost = new Error('the answer was lost');
    const mailer = { ...it.parts.mailer, sendResetLink: () => Promise.reject(lost) };
    await expect(sendDueMail({ ...it.parts, mailer }, TAG_ID)).rejects.toBe(lost);
    expect(it.row()).toMatchObject({ state: 'requested', secretHashes: [expect.any(String)] });
    await sendDueMail(it.parts, TAG_ID);
    expect(it.row()).toMatchObject({
      state: 'mailed',
      secretHashes: [expect.any(String), expect.any(String)],
    });
  });
});

describe('a request that was used', () => {
  test('is followed by a notice to the owner, once', async () => {
    const it = requested({ state: 'used', credentialVersion: 2 });
    it.clock.pass(7_000);
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('sent');
    expect(it.sent).toEqual([['ada@example.com', 'Ada Lovelace', 'en']]);
    expect(it.row()?.notifiedAt).toBe(NOON + 7_000);
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('nothing due');
    expect(it.sent).toHaveLength(1);
  });

  test('is followed by the notice although the account was disabled since', async () => {
    const it = requested({ state: 'used' });
    it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' });
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('sent');
  });

  test('is not marked when the notice fails, so that the event comes again', async () => {
    const it = requested({ state: 'used' });
    const failure = new MailNotSentError();
    const mailer = { ...it.parts.mailer, sendPasswordChanged: () => Promise.reject(failure) };
    await expect(sendDueMail({ ...it.parts, mailer }, TAG_ID)).rejects.toBe(failure);
    expect(it.row()).not.toHaveProperty('notifiedAt');
  });
});

test('a request that is gone is due nothing', async () => {
  const it = requested();
  it.resetRequests.rows.clear();
  expect(await sendDueMail(it.parts, TAG_ID)).toBe('nothing due');
  expect(it.calls).toEqual(['resetRequests.get']);
});

test('a mail that was not sent is an error of a name of its own', () => {
  expect(new MailNotSentError('refused')).toMatchObject({ name: 'MailNotSentError', message: 'refused' });
});

test('a mail that never will be is one that was not sent, of another name', async () => {
  const it = requested();
  const refused = new UndeliverableMailError('refused');
  const mailer = { ...it.parts.mailer, sendResetLink: () => Promise.reject(refused) };
  await expect(sendDueMail({ ...it.parts, mailer }, TAG_ID)).rejects.toBe(refused);
  expect(refused.name).toBe('UndeliverableMailError');
  expect(it.row()).toMatchObject({ state: 'requested', secretHashes: [] });
});

describe('a mail to an address that takes none', () => {
  test.each([
    ['with a link', {}],
    ['with a notice', { state: 'used' as const }],
  ])('%s is suppressed: nothing is sent, and nothing is stored', async (_, changes) => {
    const it = requested(changes);
    it.users.rows.set(ADA.userId, { ...ADA, mailRefused: 'bounced' });
    const before = it.row();
    expect(await sendDueMail(it.parts, TAG_ID)).toBe('suppressed');
    expect(it.sent).toEqual([]);
    expect(it.row()).toEqual(before);
  });
});
