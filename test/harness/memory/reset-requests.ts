import { MOST_TRIES, type ResetRequest, type ResetRequestStore } from '../../../lib/core/reset-request.ts';

export type MemoryResetRequests = ResetRequestStore & { rows: Map<string, ResetRequest> };

/** Reset requests in memory, with the conditions that the port asks for. */
export function memoryResetRequests(): MemoryResetRequests {
  const rows = new Map<string, ResetRequest>();

  function change(tagId: string, to: (request: ResetRequest) => Partial<ResetRequest> | undefined): boolean {
    const request = rows.get(tagId);
    const changes = request && to(request);
    if (request && changes) rows.set(tagId, { ...request, ...changes });
    return changes !== undefined;
  }

  return {
    rows,
    async put(request) {
      rows.set(request.tagId, structuredClone(request));
    },
    async get(tagId) {
      return structuredClone(rows.get(tagId));
    },
    async beginTry(tagId, from, secret) {
      return change(tagId, ({ state, secretHashes, tries = 0, notifiedAt }) => {
        if (state !== from || tries >= MOST_TRIES || notifiedAt !== undefined) return undefined;
        if (secret === undefined) return { tries: tries + 1 };
        const { secretHash, ...changes } = secret;
        return { secretHashes: [...secretHashes, secretHash], ...changes, tries: tries + 1 };
      });
    },
    async takeTryBack(tagId, secretHash) {
      change(tagId, ({ secretHashes, tries = 0 }) =>
        tries > 0
          ? { secretHashes: secretHashes.filter((hash) => hash !== secretHash), tries: tries - 1 }
          : undefined,
      );
    },
    async hold(tagId) {
      change(tagId, ({ state }) => (state === 'requested' ? { state: 'waiting' } : undefined));
    },
    async waiting() {
      return [...rows.values()]
        .filter(({ state }) => state === 'waiting')
        .map(({ tagId, requestedAt }) => ({ tagId, requestedAt }));
    },
    async markMailed(tagId) {
      change(tagId, ({ state }) =>
        state === 'requested' || state === 'waiting' ? { state: 'mailed' } : undefined,
      );
    },
    async markNotified(tagId, now) {
      change(tagId, () => ({ notifiedAt: now }));
    },
  };
}
