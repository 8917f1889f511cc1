// The stores of an operator's use-cases, on DynamoDB and in memory: what the doubles of test/core promise must be true.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { User } from '../../lib/core/account.ts';
import type { AccountAdministration } from '../../lib/core/administer-account.ts';
import type { ImportStore } from '../../lib/core/import-users.ts';
import type { MailRequest } from '../../lib/core/mail-request.ts';
import type { Tombstone, TombstoneStore } from '../../lib/core/tombstone.ts';
import { accountAdministration } from '../../lib/dynamodb/account-administration.ts';
import { openDatabase } from '../../lib/dynamodb/database.ts';
import { importStore } from '../../lib/dynamodb/import-store.ts';
import { mailRequestStore } from '../../lib/dynamodb/mail-requests.ts';
import { tombstoneStore } from '../../lib/dynamodb/tombstones.ts';
import { userStore } from '../../lib/dynamodb/users.ts';
import { newTables } from '../faults/own-world.ts';
import {
  memoryAdministration,
  memoryImportStore,
  memoryTombstones,
} from '../harness/memory/administration.ts';
import { memoryMailRequests } from '../harness/memory/mail-requests.ts';
import { memoryUsers } from '../harness/memory/users.ts';

const NOW = Date.UTC(2026, 0, 1);

type Stores = {
  accounts: AccountAdministration;
  imports: ImportStore;
  tombstones: TombstoneStore;
  userOf(userId: string): Promise<User | undefined>;
  requestOf(tagId: string): Promise<MailRequest | undefined>;
};

/** In tables of its own: the stack's stream would mail what is asked for here. */
async function inDynamodb(): Promise<Stores> {
  const database = openDatabase(await newTables('without a key'));
  return {
    accounts: accountAdministration(database),
    imports: importStore(database),
    tombstones: tombstoneStore(database),
    userOf: userStore(database).get,
    requestOf: mailRequestStore(database).get,
  };
}

async function inMemory(): Promise<Stores> {
  const users = memoryUsers();
  const tombstones = memoryTombstones();
  const requests = memoryMailRequests();
  return {
    accounts: memoryAdministration(users, tombstones),
    imports: memoryImportStore(users, requests),
    tombstones,
    userOf: users.get,
    requestOf: requests.get,
  };
}

function user(fields: Partial<User> = {}): User {
  return {
    userId: randomUUID(),
    email: `${randomUUID()}@example.com`,
    ...{ name: 'Ada', bio: null, passwordHash: 'a hash', status: 'active' },
    ...{ credentialVersion: 1, createdAt: NOW },
    ...fields,
  };
}

function tombstone(): Tombstone {
  return { id: randomUUID().replaceAll('-', ''), deletedAt: NOW, expiresAt: NOW + 1_000 };
}

describe.each([
  ['DynamoDB', inDynamodb],
  ['memory', inMemory],
])('in %s', async (_, open) => {
  const { accounts, imports, tombstones, userOf, requestOf } = await open();

  async function stored(fields: Partial<User> = {}): Promise<User> {
    const one = user(fields);
    expect(await imports.add([{ user: one, by: 'import' }])).toEqual([{ added: true }]);
    return one;
  }

  test('a status changes once, and ends the sessions when it becomes disabled', async () => {
    const ada = await stored();
    expect(await accounts.setStatus(ada.userId, 'active', 'operator')).toBe('unchanged');
    expect(await accounts.setStatus(ada.userId, 'disabled', 'operator')).toBe('changed');
    expect(await accounts.setStatus(ada.userId, 'disabled', 'operator')).toBe('unchanged');
    expect(await userOf(ada.userId)).toEqual({ ...ada, status: 'disabled', credentialVersion: 2 });
    expect(await accounts.setStatus(ada.userId, 'active', 'operator')).toBe('changed');
    expect(await userOf(ada.userId)).toEqual({ ...ada, credentialVersion: 2 });
  });

  test('sessions end as often as they are ended', async () => {
    const ada = await stored();
    expect(await accounts.endSessions(ada.userId)).toBe(true);
    expect(await accounts.endSessions(ada.userId)).toBe(true);
    expect(await userOf(ada.userId)).toEqual({ ...ada, credentialVersion: 3 });
  });

  test('mail is allowed where it was refused', async () => {
    const ada = await stored({ mailRefused: 'bounced' });
    expect(await accounts.allowMail(ada.userId)).toBe('changed');
    expect(await accounts.allowMail(ada.userId)).toBe('unchanged');
    expect(await userOf(ada.userId)).not.toHaveProperty('mailRefused');
  });

  test("an address is verified once, and only while it is the account's", async () => {
    const ada = await stored();
    expect(await accounts.verifyEmail({ ...ada, email: 'another@example.com' }, 'operator')).toBe('gone');
    expect(await accounts.verifyEmail(ada, 'operator')).toBe('changed');
    expect(await accounts.verifyEmail(ada, 'operator')).toBe('unchanged');
    expect(await userOf(ada.userId)).toEqual({ ...ada, emailVerified: true });
  });

  test('roles are exactly those that were set last', async () => {
    const ada = await stored();
    expect(await accounts.setRoles(ada.userId, [])).toBe('unchanged');
    expect(await accounts.setRoles(ada.userId, ['admin', 'editor'])).toBe('changed');
    expect(await accounts.setRoles(ada.userId, ['admin', 'editor'])).toBe('unchanged');
    expect(await accounts.setRoles(ada.userId, ['editor'])).toBe('changed');
    expect(await userOf(ada.userId)).toEqual({ ...ada, roles: ['editor'] });
    expect(await accounts.setRoles(ada.userId, [])).toBe('changed');
    expect(await userOf(ada.userId)).toEqual(ada);
  });

  test('nothing happens to an account that is gone, and none is made of it', async () => {
    const userId = randomUUID();
    expect(await accounts.setStatus(userId, 'disabled', 'operator')).toBe('gone');
    expect(await accounts.endSessions(userId)).toBe(false);
    expect(await accounts.allowMail(userId)).toBe('gone');
    expect(await accounts.verifyEmail({ userId, email: 'nobody@example.com' }, 'operator')).toBe('gone');
    expect(await accounts.setRoles(userId, ['admin'])).toBe('gone');
    expect(await accounts.setRoles(userId, [])).toBe('gone');
    expect(await accounts.delete({ userId, email: 'nobody@example.com' }, tombstone(), 'operator')).toBe(
      false,
    );
    expect(await userOf(userId)).toBeUndefined();
  });

  test('a deletion takes account and address and leaves a tombstone, or does nothing at all', async () => {
    const [ada, bob] = [await stored(), await stored()];
    const [wrong, right] = [tombstone(), tombstone()];
    expect(await accounts.delete({ ...ada, email: bob.email }, wrong, 'operator')).toBe(false);
    expect(await userOf(ada.userId)).toEqual(ada);
    expect(await imports.ownersOf([bob.email])).toEqual(new Map([[bob.email, bob.userId]]));

    expect(await accounts.delete(ada, right, 'operator')).toBe(true);
    expect(await userOf(ada.userId)).toBeUndefined();
    expect(await imports.ownersOf([ada.email, bob.email])).toEqual(new Map([[bob.email, bob.userId]]));
    expect(await tombstones.deletedAt([wrong.id, right.id])).toEqual(new Map([[right.id, NOW]]));
    expect(await tombstones.deletedAt([])).toEqual(new Map());
  });

  test('everybody is listed with the attributes that are asked for, absent ones left out', async () => {
    const [ada, bob] = [await stored(), await stored({ mailRefused: 'complained' })];
    const listed: unknown[] = [];
    for await (const one of accounts.all(['userId', 'name', 'status', 'mailRefused'])) listed.push(one);
    expect(listed).toContainEqual({ userId: ada.userId, name: 'Ada', status: 'active' });
    expect(listed).toContainEqual({
      userId: bob.userId,
      name: 'Ada',
      status: 'active',
      mailRefused: 'complained',
    });
  });

  test('pages hold everybody once, each as many as were asked for, and the last one says so', async () => {
    for (let missing = 0; missing < 3; missing += 1) await stored();
    const everybody: string[] = [];
    for await (const { userId } of accounts.all(['userId'])) everybody.push(userId);
    for (const limit of [1, 2, everybody.length - 1, everybody.length, everybody.length + 1]) {
      const found: string[] = [];
      let after: string | undefined;
      do {
        const { users, last } = await accounts.page(['userId', 'status'], { limit, after });
        expect(users.length).toBe(Math.min(limit, everybody.length - found.length));
        found.push(...users.map(({ userId }) => userId));
        expect(last).toBe(found.length < everybody.length ? found.at(-1) : undefined);
        after = last;
      } while (after !== undefined);
      expect(found.toSorted()).toEqual(everybody.toSorted());
    }
  });

  test('a page goes on behind an account that was deleted meanwhile', async () => {
    const first = await accounts.page(['userId', 'email'], { limit: 1, after: undefined });
    const all = await accounts.page(['userId'], { limit: 1_000, after: undefined });
    const [one] = first.users as [{ userId: string; email: string }];
    expect(await accounts.delete(one, tombstone(), 'operator')).toBe(true);
    const rest = await accounts.page(['userId'], { limit: 1_000, after: one.userId });
    expect(rest.users).toEqual(all.users.slice(1));
  });

  test('each of many accounts is added whole, with its mail request, or not at all', async () => {
    const [owner, other] = [await stored(), await stored()];
    const request = (userId: string): MailRequest => ({
      tagId: randomUUID(),
      ...{
        kind: 'unknown', // or the stream of the stack would mail it meanwhile
        state: 'requested',
        userId,
        requestedAt: NOW,
        secretHashes: [],
        expiresAt: NOW + 1_000,
      },
    });
    const many = Array.from({ length: 60 }, () => user()).map((one) => ({
      by: 'import',
      user: one,
      mailRequest: request(one.userId),
    }));
    const [first] = many;
    const taken = { by: 'import', user: user({ email: owner.email }), mailRequest: request(owner.userId) };
    const sameId = {
      by: 'import',
      user: user({ userId: other.userId }),
      mailRequest: request(other.userId),
    };
    expect(await imports.add([taken, ...many, sameId])).toEqual([
      { added: false, owner: owner.userId },
      ...many.map(() => ({ added: true })),
      { added: false },
    ]);
    expect(await userOf(first?.user.userId ?? '')).toEqual(first?.user);
    expect(await requestOf(first?.mailRequest.tagId ?? '')).toEqual(first?.mailRequest);
    expect(await userOf(taken.user.userId)).toBeUndefined();
    for (const { mailRequest } of [taken, sameId]) expect(await requestOf(mailRequest.tagId)).toBeUndefined();
    expect(await userOf(other.userId)).toEqual(other);
  });

  test('the key is made once, whoever asks first', async () => {
    const keys = await Promise.all(Array.from({ length: 4 }, () => tombstones.key()));
    for (const key of [...keys, await tombstones.existingKey()])
      expect(Buffer.from(key ?? [])).toEqual(Buffer.from(keys[0] ?? []));
    expect(keys[0]).toHaveLength(32);
  });
});
