// What holders change about their accounts, on DynamoDB and in memory: what the doubles promise must be true.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { User } from '../../lib/core/account.ts';
import { type MailRequest, newMailRequest } from '../../lib/core/mail-request.ts';
import type { OwnSessionStore, Session, SessionStore } from '../../lib/core/session.ts';
import { accountWrites } from '../../lib/dynamodb/accounts.ts';
import { openDatabase } from '../../lib/dynamodb/database.ts';
import { mailRequestStore } from '../../lib/dynamodb/mail-requests.ts';
import { ownAccountWrites } from '../../lib/dynamodb/own-account.ts';
import { ownSessionStore } from '../../lib/dynamodb/own-sessions.ts';
import { sessionStore } from '../../lib/dynamodb/sessions.ts';
import { userStore } from '../../lib/dynamodb/users.ts';
import { newTables } from '../faults/own-world.ts';
import { memoryMailRequests } from '../harness/memory/mail-requests.ts';
import { memoryOwnAccounts } from '../harness/memory/own-account.ts';
import { memorySessions } from '../harness/memory/sessions.ts';
import { memoryUsers } from '../harness/memory/users.ts';

const NOW = Date.UTC(2026, 0, 1);
const LATER = NOW + 3_600_000;

type Stores = {
  accounts: ReturnType<typeof ownAccountWrites>;
  sessions: SessionStore & OwnSessionStore;
  add(user: User): Promise<unknown>;
  userOf(userId: string): Promise<User | undefined>;
  mailOf(tagId: string): Promise<MailRequest | undefined>;
};

async function inDynamodb(): Promise<Stores> {
  const database = openDatabase(await newTables('without a key'));
  return {
    accounts: ownAccountWrites(database),
    sessions: { ...sessionStore(database), ...ownSessionStore(database) },
    add: (user) => accountWrites(database).create(user, undefined),
    userOf: userStore(database).get,
    mailOf: mailRequestStore(database).get,
  };
}

async function inMemory(): Promise<Stores> {
  const users = memoryUsers();
  const [sessions, mailRequests] = [memorySessions(), memoryMailRequests()];
  return {
    accounts: memoryOwnAccounts({ users, sessions, mailRequests }),
    sessions,
    add: async (user) => users.rows.set(user.userId, user),
    userOf: users.get,
    mailOf: mailRequests.get,
  };
}

describe.each([
  ['DynamoDB', inDynamodb],
  ['memory', inMemory],
])('in %s', async (_, open) => {
  const { accounts, sessions, add, userOf, mailOf } = await open();

  async function stored(): Promise<{ user: User; session: Session }> {
    const userId = randomUUID();
    const user: User = {
      ...{ userId, email: `${userId}@example.com`, name: 'Ada', bio: null, passwordHash: 'a hash' },
      ...{ status: 'active', credentialVersion: 1, createdAt: NOW },
    };
    const session: Session = {
      ...{ userId, sessionId: randomUUID(), credentialVersion: 1, amr: ['pwd'], acr: 'aal1', authTime: NOW },
      ...{ createdAt: NOW, lastUsedAt: NOW, idleExpiresAt: LATER, absoluteExpiresAt: LATER },
    };
    await add(user);
    await sessions.open(session);
    return { user, session };
  }

  const evidence = { authTime: NOW + 5, acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] } as const;
  const noticeTo = ({ userId }: User) => newMailRequest({ userId, purpose: 'new-password' }, NOW, 60_000);
  const changeOf = ({ user, session }: { user: User; session: Session }) => ({
    ...{
      user,
      session,
      evidence,
      now: NOW + 5,
      passwordHash: `hash ${randomUUID()}`,
      notice: noticeTo(user),
    },
  });

  test('a change of password changes the user, the session that stays, and asks for the notice', async () => {
    const found = await stored();
    const change = changeOf(found);
    expect(await accounts.changePassword(change)).toBe(true);
    const { passwordHash } = change;
    expect(await userOf(found.user.userId)).toEqual({
      ...found.user,
      ...{ passwordHash, credentialVersion: 2, passwordChangedAt: NOW + 5 },
    });
    expect(await sessions.get(found.session)).toEqual({
      ...found.session,
      ...{ ...evidence, credentialVersion: 2, lastUsedAt: NOW + 5 },
    });
    expect(await mailOf(change.notice.tagId)).toMatchObject({ purpose: 'new-password', state: 'requested' });
  });

  test.each<[string, (found: { user: User; session: Session }) => Promise<unknown>]>([
    ['the session has ended', ({ session }) => sessions.end(session, NOW)],
    ['the session was proved anew', ({ session }) => sessions.prove(session, evidence, NOW)],
    ['another change came first', (found) => accounts.changePassword(changeOf(found))],
    ['all sessions were ended', ({ user }) => accounts.raiseVersion(user, undefined, NOW)],
  ])('nothing is changed when %s meanwhile', async (__, happens) => {
    const found = await stored();
    await happens(found);
    const [user, session] = [await userOf(found.user.userId), await sessions.get(found.session)];
    const change = changeOf(found);
    expect(await accounts.changePassword(change)).toBe(false);
    expect(await accounts.raiseVersion(found.user, found.session, NOW)).toBe(false);
    expect(await userOf(found.user.userId)).toEqual(user);
    expect(await sessions.get(found.session)).toEqual(session);
    expect(await mailOf(change.notice.tagId)).toBeUndefined();
  });

  test('the version rises with the one session that stays, or for all', async () => {
    const { user, session } = await stored();
    expect(await accounts.raiseVersion(user, session, NOW + 5)).toBe(true);
    expect(await userOf(user.userId)).toEqual({ ...user, credentialVersion: 2 });
    expect(await sessions.get(session)).toEqual({ ...session, credentialVersion: 2, lastUsedAt: NOW + 5 });
    expect(await accounts.raiseVersion(user, undefined, NOW)).toBe(true);
    expect(await userOf(user.userId)).toEqual({ ...user, credentialVersion: 3 });
  });

  test('a proof takes the place of the one that was read, and of no other', async () => {
    const { session } = await stored();
    expect(await sessions.prove(session, evidence, NOW + 5)).toEqual({ proved: true });
    const proved = { ...session, ...evidence, lastUsedAt: NOW + 5 };
    expect(await sessions.get(session)).toEqual(proved);
    const older = { authTime: NOW + 6, acr: 'aal1', amr: ['pwd'] } as const;
    expect(await sessions.prove(session, older, NOW + 6)).toEqual({ proved: false, session: proved });
    await sessions.end(session, NOW + 7);
    expect(await sessions.prove(proved, older, NOW + 8)).toMatchObject({ proved: false });
    const [other] = [await stored()];
    for (const seen of [{ acr: 'aal2' }, { amr: ['pwd', 'otp', 'mfa'] }, { authTime: NOW - 1 }] as const)
      expect(await sessions.prove({ ...other.session, ...seen }, older, NOW + 8)).toEqual({
        proved: false,
        session: other.session,
      });
    const nowhere = { ...session, sessionId: randomUUID() };
    expect(await sessions.prove(nowhere, older, NOW)).toEqual({ proved: false, session: undefined });
    expect(await sessions.get(nowhere)).toBeUndefined();
  });

  test('all sessions of a user are listed, and of nobody else', async () => {
    const [{ session }] = [await stored(), await stored()];
    const other = { ...session, sessionId: randomUUID(), endedAt: NOW, device: 'Firefox on Linux' };
    await sessions.open(other);
    const all = await sessions.all(session.userId);
    expect(all).toHaveLength(2);
    expect(all).toEqual(expect.arrayContaining([session, other]));
    expect(await sessions.all(randomUUID())).toEqual([]);
  });

  test('a profile changes by what is named, and of an account that is gone nothing is made', async () => {
    const { user } = await stored();
    expect(await accounts.changeProfile(user.userId, { bio: 'Countess.' })).toBe(true);
    expect(await accounts.changeProfile(user.userId, { name: 'Augusta' })).toBe(true);
    expect(await userOf(user.userId)).toEqual({ ...user, name: 'Augusta', bio: 'Countess.' });
    const nobody = randomUUID();
    expect(await accounts.changeProfile(nobody, { name: 'Augusta' })).toBe(false);
    expect(await accounts.raiseVersion({ ...user, userId: nobody }, undefined, NOW)).toBe(false);
    expect(await userOf(nobody)).toBeUndefined();
  });

  test('a deletion needs the account as it was read', async () => {
    const { user } = await stored();
    const tombstone = { id: randomUUID(), deletedAt: NOW, expiresAt: LATER };
    const recipient = { email: user.email, name: user.name };
    const mail = {
      ...newMailRequest({ userId: user.userId, purpose: 'account-deleted' }, NOW, 1),
      recipient,
    };
    await accounts.raiseVersion(user, undefined, NOW);
    expect(await accounts.deleteOwn(user, tombstone, mail)).toBe(false);
    const now = (await userOf(user.userId)) as User;
    expect(now).toEqual({ ...user, credentialVersion: 2 });
    expect(await accounts.deleteOwn(now, tombstone, mail)).toBe(true);
    expect(await userOf(user.userId)).toBeUndefined();
    expect(await mailOf(mail.tagId)).toMatchObject({ recipient });
  });
});
