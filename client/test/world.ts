import { IDBFactory as BrowserMemory } from 'fake-indexeddb';
import { inject, onTestFinished } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { type Person, signedUp } from '../../test/harness/people.ts';
import type { Client, ClientOptions } from '../src/index.ts';
import { type InterferedApi, interferedApi } from './interfered-api.ts';
import { clock, type Kept, openTab, webStorage } from './tab.ts';

export const REFRESH = '/auth/refresh-tokens';
const HOUR = 3_600_000;

export type Tab = Client & { ends: string[]; starts: () => number; kept: Kept };

export type World = {
  api: InterferedApi;
  person: Person;
  /** Opens a tab on the storage that all of them share, with a `sessionStorage` of its own unless one is given. */
  open(
    how?: Partial<ClientOptions> & {
      without?: 'locks';
      /** Globals of the tab that are not as they should be. */
      refusals?: PropertyDescriptorMap;
      sessionStorage?: Storage;
    },
  ): Tab;
  /** What IndexedDB holds of the session: `undefined` when nothing. */
  stored(): Promise<string | undefined>;
};

/** An account, the API behind a proxy, and a browser to open tabs in; all gone after the test. */
export async function world(): Promise<World> {
  clock.ahead = 0;
  const api = await interferedApi(inject('stack').apiUrl);
  const indexedDB = new BrowserMemory();
  const person = await signedUp(overHttp);
  onTestFinished(() => api.stop());
  return {
    api,
    person,
    stored: () => storedIn(indexedDB, `gatehouse ${api.url}/`),
    open({ without, refusals, sessionStorage = webStorage(), ...options } = {}) {
      const kept = { indexedDB, sessionStorage };
      const ends: string[] = [];
      let starts = 0;
      const client = openTab(kept, without, refusals).createClient({
        baseUrl: api.url,
        onSessionEnd: (reason) => ends.push(reason),
        onSessionStart: () => {
          starts += 1;
        },
        ...options,
      });
      onTestFinished(() => client.close());
      return Object.assign(client, { ends, starts: () => starts, kept });
    },
  };
}

function storedIn(indexedDB: IDBFactory, name: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(name);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const reading = opening.result.transaction('tokens').objectStore('tokens').get(0);
      reading.onsuccess = () => resolve(reading.result);
    };
  });
}

/** Several tabs, all logged in by the first of them. */
export async function tabsOf({ open, person }: World, count: number): Promise<[Tab, ...Tab[]]> {
  const first = open();
  await first.logIn(person);
  const others = Array.from({ length: count - 1 }, () => open());
  for (const tab of others) await tab.welcome();
  return [first, ...others];
}

/** Moves the clock that all tabs see by so many hours, for the rest of the test. */
export function clockMovedBy(hours: number): void {
  clock.ahead += hours * HOUR;
}

/** So that every access token that was issued before has expired, as far as clients know. */
export const letTokensExpire = () => clockMovedBy(1);

/** What the API answers to a token that a client holds or held. */
export async function welcomeStatus(accessToken: string): Promise<number> {
  const headers = { authorization: `Bearer ${accessToken}` };
  return (await overHttp.send({ path: '/auth', headers })).status;
}

export async function refreshStatus(refreshToken: string): Promise<number> {
  return (await overHttp.send({ path: REFRESH, body: { refreshToken } })).status;
}
