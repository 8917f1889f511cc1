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
    async addSecret(tagId, { secretHash, ...changes }) {
      return change(tagId, ({ state, secretHashes }) =>
        state === 'requested' ? { secretHashes: [...secretHashes, secretHash], ...changes } : undefined,
      );
    },
    async removeSecret(tagId, secretHash) {
      change(tagId, ({ secretHashes }) => ({
        secretHashes: secretHashes.filter((hash) => hash !== secretHash),
      }));
    },
    async markMailed(tagId) {
      change(tagId, ({ state }) => (state === 'requested' ? { state: 'mailed' } : undefined));
    },
    async markNotified(tagId, now) {
      change(tagId, () => ({ notifiedAt: now }));
    },
  };
}
