import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createClient, memoryStorage, type TokenStorage } from '../src/index.ts';
import { held, refusing } from './interfered-api.ts';
import { webStorage } from './tab.ts';
import { letTokensExpire, REFRESH, type World, world } from './world.ts';

/** All that is in a `Storage`. */
const contents = (storage: Storage) =>
  Array.from({ length: storage.length }, (_, index) => storage.getItem(storage.key(index) ?? '')).join('\n');

describe('the storage of tabs', () => {
  test('has no token in the clear, in neither place', async () => {
    const here = await world();
    const tab = here.open();
    await tab.logIn(here.person);
    const token = await tab.accessToken();
    const stored = `${await here.stored()} ${contents(tab.kept.sessionStorage)}`;
    expect(stored).not.toContain(token);
    expect(stored).not.toMatch(/accessToken|refreshToken|eyJ/);
    expect(await here.stored()).toBeDefined();
  });

  test('keeps the session over a reload', async () => {
    const here = await world();
    const tab = here.open();
    await tab.logIn(here.person);
    tab.close();
    const reloaded = here.open({ sessionStorage: tab.kept.sessionStorage });
    expect(await reloaded.welcome()).toMatchObject({ user: { email: here.person.email } });
    expect(here.api.count(REFRESH)).toBe(0);
  });

  test('lets a new tab in while another is open', async () => {
    const here = await world();
    const tab = here.open();
    await tab.logIn(here.person);
    const fresh = here.open();
    const [first, second] = await Promise.all([fresh.hasSession(), fresh.welcome()]);
    expect([first, second.user.email]).toEqual([true, here.person.email]);
  });

  test('leaves nothing usable behind when all tabs are closed, and the next log-in is not in its way', async () => {
    const here = await world();
    const tab = here.open();
    await tab.logIn(here.person);
    tab.close();

    const later = here.open();
    expect(await here.stored()).toBeDefined();
    expect(await later.hasSession()).toBe(false);
    await later.logIn(here.person);
    expect(await here.open().welcome()).toMatchObject({ user: { email: here.person.email } });
  });

  test('finds the newest tokens for a tab that was asleep, whoever logged in meanwhile', async () => {
    const here = await world();
    const asleep = here.open();
    await asleep.logIn(here.person);
    const other = here.open();
    await other.logOut();
    await other.logIn(here.person); // under another key
    letTokensExpire();
    await other.welcome();

    expect(await asleep.accessToken()).toBe(await other.accessToken());
    expect(here.api.count(REFRESH)).toBe(1);
  });
});

/** A client of this realm on a storage that is given. */
function clientOn({ api }: World, storage: TokenStorage) {
  const errors: unknown[] = [];
  const client = createClient({ baseUrl: api.url, storage, onStorageError: (error) => errors.push(error) });
  onTestFinished(() => client.close());
  return { client, errors };
}

const fail = () => {
  throw new Error('QuotaExceededError');
};

describe('a storage that throws', () => {
  test.for<[string, Partial<TokenStorage>]>([
    ['when it is read', { get: fail }],
    ['when it is written', { set: fail }],
    ['when it is written and when something is removed', { set: fail, remove: fail }],
    ['whatever it is asked', { get: fail, set: fail, remove: fail }],
    ['later, by promises', { get: async () => fail(), set: async () => fail(), remove: async () => fail() }],
  ])('%s is stood in for by memory, and the application is told', async ([, faulty]) => {
    const here = await world();
    const { client, errors } = clientOn(here, { ...persistentIn(webStorage()), ...faulty });
    await client.logIn(here.person);
    here.api.next('/auth', refusing(await client.accessToken()));

    expect(await client.welcome()).toMatchObject({ user: { email: here.person.email } });
    expect(here.api.count(REFRESH)).toBe(1);
    expect(await client.hasSession()).toBe(true);
    expect(errors).toContainEqual(new Error('QuotaExceededError'));
    await client.logOut();
    expect(await client.hasSession()).toBe(false);
  });

  test('when new tokens are written has none afterwards: another tab must not present the one before', async () => {
    const here = await world();
    const storage = persistentIn(webStorage());
    const { client } = clientOn(here, storage);
    await client.logIn(here.person);
    const set = vi.spyOn(storage, 'set').mockImplementation(fail);
    here.api.next('/auth', refusing(await client.accessToken()));
    await client.welcome();

    expect(storage.get()).toBeNull();
    await client.welcome();
    set.mockRestore();
    here.api.next('/auth', refusing(await client.accessToken()));
    await client.welcome();
    expect(storage.get()).toContain(await client.accessToken());
  });

  test.for(['', 'null', '[]', '"a"', '{"id":', '{}'])('or holds %j has no session', async (text) => {
    const here = await world();
    const storage = persistentIn(webStorage());
    await storage.set(text);
    expect(await clientOn(here, storage).client.hasSession()).toBe(false);
  });
});

test('what a slow storage has read before a log-in does not end the session that has begun', async () => {
  const here = await world();
  const storage = persistentIn(webStorage());
  const ends: string[] = [];
  const client = createClient({
    baseUrl: here.api.url,
    storage,
    onSessionEnd: (reason) => ends.push(reason),
  });
  onTestFinished(() => client.close());
  const { promise: read, resolve: goOn } = Promise.withResolvers<string | null>();
  vi.spyOn(storage, 'get').mockReturnValueOnce(read);

  const asking = client.hasSession();
  await client.logIn(here.person);
  goOn(null);
  expect(await asking).toBe(true);
  await client.welcome();
  expect(ends).toEqual([]);
});

test('an old answer replaces no newer tokens, even where neither lock nor news tells of them', async () => {
  const here = await world();
  const { name: _, ...place } = persistentIn(webStorage());
  const [one, two] = [clientOn(here, place).client, clientOn(here, place).client];
  await one.logIn(here.person);
  here.api.next('/auth', refusing(await one.accessToken()));
  const gate = held();
  here.api.next(REFRESH, gate.interference);
  const asking = one.welcome().catch((error: unknown) => error);
  await gate.answered;
  await two.logIn(here.person);
  const newer = await place.get();
  gate.release();

  expect(await asking).toMatchObject({ status: 401 }); // of the session before
  expect(await place.get()).toBe(newer);
});

test('clients that keep tokens in memory know nothing of each other', async () => {
  const here = await world();
  const [one, two] = [clientOn(here, memoryStorage()).client, clientOn(here, memoryStorage()).client];
  await Promise.all([one.logIn(here.person), two.logIn(here.person)]);
  await one.logOut();
  await expect(two.welcome()).resolves.toBeDefined();
});

/** What `persistentStorage` is, on a `Storage` that is no global. */
function persistentIn(kept: Storage): TokenStorage {
  return {
    name: 'shared',
    get: () => kept.getItem('tokens'),
    set: (secret) => kept.setItem('tokens', secret),
    remove: () => kept.removeItem('tokens'),
  };
}
