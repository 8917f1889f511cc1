import type { ChangeEmailDeps } from '../../../lib/core/change-email.ts';
import { MAX_CODE_TRIES } from '../../../lib/core/mail-code.ts';
import type { CodeTries, MailRequest, MailRequestStore } from '../../../lib/core/mail-request.ts';

export type MemoryMailRequests = MailRequestStore &
  CodeTries &
  ChangeEmailDeps['mails'] & { rows: Map<string, MailRequest> };

/** Reset requests in memory, with the conditions that the port asks for. */
export function memoryMailRequests(): MemoryMailRequests {
  const rows = new Map<string, MailRequest>();

  function change(tagId: string, to: (request: MailRequest) => Partial<MailRequest> | undefined): boolean {
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
      return change(tagId, ({ state, secretHashes, codeHashes = [], tries = 0, notifiedAt }) => {
        if (state !== seen || tries !== seenTries || notifiedAt !== undefined) return undefined;
        if (secret === undefined) return { tries: tries + 1, tryId };
        const { secretHash, codeHash, ...changes } = secret;
        return {
          secretHashes: [...secretHashes, ...(secretHash ? [secretHash] : [])],
          ...(codeHash && { codeHashes: [...codeHashes, codeHash] }),
          ...changes,
          tries: tries + 1,
          tryId,
        };
      });
    },
    async takeTryBack({ tagId, tries = 0 }, tryId, secret) {
      const row = rows.get(tagId);
      if (row?.tryId !== tryId) return;
      const { tryId: _, ...rest } = row;
      rows.set(tagId, {
        ...rest,
        tries,
        secretHashes: row.secretHashes.filter((hash) => hash !== secret?.secretHash),
      });
    },
    async putAll(requests) {
      for (const request of requests) rows.set(request.tagId, structuredClone(request));
    },
    async tryCode(tagId, codeHash, now) {
      const counted = change(
        tagId,
        ({ state, codeHashes = [], codeTries = 0, codeUntil = Number.POSITIVE_INFINITY }) =>
          state !== 'used' && !codeHashes.includes(codeHash) && codeTries < MAX_CODE_TRIES && now < codeUntil
            ? { codeTries: codeTries + 1 }
            : undefined,
      );
      const row = structuredClone(rows.get(tagId));
      return row && { counted, row };
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
      const { recipient: _, ...row } = rows.get(tagId) ?? ({} as MailRequest);
      if (row.state === 'mailed') rows.set(tagId, row);
    },
    async markNotified(tagId, now) {
      change(tagId, () => ({ notifiedAt: now }));
    },
  };
}
