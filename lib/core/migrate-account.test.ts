import { describe, expect, test } from 'vitest';
import { memoryTombstones } from '../../test/harness/memory/administration.ts';
import { NOON } from '../../test/harness/memory/clock.ts';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import { ADA } from '../../test/harness/memory/users.ts';
import { world } from '../../test/harness/memory/world.ts';
import type { User } from './account.ts';
import type { LegacyUser } from './hooks.ts';
import { logIn } from './log-in.ts';
import { newMailRequest } from './mail-request.ts';
import { ProblemError } from './problem.ts';
import { type Mailer, sendDueMail } from './send-due-mail.ts';
import { tombstoneFor } from './tombstone.ts';

const EVE = 'eve@example.com';
const FOUND: LegacyUser = { name: 'Eve', emailVerified: true };

/** A world in which a system before knows one password of Eve, unless it does something else. */
function migrating(...people: User[]) {
  const it = world(...people);
  const asked: { email: string; password?: string }[] = [];
  const held: string[] = [];
  const tombstones = memoryTombstones();
  const legacy = {
    find: async ({ password }: { password?: string }): Promise<LegacyUser | undefined> =>
      password === undefined || password === 'old' ? FOUND : undefined,
  };
  const migration = {
    find(who: { email: string; password?: string }) {
      asked.push(who);
      return legacy.find(who);
    },
    startTimer: () => async () => {
      held.push('held back');
    },
    claims: it.users,
    tombstones,
    accounts: it.deps.accounts,
    emailVerification: 'off' as const,
  };
  const deps = { ...it.deps, migration };
  const enter = (password: string, changes: object = {}) =>
    logIn(deps, {
      ...{ fields: { email: EVE, password }, refreshes: true, client: '192.0.2.1', language: 'en' as const },
      ...changes,
    });
  return { ...it, deps, legacy, tombstones, asked, held, enter };
}

describe('a log-in to an address that nobody has', () => {
  test('makes the account and its session', async () => {
    const it = migrating();
    expect((await it.enter('old')).profile).toMatchObject({ email: EVE, name: 'Eve', bio: null });
    const user = [...it.users.rows.values()].at(-1);
    expect(user).toEqual({
      ...{ userId: expect.any(String), email: EVE, name: 'Eve', bio: null, passwordHash: 'hash of old' },
      ...{ status: 'active', credentialVersion: 1, createdAt: NOON, emailVerified: true },
    });
    expect(it.sessions.only().userId).toBe(user?.userId);
    expect(it.held).toEqual([]);
    expect(it.throttleStore.attempts.size).toBe(0);
  });

  test('with a wrong password is held back, as the wrong password of a known address is', async () => {
    const it = migrating();
    const attempts = [it.enter('new'), it.enter('x', { fields: { email: ADA.email, password: 'x' } })];
    for (const attempt of attempts) expect((await problemOf(attempt)).problem.code).toBe('wrong-credentials');
    expect(it.held).toHaveLength(2);
    expect(it.asked).toEqual([{ email: EVE, password: 'new' }]);
  });

  test('is not asked about where it is held for a former owner', async () => {
    const it = migrating({ ...ADA, email: EVE });
    it.deps.users.ownerOf = async () => undefined;
    expect((await problemOf(it.enter('old'))).problem.code).toBe('wrong-credentials');
    expect(it.asked).toEqual([]);
  });

  test('is not looked up when an account with it was deleted; other deleted accounts don’t matter', async () => {
    const it = migrating();
    const key = await it.tombstones.key();
    const buried = (email: string) => {
      const tombstone = tombstoneFor(key, email, NOON);
      it.tombstones.rows.set(tombstone.id, tombstone);
    };
    buried(EVE);
    expect((await problemOf(it.enter('old'))).problem.code).toBe('wrong-credentials');
    expect(it.asked).toEqual([]);
    it.tombstones.rows.clear();
    buried(ADA.email);
    expect((await it.enter('old')).profile.name).toBe('Eve');
  });

  test('goes on as a log-in where a sign-up came first, whose password decides', async () => {
    for (const [hash, outcome] of [
      ['hash of old', 'in'],
      ['hash of another', 'wrong-credentials'],
    ]) {
      const it = migrating();
      it.legacy.find = async () => {
        it.users.rows.set('rival', { ...ADA, userId: 'rival', email: EVE, passwordHash: hash as string });
        return FOUND;
      };
      const entering = it.enter('old').then(
        () => 'in',
        (error: ProblemError) => error.problem.code,
      );
      expect(await entering).toBe(outcome);
    }
  });

  test('whose code is wrong is held back as well', async () => {
    const it = migrating({ ...ADA, totp: true });
    const fields = { email: ADA.email, password: 'correct horse', otp: '000000' };
    expect((await problemOf(it.enter('', { fields, takesOtp: true }))).problem.code).toBe(
      'wrong-credentials',
    );
    expect(it.held).toHaveLength(1);
  });
});

describe('a mail to reset the password of an address that nobody has', () => {
  function asking(...people: User[]) {
    const it = migrating(...people);
    const request = newMailRequest({ userId: undefined, legacy: { email: EVE } }, NOON, 1_800_000);
    it.mailRequests.rows.set(request.tagId, request);
    const sent: string[] = [];
    const mailer: Mailer = { send: async ({ to }) => void sent.push(to), answers: async () => true };
    const send = (migration: typeof it.deps.migration | undefined = it.deps.migration) =>
      sendDueMail({ ...it.deps, mailer, migration }, request.tagId);
    return { ...it, sent, send, row: () => it.mailRequests.rows.get(request.tagId) };
  }

  test('goes to whom the system before knows, and its row has what the account will be made of', async () => {
    const it = asking();
    expect(await it.send()).toBe('sent');
    expect(it.asked).toEqual([{ email: EVE }]);
    expect(it.sent).toEqual([EVE]);
    expect(it.row()).toMatchObject({ credentialVersion: 1, legacy: { email: EVE, ...FOUND } });
  });

  test('is not sent when somebody has the address by now, the previous system has no such user, or the hook is gone', async () => {
    const taken = asking({ ...ADA, email: EVE });
    expect(await taken.send()).toBe('nothing due');
    expect(taken.asked).toEqual([]);
    const unknown = asking();
    unknown.legacy.find = async () => undefined;
    expect(await unknown.send()).toBe('nothing due');
    const it = asking();
    expect(
      await sendDueMail({ ...it.deps, mailer: {} as Mailer, migration: undefined }, it.row()?.tagId ?? ''),
    ).toBe('nothing due');
  });

  test('waits while the hook fails, and keeps waiting', async () => {
    const it = asking();
    it.legacy.find = () => Promise.reject(new ProblemError({ code: 'hook-failed', retryAfter: 2 }));
    expect(await it.send()).toBe('waiting');
    expect(it.row()?.state).toBe('waiting');
    expect((await problemOf(it.send())).problem.code).toBe('hook-failed');
    expect(it.row()?.state).toBe('waiting');
  });

  test('that meets an outage is delivered again', async () => {
    const it = asking();
    it.legacy.find = () => Promise.reject(new ProblemError({ code: 'unavailable', retryAfter: 2 }));
    expect((await problemOf(it.send())).problem.code).toBe('unavailable');
    expect(it.row()?.state).toBe('requested');
  });
});
