import { isPublished, type PublicKey, signingKeyAt } from './key-store.ts';
import { type RotationDeps, rotateKeys, rotateKeysNow, withdrawKey } from './rotation.ts';

/** The commands of `rotate-keys`, for its schedule and for operators. */
export type KeyCommand =
  | { command: 'list' }
  | { command: 'rotate' }
  | { command: 'rotate-now' }
  | { command: 'withdraw'; kid: string };

/** Times are ISO 8601. */
export type ListedKey = {
  kid: string;
  state: 'next' | 'signing' | 'verifying' | 'retired';
  signsFrom: string;
  verifiesUntil?: string;
};

/** @throws Error for any other command; ProblemError `unavailable` */
export async function runKeyCommand(deps: RotationDeps, given: KeyCommand) {
  switch (given.command) {
    case 'list':
      return (await deps.store.newest()) === undefined ? [] : listKeys(await deps.store.list(), deps.clock());
    case 'rotate':
      return rotateKeys(deps);
    case 'rotate-now':
      return rotateKeysNow(deps);
    case 'withdraw':
      return withdrawKey(deps, given.kid);
    default:
      throw new Error('the command is none of list, rotate, rotate-now and withdraw');
  }
}

/** The keys in the order in which they sign. */
function listKeys(keys: readonly PublicKey[], now: number): ListedKey[] {
  const signing = signingKeyAt(keys, now);
  const stateOf = (key: PublicKey): ListedKey['state'] => {
    if (!isPublished(key, now)) return 'retired';
    if (key.signsFrom > now) return 'next';
    return key === signing ? 'signing' : 'verifying';
  };
  return keys
    .toSorted((a, b) => a.signsFrom - b.signsFrom)
    .map((key) => ({
      kid: key.kid,
      state: stateOf(key),
      signsFrom: new Date(key.signsFrom).toISOString(),
      ...(key.verifiesUntil !== undefined && { verifiesUntil: new Date(key.verifiesUntil).toISOString() }),
    }));
}
