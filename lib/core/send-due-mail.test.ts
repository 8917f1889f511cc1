import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { recording } from '../../test/harness/memory/recording.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import type { User } from './account.ts';
import { countMail } from './mail-budget.ts';
import type { MailRequest } from './mail-request.ts';
import { hashSecret, newSecret, readResetTag } from './opaque-token.ts';
import { type Mailer, MailNotSentError, type MailToSend, sendDueMail, sendWaiting } from './send-due-mail.ts';

const TAG_ID = '33333333-3333-4333-8333-333333333333';
const REQUEST: MailRequest = {
  tagId: TAG_ID,
  kind: 'known',
  state: 'requested',
  userId: ADA.userId,
  secretHashes: [],
  requestedAt: NOON,
  expiresAt: NOON + 1_800_000,
};

/** A request as it stands in the table, and a mailer that keeps what it sends. */
function requested(changes: Partial<MailRequest> = {}) {
  const it = world();
  it.mailRequests.rows.set(TAG_ID, { ...REQUEST, ...changes });
  const sent: MailToSend[] = [];
  const mailer: Mailer = {
    async send(mail) {
      sent.push(mail);
    },
    answers: async () => true,
  };
  const deps = { ...it.deps, mailer: recording('mailer', mailer, it.calls) };
  return { ...it, deps, sent, row: () => it.mailRequests.rows.get(TAG_ID) };
}

describe('a request that was made', () => {
  test('is answered with a link whose tag opens it; only the hash of its secret is stored, and before', async () => {
    const it = requested();
    it.clock.pass(7_000);
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('sent');
    expect(it.sent).toEqual([
      {
        purpose: 'reset-password',
        to: 'ada@example.com',
        name: 'Ada Lovelace',
        language: 'en',
        at: NOON,
        link: { tag: expect.any(String), minutes: 30 },
      },
    ]);
    const tag = readResetTag(String(it.sent[0]?.link?.tag));
    if (tag === undefined) throw new Error('not a tag');
    expect(tag.tagId).toBe(TAG_ID);
    expect(it.row()).toEqual({
      ...REQUEST,
      state: 'mailed',
      secretHashes: [hashSecret(tag.secret)],
      tries: 1,
      tryId: expect.any(String),
      credentialVersion: ADA.credentialVersion,
      expiresAt: NOON + 7_000 + 1_800_000,
    });
    expect(it.calls).toEqual([
      'mailRequests.get',
      'users.get',
      'throttle.compareAndSwapMailQuota',
      ...Array.from({ length: 4 }, () => 'throttle.count'),
      'throttle.increment',
      'mailRequests.beginTry',
      'mailer.send',
      'mailRequests.markMailed',
      'throttle.increment',
    ]);
  });

  test('because failed log-ins locked the account, is answered with a mail that says so and a link that works', async () => {
    const it = requested({ purpose: 'locked' });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('sent');
    expect(it.sent).toMatchObject([{ purpose: 'locked', link: { minutes: 30 } }]);
    const tag = readResetTag(String(it.sent[0]?.link?.tag));
    expect(it.row()).toMatchObject({ state: 'mailed', secretHashes: [hashSecret(tag?.secret as Buffer)] });
    // It takes none of the five mails of the hour, which anybody may have used up.
    expect(it.calls).not.toContain('throttle.compareAndSwapMailQuota');
  });

  test('is answered in the language of who asked, and so is its use', async () => {
    const it = requested({ language: 'ja' });
    await sendDueMail(it.deps, TAG_ID);
    it.mailRequests.rows.set(TAG_ID, { ...REQUEST, state: 'used', language: 'ja' });
    await sendDueMail(it.deps, TAG_ID);
    expect(it.sent.map(({ language }) => language)).toEqual(['ja', 'ja']);
  });

  test('is answered once, however often the event is delivered', async () => {
    const it = requested();
    await sendDueMail(it.deps, TAG_ID);
    it.calls.length = 0;
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('nothing due');
    expect(it.calls).toEqual(['mailRequests.get']);
    expect(it.sent).toHaveLength(1);
  });

  test('is not answered by who finds it answered at the last moment', async () => {
    const it = requested();
    const mailRequests = { ...it.mailRequests, beginTry: async () => false };
    expect(await sendDueMail({ ...it.deps, mailRequests }, TAG_ID)).toBe('nothing due');
    expect(it.sent).toEqual([]);
    expect(it.row()).toEqual(REQUEST);
  });

  test('is not answered when it is about an address that nobody has', async () => {
    const it = requested({ kind: 'unknown' });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('nothing due');
    expect(it.calls).toEqual(['mailRequests.get']);
  });

  test.each([
    ['after a reset', {}, { passwordChangedAt: NOON + 1 }],
    ['when the version was raised after a first try to mail it', { credentialVersion: 2 }, {}],
  ])('is not answered %s', async (_, request, user) => {
    const it = requested(request);
    it.users.rows.set(ADA.userId, { ...ADA, ...user });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('nothing due');
    expect(it.sent).toEqual([]);
    expect(it.row()?.secretHashes).toEqual([]);
  });

  test('is answered when the password was last changed before it, or at its very moment', async () => {
    const it = requested({ credentialVersion: ADA.credentialVersion });
    it.users.rows.set(ADA.userId, { ...ADA, passwordChangedAt: NOON });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('sent');
  });

  test('is suppressed when its address had five mails within the hour, and a later try changes nothing', async () => {
    const it = requested();
    for (let nth = 1; nth <= 5; nth += 1) {
      const tagId = `44444444-4444-4444-8444-44444444444${nth}`;
      it.mailRequests.rows.set(tagId, { ...REQUEST, tagId });
      expect(await sendDueMail(it.deps, tagId)).toBe('sent');
    }
    for (let nth = 1; nth <= 2; nth += 1) expect(await sendDueMail(it.deps, TAG_ID)).toBe('suppressed');
    expect(it.sent).toHaveLength(5);
    expect(it.row()).toEqual(REQUEST);
  });

  test('is not answered when the account was disabled meanwhile', async () => {
    const it = requested();
    it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('nothing due');
    expect(it.sent).toEqual([]);
  });

  test('is not answered when the account is gone', async () => {
    const it = requested();
    it.users.rows.clear();
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('nothing due');
    expect(it.sent).toEqual([]);
  });
});

describe('a mail that fails', () => {
  test('before it was accepted takes its secret back, and the next try sends another', async () => {
    const it = requested();
    const refused = new MailNotSentError('throttled by SES');
    const mailer = { ...it.deps.mailer, send: () => Promise.reject(refused) };
    await expect(sendDueMail({ ...it.deps, mailer }, TAG_ID)).rejects.toBe(refused);
    expect(it.row()).toMatchObject({ state: 'requested', secretHashes: [], tries: 0 });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('sent');
    expect(it.row()?.secretHashes).toHaveLength(1);
  });

  test('before it was accepted leaves the secrets of other mails', async () => {
    const earlier = hashSecret(newSecret());
    const it = requested({ secretHashes: [earlier] });
    const mailer = { ...it.deps.mailer, send: () => Promise.reject(new MailNotSentError()) };
    await expect(sendDueMail({ ...it.deps, mailer }, TAG_ID)).rejects.toThrow();
    expect(it.row()?.secretHashes).toEqual([earlier]);
  });

  test('in a way that it may have been sent keeps its secret: both links work then', async () => {
    const it = requested();
    const lost = new Error('the answer was lost');
    const mailer = { ...it.deps.mailer, send: () => Promise.reject(lost) };
    await expect(sendDueMail({ ...it.deps, mailer }, TAG_ID)).rejects.toBe(lost);
    expect(it.row()).toMatchObject({ state: 'requested', secretHashes: [expect.any(String)] });
    await sendDueMail(it.deps, TAG_ID);
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
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('sent');
    const { email: to, name } = ADA;
    expect(it.sent).toEqual([{ purpose: 'password-changed', to, name, language: 'en', at: NOON }]);
    expect(it.row()?.notifiedAt).toBe(NOON + 7_000);
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('nothing due');
    expect(it.sent).toHaveLength(1);
  });

  test('is followed by the notice although the account was disabled since', async () => {
    const it = requested({ state: 'used' });
    it.users.rows.set(ADA.userId, { ...ADA, status: 'disabled' });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('sent');
  });

  test('is not marked when the notice fails, so that the event comes again', async () => {
    const it = requested({ state: 'used' });
    const failure = new MailNotSentError();
    const mailer = { ...it.deps.mailer, send: () => Promise.reject(failure) };
    await expect(sendDueMail({ ...it.deps, mailer }, TAG_ID)).rejects.toBe(failure);
    expect(it.row()).not.toHaveProperty('notifiedAt');
  });
});

test('a request that is gone is due nothing', async () => {
  const it = requested();
  it.mailRequests.rows.clear();
  expect(await sendDueMail(it.deps, TAG_ID)).toBe('nothing due');
  expect(it.calls).toEqual(['mailRequests.get']);
});

test('a mail that was not sent is an error of a name of its own', () => {
  expect(new MailNotSentError('refused')).toMatchObject({ name: 'MailNotSentError', message: 'refused' });
});

test('a mail whose address no mail service takes, stored before the rule, is given up and asks nobody', async () => {
  const it = requested();
  it.users.rows.set(ADA.userId, { ...ADA, email: 'a..b@example.com' });
  expect(await sendDueMail(it.deps, TAG_ID)).toBe('undeliverable');
  expect(it.calls).toEqual(['mailRequests.get', 'users.get']);
});

describe('tries of unknown outcome', () => {
  const lost = new Error('the answer was lost');

  test.each([
    ['a link', {}],
    ['a notice', { state: 'used' as const, credentialVersion: 2 }],
  ])('of %s are two at most, however often the event is delivered', async (_, changes) => {
    const it = requested(changes);
    let tries = 0;
    const mailer = {
      ...it.deps.mailer,
      send() {
        tries += 1;
        return Promise.reject(lost);
      },
    };
    for (let delivery = 0; delivery < 2; delivery += 1)
      await expect(sendDueMail({ ...it.deps, mailer }, TAG_ID)).rejects.toBe(lost);
    for (let delivery = 0; delivery < 3; delivery += 1)
      expect(await sendDueMail({ ...it.deps, mailer }, TAG_ID)).toBe('uncertain');
    expect(tries).toBe(2);
    expect(it.row()?.tries).toBe(2);
  });

  test('leave the last one for a service that answers: an outage of hours loses no mail', async () => {
    const it = requested();
    const failing = { ...it.deps.mailer, send: () => Promise.reject(lost), answers: async () => false };
    await expect(sendDueMail({ ...it.deps, mailer: failing }, TAG_ID)).rejects.toBe(lost);
    for (let delivery = 0; delivery < 50; delivery += 1)
      await expect(sendDueMail({ ...it.deps, mailer: failing }, TAG_ID)).rejects.toThrow(MailNotSentError);
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('sent');
    expect(it.row()?.secretHashes).toHaveLength(2);
  });
});

describe('the budget for addresses that nobody has verified', () => {
  /** Requests of so many users, the first one asked for first. */
  function manyRequested(count: number, changes: Partial<User> = {}) {
    const it = requested();
    const ids = Array.from({ length: count }, (_, nth) => {
      const userId = `11111111-1111-4111-8111-${String(nth).padStart(12, '0')}`;
      const tagId = `33333333-3333-4333-8333-${String(nth).padStart(12, '0')}`;
      it.users.rows.set(userId, { ...ADA, ...changes, userId, email: `user${nth}@example.com` });
      it.mailRequests.rows.set(tagId, { ...REQUEST, tagId, userId, requestedAt: NOON + nth });
      return tagId;
    });
    const sendAll = async () => {
      const outcomes = [];
      for (const tagId of ids) outcomes.push(await sendDueMail(it.deps, tagId));
      return outcomes;
    };
    const sweep = () =>
      sendWaiting(
        it.deps,
        (tagId) => sendDueMail(it.deps, tagId),
        () => true,
      );
    return { ...it, ids, sendAll, sweep };
  }

  test('is fifty mails an hour: the others wait, and go in the next hour, first come, first served', async () => {
    const it = manyRequested(53);
    const outcomes = await it.sendAll();
    expect(outcomes).toEqual([...Array(50).fill('sent'), ...Array(3).fill('waiting')]);
    expect(it.mailRequests.rows.get(it.ids[52] as string)).toMatchObject({
      state: 'waiting',
      secretHashes: [],
    });
    await it.sweep();
    expect(it.sent).toHaveLength(50);

    it.clock.pass(60 * 60_000);
    await it.sweep();
    expect(it.sent.slice(50).map(({ to }) => to)).toEqual(
      [50, 51, 52].map((nth) => `user${nth}@example.com`),
    );
    expect(it.mailRequests.rows.get(it.ids[52] as string)).toMatchObject({ state: 'mailed' });
  });

  test('is not for those whose address is verified, nor for an import', async () => {
    const verified = manyRequested(60, { emailVerified: true });
    expect(await verified.sendAll()).toEqual(Array(60).fill('sent'));
    const imported = manyRequested(60);
    for (const tagId of imported.ids) {
      const row = imported.mailRequests.rows.get(tagId) as MailRequest;
      imported.mailRequests.rows.set(tagId, { ...row, byOperator: true });
    }
    expect(await imported.sendAll()).toEqual(Array(60).fill('sent'));
  });

  test('is given back by a mail that was surely not sent', async () => {
    const it = manyRequested(1);
    const mailer = { ...it.deps.mailer, send: () => Promise.reject(new MailNotSentError()) };
    for (let time = 0; time < 60; time += 1)
      await expect(sendDueMail({ ...it.deps, mailer }, it.ids[0] as string)).rejects.toThrow();
    expect(await it.sendAll()).toEqual(['sent']);
  });

  test('is closed while more than 3 % of the mails bounced, and opens by itself; verified addresses are mailed', async () => {
    const it = manyRequested(4);
    const store = it.deps.throttle.store;
    for (let sent = 0; sent < 1_000; sent += 1) await countMail({ store, clock: it.clock }, 'sent');
    for (let bounced = 0; bounced < 30; bounced += 1) await countMail({ store, clock: it.clock }, 'bounced');
    expect(await sendDueMail(it.deps, it.ids[0] as string)).toBe('sent');
    // One more is 31 of 1,001.
    await countMail({ store, clock: it.clock }, 'bounced');
    expect(await sendDueMail(it.deps, it.ids[1] as string)).toBe('waiting');
    it.users.rows.set(ADA.userId, { ...ADA, emailVerified: true });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('sent');

    it.clock.pass(2 * 86_400_000);
    await it.sweep();
    expect(it.sent.map(({ to }) => to)).toEqual(['user0@example.com', ADA.email, 'user1@example.com']);
  });

  test('is not closed by a few bounces of a stage that has sent little', async () => {
    const it = manyRequested(1);
    const store = it.deps.throttle.store;
    for (let bounced = 0; bounced < 24; bounced += 1) await countMail({ store, clock: it.clock }, 'bounced');
    expect(await it.sendAll()).toEqual(['sent']);
  });
});

describe('a mail to an address that takes none', () => {
  test.each([
    ['with a link', {}],
    ['with a notice', { state: 'used' as const }],
  ])('%s is suppressed: nothing is sent, and nothing is stored', async (_, changes) => {
    const it = requested(changes);
    it.users.rows.set(ADA.userId, { ...ADA, mailRefused: 'bounced' });
    const before = it.row();
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('suppressed');
    expect(it.sent).toEqual([]);
    expect(it.row()).toEqual(before);
  });
});

describe('a mail about an address', () => {
  test('of a sign-up that was completed or has gone is not due any more', async () => {
    const signUp = '44444444-4444-4444-8444-444444444444';
    const it = requested({ purpose: 'verify-sign-up', signUp });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('nothing due');
    const signUps = { get: async () => ({ state: 'completed' }) as never };
    expect(await sendDueMail({ ...it.deps, signUps }, TAG_ID)).toBe('nothing due');
  });

  const waiting = { get: async () => ({ state: 'pending' }) as never };
  const recipient = { email: 'ada@example.org', name: 'Ada' };
  test.each([
    ['free', undefined, 'verify-sign-up'],
    ['taken', 'bob', 'sign-up-taken'],
  ] as const)('says at a sign-up whether it is %s', async (_, claimant, purpose) => {
    const it = requested({ purpose: 'verify-sign-up', signUp: 'one', recipient });
    const users = { ...it.deps.users, claimantOf: async () => claimant };
    expect(await sendDueMail({ ...it.deps, users, signUps: waiting }, TAG_ID)).toBe('sent');
    expect(it.sent).toMatchObject([{ purpose }]);
  });

  test.each([
    ['free', undefined, 'ada@example.org', 'change-email'],
    ["another account's", 'bob', 'ada@example.org', 'change-email-taken'],
    ["the account's own of before", ADA.userId, 'ada@example.org', 'change-email'],
    ["the account's own", ADA.userId, ADA.email, 'change-email-taken'],
  ] as const)('says at a change whether it is %s', async (_, claimant, newEmail, purpose) => {
    const it = requested({ purpose: 'change-email', newEmail });
    const users = { ...it.deps.users, claimantOf: async () => claimant };
    expect(await sendDueMail({ ...it.deps, users }, TAG_ID)).toBe('sent');
    expect(it.sent).toMatchObject([{ purpose, to: newEmail }]);
  });

  test('that is verified already is not due', async () => {
    const it = requested({ purpose: 'verify-account' });
    it.users.rows.set(ADA.userId, { ...ADA, emailVerified: true });
    expect(await sendDueMail(it.deps, TAG_ID)).toBe('nothing due');
  });
});

test('the mail about a used recovery code says how many are left', async () => {
  const it = requested({ purpose: 'recovery-code-used', recoveryCodesLeft: 9 });
  await sendDueMail(it.deps, TAG_ID);
  expect(it.sent).toMatchObject([{ purpose: 'recovery-code-used', recoveryCodesLeft: 9 }]);
});
