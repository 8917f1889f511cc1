import { type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import { personName, type RawFields, readFields } from './fields.ts';
import type { Language } from './language.ts';
import { newMailRequest } from './mail-request.ts';
import { factorId, isFactorId } from './passkey-fields.ts';
import type { PasskeyStore } from './passkeys.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import { requireStepUp } from './step-up.ts';

export type ManagePasskeyRequest = Bearer & { body: () => RawFields };

export const renamePasskeyFields = { factorId, name: personName };

/**
 * Renames a passkey. For one that the account doesn't have nothing happens, and the answer doesn't reveal whether it is
 * somebody's.
 *
 * @throws ProblemError those of `authenticate`, `invalid-fields`, `unavailable`
 */
export async function renamePasskey(
  deps: Authenticator & { passkeys: Pick<PasskeyStore, 'rename'> },
  request: ManagePasskeyRequest,
): Promise<void> {
  const { user } = await authenticate(deps, request);
  const { factorId: id, name } = readFields(renamePasskeyFields, request.body());
  if (isFactorId(id)) await deps.passkeys.rename(user.userId, id, name);
}

export const removePasskeyFields = { factorId };

/**
 * Removes a passkey, and ends every session that it opened, which may include this one.
 *
 * @returns the ids of the remaining credentials, so that the browser can delete the others
 * @throws ProblemError those of `authenticate`, `step-up-required`, `invalid-fields`, `unavailable`
 */
export async function removePasskey(
  deps: Authenticator & { passkeys: Pick<PasskeyStore, 'list' | 'remove'>; tagLifetime: number },
  request: ManagePasskeyRequest & { language: Language },
): Promise<string[]> {
  const { user: first, session, claims } = await authenticate(deps, request);
  requireStepUp(first, claims, { fresh: true }, deps.clock());
  const { factorId: id } = readFields(removePasskeyFields, request.body());
  let user = first;
  return retryOnConflict('uses of the passkey', async () => {
    const passkeys = await deps.passkeys.list(user.userId);
    const left = passkeys.filter((one) => one.factorId !== id).map(({ credentialId }) => credentialId);
    const passkey = passkeys.find((one) => one.factorId === id);
    if (passkey === undefined) return left;
    const now = deps.clock();
    const asked = { userId: user.userId, language: request.language, purpose: 'passkey-removed' } as const;
    const mail = newMailRequest(asked, now, deps.tagLifetime);
    if (await deps.passkeys.remove({ user, passkey, session, now, mail })) return left;
    user = (await authenticate(deps, request)).user;
    return CONFLICT;
  });
}
