// The store of second factors, on DynamoDB and in memory: what the double promises must be true.
import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { User } from '../../lib/core/account.ts';
import type {
  ChallengeStore,
  FactorChange,
  FactorChanges,
  FactorList,
  FactorStore,
  PendingTotp,
} from '../../lib/core/factors.ts';
import { type MailRequest, newMailRequest } from '../../lib/core/mail-request.ts';
import { type Evidence, newSession, type Session } from '../../lib/core/session.ts';
import { accountWrites } from '../../lib/dynamodb/accounts.ts';
import { openDatabase } from '../../lib/dynamodb/database.ts';
import { factorChanges } from '../../lib/dynamodb/factor-changes.ts';
import { factorList } from '../../lib/dynamodb/factor-list.ts';
import { challengeStore, factorStore } from '../../lib/dynamodb/factors.ts';
import { mailRequestStore } from '../../lib/dynamodb/mail-requests.ts';
import { sessionStore } from '../../lib/dynamodb/sessions.ts';
import { throttleStore } from '../../lib/dynamodb/throttles.ts';
import { userStore } from '../../lib/dynamodb/users.ts';
import { newTables } from '../faults/own-world.ts';
import { memoryFactors } from '../harness/memory/factors.ts';
import { memoryMailRequests } from '../harness/memory/mail-requests.ts';
import { memorySessions } from '../harness/memory/sessions.ts';
import { memoryThrottleStore } from '../harness/memory/throttle-store.ts';
import { memoryAccountWrites, memoryUsers } from '../harness/memory/users.ts';

const NOW = Date.UTC(2026, 0, 1);
const PASSWORD: Evidence = { amr: ['pwd'], acr: 'aal1', authTime: NOW };
const BOTH: Evidence = { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2', authTime: NOW + 1_000 };
const LIFETIMES = { accessToken: 3_600_000, idle: 7_200_000, absolute: 9_000_000 };

type Stores = {
  factors: FactorStore & FactorChanges & FactorList;
  challenges: ChallengeStore;
  create(user: User, session: Session): Promise<boolean>;
  userOf(userId: string): Promise<User | undefined>;
  sessionOf(session: Session): Promise<Session | undefined>;
  mailOf(tagId: string): Promise<MailRequest | undefined>;
  countFailure(counter: string): Promise<void>;
  isCounted(counter: string): Promise<boolean>;
};

const counting = (store: ReturnType<typeof throttleStore>) => ({
  async countFailure(counter: string) {
    const attempts = { failures: 1, consecutive: 1, pending: [], lockedUntil: 0 };
    const later = Date.now() + 3_600_000;
    const value = { ...attempts, quietAt: later, rememberedUntil: later };
    await store.compareAndSwapAttempts(counter, undefined, value, Date.now());
  },
  async isCounted(counter: string) {
    return (await store.readAttempts(counter)) !== undefined;
  },
});

/** In tables of its own: the stack's stream would mail what is asked for here. */
async function inDynamodb(): Promise<Stores> {
  const database = openDatabase(await newTables('without a key'));
  const sessions = sessionStore(database);
  return {
    factors: { ...factorStore(database), ...factorChanges(database), ...factorList(database) },
    challenges: challengeStore(database),
    create: accountWrites(database).create,
    userOf: userStore(database).get,
    sessionOf: sessions.get,
    mailOf: mailRequestStore(database).get,
    ...counting(throttleStore(database)),
  };
}

async function inMemory(): Promise<Stores> {
  const users = memoryUsers();
  const sessions = memorySessions();
  const store = memoryThrottleStore();
  const mailRequests = memoryMailRequests();
  const factors = memoryFactors({ users, sessions, throttleStore: store });
  return {
    factors,
    challenges: factors.challenges,
    create: memoryAccountWrites({ users, sessions, mailRequests, throttleStore: store }).create,
    userOf: users.get,
    sessionOf: sessions.get,
    mailOf: async (wanted) => factors.mails.find(({ tagId }) => tagId === wanted),
    ...counting(store),
  };
}

describe.each([
  ['DynamoDB', inDynamodb],
  ['memory', inMemory],
])('in %s', (_, open) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });

  async function somebody(fields: Partial<User> = {}) {
    const user: User = {
      userId: randomUUID(),
      email: `${randomUUID()}@example.com`,
      ...{ name: 'Ada', bio: null, passwordHash: 'a hash', status: 'active' },
      ...{ credentialVersion: 1, createdAt: NOW },
      ...fields,
    };
    const session = newSession({ user, ...PASSWORD }, randomUUID(), LIFETIMES, NOW, undefined);
    expect(await stores.create(user, session)).toBe(true);
    return { user, session };
  }

  const pendingOf = (session: Session): PendingTotp => ({
    ...{ id: randomUUID(), name: 'phone', sealedSecret: 'sealed', createdAt: NOW },
    ...{ sessionId: session.sessionId, expiresAt: NOW + 600_000 },
  });

  const notice = (user: User) =>
    newMailRequest({ userId: user.userId, purpose: 'password-changed' }, NOW, 60_000);

  /** An account with an active TOTP whose step 100 is used, and the recovery codes a, b and c. */
  async function protectedOne(fields: Partial<User> = {}) {
    const { user, session } = await somebody(fields);
    const pending = pendingOf(session);
    await stores.factors.putPendingTotp(user.userId, pending);
    const change = { user, pending, session, step: 100, now: NOW, hashes: ['a', 'b', 'c'], evidence: BOTH };
    expect(await stores.factors.activateTotp(change)).toBe(true);
    return { user: (await stores.userOf(user.userId)) as User, session, pending, change };
  }

  test('a pending TOTP replaces another, and is not a factor yet', async () => {
    const { user, session } = await somebody();
    await stores.factors.putPendingTotp(user.userId, pendingOf(session));
    const second = pendingOf(session);
    await stores.factors.putPendingTotp(user.userId, second);
    expect(await stores.factors.pendingTotp(user.userId)).toEqual(second);
    expect(await stores.factors.totp(user.userId)).toBeUndefined();
    expect(await stores.factors.list(user.userId)).toEqual({ factors: [], recoveryCodesLeft: null });
  });

  test('its confirmation makes it active, uses the step up, raises the session and ends every other', async () => {
    const { user, session, pending } = await protectedOne();
    expect(user).toMatchObject({ totp: true, credentialVersion: 2 });
    expect(await stores.factors.totp(user.userId)).toEqual({
      ...{ id: pending.id, name: 'phone', sealedSecret: 'sealed' },
      ...{ lastStep: 100, createdAt: NOW, lastUsedAt: NOW },
    });
    expect(await stores.factors.pendingTotp(user.userId)).toBeUndefined();
    expect(await stores.sessionOf(session)).toMatchObject({ ...BOTH, credentialVersion: 2 });
    expect(new Set(await stores.factors.recoveryCodes(user.userId))).toEqual(new Set(['a', 'b', 'c']));
    expect(await stores.factors.list(user.userId)).toEqual({
      factors: [{ factorId: pending.id, type: 'totp', name: 'phone', createdAt: NOW, lastUsedAt: NOW }],
      recoveryCodesLeft: 3,
    });
  });

  test('it is confirmed once, and not after the account has changed or the session has ended', async () => {
    const { user, change } = await protectedOne();
    expect(await stores.factors.activateTotp(change)).toBe(false);
    expect(await stores.userOf(user.userId)).toEqual(user);

    const other = await somebody();
    const pending = pendingOf(other.session);
    await stores.factors.putPendingTotp(other.user.userId, pending);
    const next = { ...change, user: other.user, pending, session: other.session };
    const stale = { ...other.user, credentialVersion: 0 };
    expect(await stores.factors.activateTotp({ ...next, user: stale })).toBe(false);
    const gone = { ...other.session, sessionId: randomUUID() };
    expect(await stores.factors.activateTotp({ ...next, session: gone })).toBe(false);
    expect(await stores.factors.activateTotp({ ...next, pending: pendingOf(other.session) })).toBe(false);
    expect(await stores.userOf(other.user.userId)).toEqual(other.user);
    expect(await stores.factors.activateTotp(next)).toBe(true);
  });

  test('a step is used once, and none at or before it again', async () => {
    const { user, pending } = await protectedOne();
    const use = (step: number, id = pending.id) =>
      stores.factors.use({ by: 'totp', userId: user.userId, id, step, now: NOW + 5 }, {});
    expect(await use(100)).toBe('wrong');
    expect(await use(101, randomUUID())).toBe('wrong');
    expect(await use(102)).toBe('used');
    expect([await use(101), await use(102), await use(103)]).toEqual(['wrong', 'wrong', 'used']);
    expect(await stores.factors.totp(user.userId)).toMatchObject({ lastStep: 103, lastUsedAt: NOW + 5 });
  });

  test('of twenty uses of a step, and of a recovery code, at once one succeeds', async () => {
    const { user, pending } = await protectedOne();
    const { userId } = user;
    const all = async (use: Parameters<FactorStore['use']>[0]) =>
      (await Promise.all(Array.from({ length: 20 }, () => stores.factors.use(use, {})))).sort();
    const once = (loser: string) => [...Array(19).fill(loser), 'used'].sort();
    expect(await all({ by: 'totp', userId, id: pending.id, step: 101, now: NOW })).toEqual(once('wrong'));
    expect(await all({ by: 'recovery-code', userId, hash: 'a', left: 2 })).toEqual(once('wrong'));
  });

  test('a recovery code is used once, and a use with a wrong number of remaining codes is detected', async () => {
    const { user } = await protectedOne();
    const use = (hash: string, left: number) =>
      stores.factors.use({ by: 'recovery-code', userId: user.userId, hash, left }, {});
    expect(await use('z', 2)).toBe('wrong');
    expect(await use('a', 5)).toBe('changed');
    expect([await use('a', 2), await use('a', 1), await use('b', 1), await use('c', 0)]).toEqual([
      ...['used', 'wrong', 'used', 'used'],
    ]);
    expect(await stores.factors.recoveryCodes(user.userId)).toEqual([]);
    expect((await stores.factors.list(user.userId)).recoveryCodesLeft).toBe(0);
    expect(await use('c', 0)).toBe('wrong');
  });

  test('a use takes its challenge, opens its session, forgets the counters and asks for the mail, or does nothing', async () => {
    const { user, pending } = await protectedOne();
    const hash = randomUUID();
    await stores.challenges.put(hash, {
      userId: user.userId,
      credentialVersion: 2,
      expiresAt: NOW + 300_000,
    });
    await stores.countFailure(hash);
    const opened = newSession({ user, ...BOTH }, randomUUID(), LIFETIMES, NOW, undefined);
    const mail = notice(user);
    const effects = { challenge: hash, open: opened, forget: [hash], mail };
    const use = (step: number) =>
      stores.factors.use({ by: 'totp', userId: user.userId, id: pending.id, step, now: NOW }, effects);

    expect(await use(100)).toBe('wrong');
    expect(await stores.challenges.get(hash)).toEqual({
      ...{ userId: user.userId, credentialVersion: 2, expiresAt: NOW + 300_000 },
    });
    expect([await stores.sessionOf(opened), await stores.mailOf(mail.tagId)]).toEqual([undefined, undefined]);
    expect(await stores.isCounted(hash)).toBe(true);

    expect(await use(101)).toBe('used');
    expect(await stores.challenges.get(hash)).toBeUndefined();
    expect(await stores.sessionOf(opened)).toEqual(opened);
    expect(await stores.mailOf(mail.tagId)).toMatchObject({ purpose: 'password-changed' });
    expect(await stores.isCounted(hash)).toBe(false);
    expect(await use(102)).toBe('over');
    expect((await stores.factors.totp(user.userId))?.lastStep).toBe(101);
  });

  test('a step-up raises its session, unless that has ended', async () => {
    const { user, session, pending } = await protectedOne();
    const evidence = { ...BOTH, authTime: NOW + 9_000 };
    const raise = (sessionId: string, step: number) =>
      stores.factors.use(
        { by: 'totp', userId: user.userId, id: pending.id, step, now: NOW },
        { raise: { session: { userId: user.userId, sessionId }, evidence } },
      );
    expect(await raise(randomUUID(), 101)).toBe('over');
    expect(await raise(session.sessionId, 101)).toBe('used');
    expect(await stores.sessionOf(session)).toMatchObject({ ...evidence, credentialVersion: 2 });
  });

  test('a removal takes the TOTP and, where no passkey is left, the recovery codes', async () => {
    const { user, session } = await protectedOne();
    const mail = notice(user);
    const remove = (change: FactorChange) => stores.factors.removeTotp({ ...change, session, now: NOW });
    expect(await remove({ user: { ...user, credentialVersion: 1 } })).toBe(false);
    expect(await remove({ user, mail })).toBe(true);
    const { totp: _, ...rest } = user;
    expect(await stores.userOf(user.userId)).toEqual(rest);
    expect(await stores.factors.list(user.userId)).toEqual({ factors: [], recoveryCodesLeft: null });
    expect(await stores.mailOf(mail.tagId)).toBeDefined();
    expect(await remove({ user })).toBe(false);

    const other = await protectedOne({ passkeys: 1 });
    expect(await remove({ user: { ...other.user, passkeys: 0 } })).toBe(false);
    expect(await remove({ user: other.user })).toBe(true);
    expect(await stores.factors.recoveryCodes(other.user.userId)).toHaveLength(3);
  });

  test('recovery codes are replaced where there is a factor', async () => {
    const { user, session } = await protectedOne();
    const renew = (whose: User) =>
      stores.factors.replaceRecoveryCodes({
        user: whose,
        session,
        hashes: ['x', 'y'],
        now: NOW + 1,
        mail: notice(whose),
      });
    expect(await renew({ ...user, credentialVersion: 1 })).toBe(false);
    expect(await renew(user)).toBe(true);
    expect(new Set(await stores.factors.recoveryCodes(user.userId))).toEqual(new Set(['x', 'y']));
    expect(await renew((await somebody()).user)).toBe(false);
    expect(await renew((await somebody({ passkeys: 1 })).user)).toBe(true);
  });

  test('nobody has what was never stored', async () => {
    const nobody = randomUUID();
    expect(await stores.factors.totp(nobody)).toBeUndefined();
    expect(await stores.factors.pendingTotp(nobody)).toBeUndefined();
    expect(await stores.factors.recoveryCodes(nobody)).toBeUndefined();
    expect(await stores.challenges.get(nobody)).toBeUndefined();
  });
});
