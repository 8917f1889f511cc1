import type { KeyStore, PublicKey } from '../../../lib/tokens/key-store.ts';

export type MemoryKeyStore = KeyStore & {
  rows: Map<string, { key: PublicKey; sealed: string }>;
  /** How often all keys were listed. */
  lists(): number;
};

/** Keys in memory. One key at a time is the newest, and only who names it adds the next. */
export function memoryKeyStore(): MemoryKeyStore {
  const rows: MemoryKeyStore['rows'] = new Map();
  let newestKid: string | undefined;
  let lists = 0;

  function retireAll(retired: readonly { kid: string; verifiesUntil: number }[]) {
    for (const { kid, verifiesUntil } of retired) {
      const row = rows.get(kid);
      if (row) rows.set(kid, { ...row, key: { ...row.key, verifiesUntil } });
    }
  }

  return {
    rows,
    lists: () => lists,
    async list() {
      lists += 1;
      return [...rows.values()].map(({ key }) => structuredClone(key));
    },
    async sealedPrivateKey(kid) {
      return rows.get(kid)?.sealed;
    },
    async newest() {
      return newestKid;
    },
    async add(key, sealed, newest, { retired = [], forgotten = [] } = {}) {
      if (newest !== newestKid || retired.some(({ kid }) => !rows.has(kid))) return false;
      newestKid = key.kid;
      rows.set(key.kid, { key: structuredClone(key), sealed });
      retireAll(retired);
      for (const kid of forgotten) rows.delete(kid);
      return true;
    },
    async retire(retirement) {
      retireAll([retirement]);
      return rows.has(retirement.kid);
    },
  };
}
