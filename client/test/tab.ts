import { createContext, runInContext } from 'node:vm';
import { buildSync } from 'esbuild';
import type * as entry from '../src/index.ts';

const [bundle] = buildSync({
  entryPoints: [new URL('../src/index.ts', import.meta.url).pathname],
  bundle: true,
  format: 'iife',
  globalName: 'gatehouse',
  write: false,
}).outputFiles;

/** What outlives a tab: IndexedDB of the origin, and `sessionStorage` of the tab itself. */
export type Kept = { indexedDB: IDBFactory; sessionStorage: Storage };

/** The clock that the tabs see: this machine's, and so many milliseconds. */
export const clock = { ahead: 0 };

/** A realm of its own with the client in it, as a tab is: Web Locks and BroadcastChannel are Node's own. */
export function openTab(
  kept: Kept,
  without: 'locks' | 'nothing' = 'nothing',
  refusals: PropertyDescriptorMap = {},
): typeof entry {
  const { BroadcastChannel, Headers, Request, Response, ReadableStream, AbortController, AbortSignal, URL } =
    globalThis;
  const { crypto, fetch, setTimeout, clearTimeout, performance, btoa, atob, TextEncoder, TextDecoder } =
    globalThis;
  const realm: Record<string, unknown> = {
    ...{ BroadcastChannel, Headers, Request, Response, ReadableStream, AbortController, AbortSignal, URL },
    ...{ crypto, fetch, setTimeout, clearTimeout, performance, btoa, atob, TextEncoder, TextDecoder },
    ...{ Uint8Array, queueMicrotask, console },
    Date: { now: () => Date.now() + clock.ahead, parse: Date.parse },
    ...kept,
    navigator: without === 'locks' ? {} : navigator,
    location: { href: 'http://localhost/' },
  };
  realm.window = realm;
  for (const [name, property] of Object.entries(refusals)) {
    Object.defineProperty(realm, name, { configurable: true, ...property });
  }
  return runInContext(`${bundle?.text}; gatehouse`, createContext(realm)) as typeof entry;
}

/** A `Storage` as browsers have it. */
export function webStorage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, String(value)),
    removeItem: (name) => void items.delete(name),
    clear: () => items.clear(),
  };
}
