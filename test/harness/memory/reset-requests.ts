import type { ResetRequest, ResetRequestStore } from '../../../lib/core/reset-request.ts';

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
    async beginTry({ tagId, state: seen, tries: seenTries = 0 }, tryId, secret) {
      if (rows.get(tagId)?.tryId === tryId) return true; // our own write, whose answer was lost
      return change(tagId, ({ state, secretHashes, tries = 0, notifiedAt }) => {
        if (state !== seen || tries !== seenTries || notifiedAt !== undefined) return undefined;
        if (secret === undefined) return { tries: tries + 1, tryId };
        const { secretHash, ...changes } = secret;
        return { secretHashes: [...secretHashes, secretHash], ...changes, tries: tries + 1, tryId };
      });
    },
    async takeTryBack({ tagId, tries = 0 }, tryId, secretHash) {
      const row = rows.get(tagId);
      if (row?.tryId !== tryId) return;
      const { tryId: _, ...rest } = row;
      rows.set(tagId, {
        ...rest,
        tries,
        secretHashes: row.secretHashes.filter((hash) => hash !== secretHash),
      });
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
      const { recipient: _, ...row } = rows.get(tagId) ?? ({} as ResetRequest);
      if (row.state === 'mailed') rows.set(tagId, row);
    },
    async markNotified(tagId, now) {
      change(tagId, () => ({ notifiedAt: now }));
    },
  };
}
