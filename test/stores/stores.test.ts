import { randomUUID } from 'node:crypto';
import { describe, expect, inject, test } from 'vitest';
import type { User } from '../../lib/core/account.ts';
import type { MailRequest } from '../../lib/core/mail-request.ts';
import { ProblemError } from '../../lib/core/problem.ts';
import type { Rotation, Session } from '../../lib/core/session.ts';
import { accountWrites } from '../../lib/dynamodb/accounts.ts';
import { openDatabase } from '../../lib/dynamodb/database.ts';
import { keyStore } from '../../lib/dynamodb/keys.ts';
import { codeTries, mailRequestStore } from '../../lib/dynamodb/mail-requests.ts';
import { outboxStore } from '../../lib/dynamodb/outbox.ts';
import { sessionStates, sessionStore } from '../../lib/dynamodb/sessions.ts';
import { stageKeyStore } from '../../lib/dynamodb/stage-key.ts';
import { lockPuts, throttleStore } from '../../lib/dynamodb/throttles.ts';
import { userStore } from '../../lib/dynamodb/users.ts';
import { readService } from '../../tools/deploy/service.ts';
import { createTables } from '../../tools/local/tables.ts';
import { memoryMailRequests } from '../harness/memory/mail-requests.ts';
import { memorySessions } from '../harness/memory/sessions.ts';
import { memoryThrottleStore } from '../harness/memory/throttle-store.ts';
import { memoryAccountWrites, memoryUsers } from '../harness/memory/users.ts';

const database = openDatabase(inject('stack').environment.TABLE_PREFIX ?? '');
const now = Date.UTC(2026, 0, 1);
const later = now + 3_600_000;

function user(fields: Partial<User> = {}): User {
  return {
    userId: randomUUID(),
    email: `${randomUUID()}@example.com`,
    name: 'Ada',
    bio: null,
    passwordHash: 'a hash',
    status: 'active',
    credentialVersion: 1,
    createdAt: now,
    ...fields,
  };
}

function session(fields: Partial<Session> = {}): Session {
  return {
    userId: randomUUID(),
    sessionId: randomUUID(),
    credentialVersion: 1,
    amr: ['pwd'],
    acr: 'aal1',
    authTime: now,
    createdAt: now,
    lastUsedAt: now,
    idleExpiresAt: later,
    absoluteExpiresAt: later,
    refresh: { familyHash: 'family', currentHash: 'first' },
    ...fields,
  };
}

function request(fields: Partial<MailRequest> = {}): MailRequest {
  return {
    tagId: randomUUID(),
    kind: 'unknown', // so that the stream mails nobody
    state: 'requested',
    userId: randomUUID(),
    requestedAt: now,
    secretHashes: [],
    expiresAt: now,
    ...fields,
  };
}

/** The stores, and the doubles that the core's tests use in their place: one suite holds both to the same conditions. */
function inDynamodb() {
  return {
    accounts: accountWrites(database),
    users: userStore(database),
    sessions: sessionStore(database),
    requests: { ...mailRequestStore(database), ...outboxStore(database), ...codeTries(database) },
    throttles: throttleStore(database, lockPuts),
  };
}

function inMemory(): ReturnType<typeof inDynamodb> {
  const tables = { users: memoryUsers(), sessions: memorySessions(), mailRequests: memoryMailRequests() };
  const throttles = memoryThrottleStore(tables.mailRequests);
  const accounts = memoryAccountWrites({ ...tables, throttleStore: throttles });
  return {
    accounts,
    users: tables.users,
    sessions: tables.sessions,
    requests: tables.mailRequests,
    throttles,
  };
}

describe.each([
  ['DynamoDB', inDynamodb],
  ['memory', inMemory],
])('in %s', (_, open) => {
  const { accounts, users, sessions, requests, throttles } = open();

  describe('accounts', () => {
    test('a user is found by id and by address, as written', async () => {
      const ada = user();

      expect(await accounts.create(ada, undefined)).toBe(true);
      expect(await users.get(ada.userId)).toEqual(ada);
      expect(await users.getEventually(ada.userId)).toEqual(ada);
      expect(await users.ownerOf(ada.email)).toBe(ada.userId);
      expect(await users.ownerOf(`nobody-${ada.email}`)).toBeUndefined();
    });

    test('a taken address leaves neither a second user nor a session behind', async () => {
      const ada = user();
      await accounts.create(ada, undefined);
      const impostor = user({ email: ada.email });
      const opened = session({ userId: impostor.userId });

      expect(await accounts.create(impostor, opened)).toBe(false);
      expect(await users.get(impostor.userId)).toBeUndefined();
      expect(await sessions.get(opened)).toBeUndefined();
      expect(await users.ownerOf(ada.email)).toBe(ada.userId);
    });

    test('a write of our own that committed before its answer was lost is a success when it is repeated', async () => {
      const ada = user();
      await accounts.create(ada, undefined);

      expect(await accounts.create(ada, undefined)).toBe(true);
    });

    test('a reset raises the version, answers the request and clears the failures, or does nothing at all', async () => {
      const ada = user();
      const tagId = randomUUID();
      const counter = `account#${randomUUID()}`;
      await accounts.create(ada, undefined);
      await requests.put(request({ tagId, userId: ada.userId }));
      const failed = {
        failures: 9,
        consecutive: 9,
        pending: [],
        lockedUntil: later,
        quietAt: later,
        rememberedUntil: later,
      };
      await throttles.compareAndSwapAttempts(counter, undefined, failed, now);
      const reset = {
        ...{ tagId, userId: ada.userId, passwordHash: 'new', now: later, attemptsCounter: counter },
        provesAddress: true,
      };

      expect(await accounts.reset({ ...reset, credentialVersion: 2 })).toBe(false);
      expect(await users.get(ada.userId)).toEqual(ada);
      expect((await throttles.readAttempts(counter))?.value.failures).toBe(9);

      expect(await accounts.reset({ ...reset, credentialVersion: 1 })).toBe(true);
      expect(await users.get(ada.userId)).toEqual({
        ...ada,
        passwordHash: 'new',
        credentialVersion: 2,
        passwordChangedAt: later,
        emailVerified: true,
      });
      expect((await requests.get(tagId))?.state).toBe('used');
      expect(await throttles.readAttempts(counter)).toBeUndefined();
    });
  });

  describe('sessions', () => {
    const rotationOf = (opened: Session, fields: Partial<Rotation> = {}): Rotation => ({
      userId: opened.userId,
      sessionId: opened.sessionId,
      familyHash: 'family',
      fromHash: 'first',
      toHash: 'second',
      sealedSuccessor: 'sealed',
      now: now + 1,
      idleExpiresAt: later + 1,
      ...fields,
    });

    test.each([
      ['another family', {}, { familyHash: 'forged' }],
      ['a secret that is not the current one', {}, { fromHash: 'older' }],
      ['an ended session', { endedAt: now }, {}],
      ['an idle session, although its row is still there', { idleExpiresAt: now + 1 }, {}],
      [
        'a session past its absolute lifetime, although its row is still there',
        { absoluteExpiresAt: now + 1 },
        {},
      ],
    ])('no rotation for %s, and the session comes back as it was', async (_, fields, rotation) => {
      const opened = session(fields);
      await sessions.open(opened);

      expect(await sessions.rotate(rotationOf(opened, rotation))).toEqual({
        rotated: false,
        session: opened,
      });
      expect(await sessions.get(opened)).toEqual(opened);
    });

    test('a rotation without a session changes nothing and writes no row', async () => {
      const missing = session();

      expect(await sessions.rotate(rotationOf(missing))).toEqual({ rotated: false, session: undefined });
      expect(await sessions.get(missing)).toBeUndefined();
    });

    test('a rotation remembers what it replaced', async () => {
      const opened = session();
      await sessions.open(opened);

      const rotated = {
        ...opened,
        lastUsedAt: now + 1,
        idleExpiresAt: later + 1,
        refresh: {
          familyHash: 'family',
          currentHash: 'second',
          previous: { hash: 'first', sealedSuccessor: 'sealed', rotatedAt: now + 1 },
        },
      };
      expect(await sessions.rotate(rotationOf(opened))).toEqual({ rotated: true, session: rotated });
      expect(await sessions.get(opened)).toEqual(rotated);
    });

    test('the grace of the last rotation can be moved, of none before it, and no row is made', async () => {
      const opened = session();
      await sessions.open(opened);
      await sessions.rotate(rotationOf(opened));
      const rotatedAt = async () => (await sessions.get(opened))?.refresh?.previous?.rotatedAt;

      await sessions.moveGrace(opened, 'first', later);
      expect(await rotatedAt()).toBe(now + 1);
      await sessions.moveGrace(opened, 'second', later);
      expect(await rotatedAt()).toBe(later);
      const missing = session();
      await sessions.moveGrace(missing, 'second', later);
      expect(await sessions.get(missing)).toBeUndefined();
    });

    test('ending keeps the first end, and makes no row', async () => {
      const opened = session();
      await sessions.open(opened);
      expect(await sessions.end(opened, now + 1)).toEqual(opened);
      expect(await sessions.end(opened, now + 1)).toEqual(opened); // the same end, tried again
      expect(await sessions.end(opened, now + 2)).toEqual({ ...opened, endedAt: now + 1 });
      const missing = session();
      expect(await sessions.end(missing, now)).toBeUndefined();

      expect((await sessions.get(opened))?.endedAt).toBe(now + 1);
      expect(await sessions.get(missing)).toBeUndefined();
    });

    test('a family that is not the session’s ends nothing', async () => {
      const opened = session();
      await sessions.open(opened);

      expect(await sessions.endFamily(opened, 'forged', now)).toBe(false);
      expect(await sessions.get(opened)).toEqual(opened);
      expect(await sessions.endFamily(opened, 'family', now)).toBe(true);
      expect(await sessions.endFamily(opened, 'family', now + 1)).toBe(true);
      expect((await sessions.get(opened))?.endedAt).toBe(now);
    });
  });

  describe('mail requests', () => {
    const secret = (secretHash: string) => ({ secretHash, credentialVersion: 7, expiresAt: later });

    test('hashes are added and taken back until the mail went', async () => {
      const asked = request();
      await requests.put(asked);

      expect(await requests.beginTry(asked, 'try 1', secret('one'))).toBe(true);
      expect(await requests.beginTry(asked, 'try 1', secret('one'))).toBe(true); // its answer was lost
      expect(await requests.beginTry(asked, 'a rival', secret('rival'))).toBe(false);
      await requests.takeTryBack(asked, 'try 1', secret('one'));
      await requests.takeTryBack(asked, 'try 1', secret('one'));
      expect(await requests.get(asked.tagId)).toMatchObject({ tries: 0, secretHashes: [] });
      expect(await requests.beginTry({ ...asked, tries: 0 }, 'try 2', secret('two'))).toBe(true);
      await requests.markMailed(asked.tagId);
      expect(await requests.beginTry({ ...asked, tries: 1 }, 'try 3', secret('three'))).toBe(false);
      expect(await requests.get(asked.tagId)).toEqual({
        ...asked,
        state: 'mailed',
        secretHashes: ['two'],
        tries: 1,
        tryId: 'try 2',
        credentialVersion: 7,
        expiresAt: later,
      });
    });

    test('five wrong codes are compared, the right one as often as it comes, and neither once the code ran out', async () => {
      const asked = request();
      await requests.put(asked);
      await requests.beginTry(asked, 'a try', { ...secret('one'), codeHash: 'right', codeUntil: later });
      const tried = async (code: string, at = now) => {
        const { counted, row } = (await requests.tryCode(asked.tagId, code, at)) ?? {};
        return [counted, row?.codeTries ?? 0, row?.codeHashes];
      };

      for (let times = 0; times < 7; times += 1) expect(await tried('right')).toEqual([false, 0, ['right']]);
      expect(await tried('wrong', later)).toEqual([false, 0, ['right']]);
      const wrong = await Promise.all(Array.from({ length: 20 }, () => tried('wrong')));
      expect(wrong.map(([counted]) => counted).filter(Boolean)).toHaveLength(5);
      expect(await tried('right')).toEqual([false, 5, ['right']]);
      expect(await requests.tryCode(randomUUID(), 'right', now)).toBeUndefined();
    });

    test('a used request is not mailed again, and its notice is sent once', async () => {
      const asked = request({ state: 'used' });
      await requests.put(asked);
      await requests.markMailed(asked.tagId);
      await requests.markNotified(asked.tagId, now);

      expect(await requests.get(asked.tagId)).toEqual({ ...asked, notifiedAt: now });
      expect(await requests.beginTry(asked, 'a try', undefined)).toBe(false);
    });

    test('a try to send a notice belongs to one writer, who may take it back', async () => {
      const asked = request({ state: 'used' });
      await requests.put(asked);
      expect(await requests.beginTry(asked, 'try 1', undefined)).toBe(true);
      expect(await requests.beginTry(asked, 'a rival', undefined)).toBe(false);
      await requests.takeTryBack(asked, 'a rival', undefined);
      expect(await requests.beginTry({ ...asked, tries: 1 }, 'try 2', undefined)).toBe(true);
      expect(await requests.get(asked.tagId)).toEqual({ ...asked, tries: 2, tryId: 'try 2' });
      await requests.takeTryBack({ ...asked, tries: 1 }, 'try 2', undefined);
      expect(await requests.get(asked.tagId)).toEqual({ ...asked, tries: 1 });
    });

    test('those that wait are found until they are mailed', async () => {
      const [one, other, mailed] = [
        request(),
        request({ requestedAt: now + 1 }),
        request({ state: 'mailed' }),
      ];
      for (const each of [one, other, mailed]) {
        await requests.put(each);
        await requests.hold(each.tagId);
      }
      const waiting = async () => {
        const ours = (await requests.waiting()).filter(({ tagId }) =>
          [one, other, mailed].some((each) => each.tagId === tagId),
        );
        return ours.toSorted((a, b) => a.requestedAt - b.requestedAt);
      };
      expect(await waiting()).toEqual([
        { tagId: one.tagId, requestedAt: one.requestedAt },
        { tagId: other.tagId, requestedAt: now + 1 },
      ]);
      expect(await requests.beginTry({ ...one, state: 'waiting' }, 'a try', secret('one'))).toBe(true);
      await requests.markMailed(one.tagId);
      expect((await waiting()).map(({ tagId }) => tagId)).toEqual([other.tagId]);
    });

    test('nothing is made out of a request that is gone', async () => {
      const tagId = randomUUID();

      const gone = { tagId, state: 'requested' } as const;
      expect(await requests.beginTry(gone, 'a try', secret('one'))).toBe(false);
      await requests.markMailed(tagId);
      await requests.markNotified(tagId, now);
      await requests.takeTryBack(gone, 'a try', secret('one'));
      await requests.hold(tagId);
      expect(await requests.get(tagId)).toBeUndefined();
    });
  });

  describe('throttles', () => {
    const attempts = {
      failures: 1,
      consecutive: 1,
      pending: [],
      lockedUntil: 0,
      quietAt: later,
      rememberedUntil: later,
    };

    test('a counter stops at its limit, however many ask at once', async () => {
      const counter = randomUUID();
      const taken = await Promise.all(
        Array.from({ length: 20 }, () => throttles.increment(counter, 7, later)),
      );

      expect(taken.filter(Boolean)).toHaveLength(7);
      await throttles.decrement(counter);
      expect(await throttles.increment(counter, 7, later)).toBe(true);
      expect(await throttles.increment(counter, 7, later)).toBe(false);
    });

    test('a counter never falls below nothing', async () => {
      const counter = randomUUID();
      await throttles.decrement(counter);
      expect(await throttles.increment(counter, 1, later)).toBe(true);
      expect(await throttles.increment(counter, 1, later)).toBe(false);
    });

    test('of writers who saw the same value exactly one swaps, and the others learn the latest', async () => {
      const counter = randomUUID();
      const results = await Promise.all(
        Array.from({ length: 10 }, (_, failures) =>
          throttles.compareAndSwapAttempts(counter, undefined, { ...attempts, failures }, now),
        ),
      );

      expect(results.filter(({ swapped }) => swapped)).toHaveLength(1);
      const stored = await throttles.readAttempts(counter);
      expect(results.find(({ swapped }) => !swapped)).toEqual({ swapped: false, latest: stored });
    });

    test('a value is removed only by who saw it', async () => {
      const counter = randomUUID();
      const first = await throttles.compareAndSwapAttempts(counter, undefined, attempts, now);
      const version = first.swapped ? first.version : '';
      const remove = (seen: string) =>
        throttles.compareAndSwapAttempts(counter, { value: attempts, version: seen }, undefined, now);

      expect((await remove('stale')).swapped).toBe(false);
      expect((await remove(version)).swapped).toBe(true);
      expect(await throttles.readAttempts(counter)).toBeUndefined();
    });

    test('a swap that asks for a mail writes both, or neither', async () => {
      const counter = randomUUID();
      const mail = request({ tagId: randomUUID(), purpose: 'locked' });
      const first = await throttles.compareAndSwapAttempts(counter, undefined, attempts, now);
      const version = first.swapped ? first.version : '';
      const next = { ...attempts, consecutive: 100 };
      const swap = (seen: string) =>
        throttles.compareAndSwapAttempts(counter, { value: attempts, version: seen }, next, now, { mail });

      expect(await swap('stale')).toEqual({ swapped: false, latest: { value: attempts, version } });
      expect(await requests.get(mail.tagId)).toBeUndefined();
      expect((await swap(version)).swapped).toBe(true);
      expect(await requests.get(mail.tagId)).toMatchObject({ purpose: 'locked', state: 'requested' });
      expect((await throttles.readAttempts(counter))?.value).toEqual(next);
    });

    test('what has expired, to the second, is as good as nothing to who saw nothing', async () => {
      const counter = randomUUID();
      await throttles.compareAndSwapAttempts(counter, undefined, attempts, now);
      const next = { ...attempts, failures: 2 };

      expect((await throttles.compareAndSwapAttempts(counter, undefined, next, later - 1)).swapped).toBe(
        false,
      );
      expect((await throttles.compareAndSwapAttempts(counter, undefined, next, later)).swapped).toBe(true);
    });

    test('what never expires is never overwritten by who saw nothing', async () => {
      const counter = randomUUID();
      await throttles.compareAndSwapAttempts(counter, undefined, { ...attempts, consecutive: 100 }, now);

      expect((await throttles.compareAndSwapAttempts(counter, undefined, attempts, later * 2)).swapped).toBe(
        false,
      );
    });
  });
});

test('the state of a session is what decides whether it is over, and none of its hashes', async () => {
  const sessions = sessionStore(database);
  const opened = session();
  await sessions.open(opened);
  const { credentialVersion, idleExpiresAt, absoluteExpiresAt } = opened;
  const state = { credentialVersion, idleExpiresAt, absoluteExpiresAt };
  expect(await sessionStates(database).get(opened)).toEqual(state);
  await sessions.end(opened, now);
  expect(await sessionStates(database).get(opened)).toEqual({ ...state, endedAt: now });
  expect(await sessionStates(database).get(session())).toBeUndefined();
});

describe('keys', () => {
  test('of ten functions that make the first key one wins, and so of ten that make the next', async () => {
    // Tables of their own: in the shared ones every other test signs with the newest key.
    const prefix = `keys-${randomUUID()}`;
    await createTables({ endpoint: inject('stack').dynamodbUrl, service: await readService(), prefix });
    const keys = keyStore(openDatabase(prefix));
    const race = (newest: string | undefined) =>
      Promise.all(
        Array.from({ length: 10 }, () =>
          keys.add({ kid: randomUUID(), publicJwk: { kty: 'RSA' }, signsFrom: now }, 'sealed', newest),
        ),
      );

    expect((await race(undefined)).filter(Boolean)).toHaveLength(1);
    const [first] = await keys.list();
    expect(first).toEqual({ kid: expect.any(String), publicJwk: { kty: 'RSA' }, signsFrom: now });
    expect((await race(first?.kid)).filter(Boolean)).toHaveLength(1);
    expect(await keys.list()).toHaveLength(2);
    expect(await keys.sealedPrivateKey(first?.kid ?? '')).toBe('sealed');
    expect(await keys.sealedPrivateKey('unknown')).toBeUndefined();
  });
});

test('a database that refuses is "unavailable", with its own words kept for the log', async () => {
  const failure = await userStore(openDatabase('no-such-prefix'))
    .get(randomUUID())
    .catch((error: unknown) => error);

  expect(failure).toBeInstanceOf(ProblemError);
  expect((failure as ProblemError).problem).toEqual({ code: 'unavailable', retryAfter: 2 });
  expect((failure as ProblemError).cause).toMatchObject({ name: 'ResourceNotFoundException' });
});

test('of several stage keys stored at once one stays, and no later one replaces it', async () => {
  const prefix = `stage-${randomUUID()}`;
  await createTables({ endpoint: inject('stack').dynamodbUrl, prefix });
  const store = stageKeyStore(openDatabase(prefix));
  expect(await store.sealedStageKey()).toBeUndefined();
  await Promise.all(['a', 'b', 'c'].map((sealed) => store.addStageKey(sealed)));
  const first = await store.sealedStageKey();
  expect(['a', 'b', 'c']).toContain(first);
  await store.addStageKey('later');
  expect(await store.sealedStageKey()).toBe(first);
});
