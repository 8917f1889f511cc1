import type { Clock } from '../core/account.ts';
import { algorithmOf, type SigningAlgorithm } from './algorithms.ts';
import { isPublished, type KeyStore, type PublicKey, type Retirement, signingKeyAt } from './key-store.ts';
import type { Sealing } from './sealing.ts';
import { makeKey } from './signing-keys.ts';
import { CACHE_MS, LOOK_AGAIN_MS } from './verification-keys.ts';

/**
 * How long a key is published before it signs, in milliseconds. API Gateway's JWT authorizer caches a JWKS for two
 * hours; a day also leaves room for a schedule that fails once or twice.
 *
 * @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
 */
export const PUBLISHED_BEFORE_MS = 24 * 60 * 60 * 1000;

/**
 * How long even the key of an emergency is published before it signs, in milliseconds: longer than a warm function caches
 * the keys, so that it knows the key when the first token comes.
 */
export const PUBLISHED_AT_LEAST_MS = LOOK_AGAIN_MS + 2_000;

/** How long a key stays listed after its last token has expired, for readers of the audit trail. */
const LISTED_AFTER_MS = 90 * 24 * 60 * 60 * 1000;

/** The difference of clocks, and the time for which a warm function may still sign with a replaced key. */
const MARGIN_MS = 5 * 60 * 1000 + CACHE_MS;

export type RotationDeps = {
  store: KeyStore;
  sealing: Pick<Sealing, 'seal'>;
  clock: Clock;
  /** The algorithm of new keys. If the newest key has another one, the next key is due. */
  algorithm: SigningAlgorithm;
  /** How long a key signs, in milliseconds. */
  keyLifetime: number;
  /** How long a token lives, in milliseconds. */
  tokenLifetime: number;
};

/** `kid`: the key that was added. `beaten`: another rotation came first, which is just as well. */
export type Rotated = { outcome: 'rotated'; kid: string } | { outcome: 'not due' | 'beaten' };

/**
 * Adds the next signing key when it is due: published now, signing in a day. The key that signs until then is kept
 * until the last of its tokens has expired. Safe to run at any time, and several times at once.
 *
 * @throws ProblemError `unavailable`
 */
export async function rotateKeys(deps: RotationDeps): Promise<Rotated> {
  const { store, clock } = deps;
  const newest = await store.newest(); // read first, so that our write fails if another key is added after this
  const keys = newest === undefined ? [] : await store.list();
  const now = clock();
  const latest = keys.find((key) => key.verifiesUntil === undefined);
  if (latest !== undefined && !isDue(deps, latest, now)) return { outcome: 'not due' };
  const signsFrom = latest === undefined ? now : now + PUBLISHED_BEFORE_MS;
  const retired = keys.flatMap((key) => replacedAt(deps, key, signsFrom));
  const forgotten = keys.filter((key) => now > (key.verifiesUntil ?? now) + LISTED_AFTER_MS);
  return add(deps, signsFrom, newest, { retired, forgotten: forgotten.map(({ kid }) => kid) });
}

function isDue({ algorithm, keyLifetime }: RotationDeps, latest: PublicKey, now: number): boolean {
  if (algorithmOf(latest.publicJwk) !== algorithm) return true;
  return now >= latest.signsFrom + keyLifetime - PUBLISHED_BEFORE_MS;
}

/**
 * Replaces the signing key within seconds, for an emergency. Tokens of the old key stay valid until they expire, unless it is
 * withdrawn too. A key that was published to sign later never will.
 *
 * @throws ProblemError `unavailable`
 */
export async function rotateKeysNow(deps: RotationDeps): Promise<Rotated> {
  const newest = await deps.store.newest();
  const keys = newest === undefined ? [] : await deps.store.list();
  const now = deps.clock();
  const signsFrom = signingKeyAt(keys, now) ? now + PUBLISHED_AT_LEAST_MS : now;
  const retired = keys
    .filter((key) => isPublished(key, now))
    .flatMap((key) =>
      key.signsFrom > now ? [{ kid: key.kid, verifiesUntil: now }] : replacedAt(deps, key, signsFrom),
    );
  return add(deps, signsFrom, newest, { retired });
}

/**
 * Withdraws a key: it leaves the JWKS, and within a minute every warm function refuses its tokens. If no other key could
 * sign, a new one is made first, and the old one is withdrawn when that begins to sign.
 *
 * @throws ProblemError `unavailable`
 */
export async function withdrawKey(
  deps: RotationDeps,
  kid: string,
): Promise<{ outcome: 'withdrawn' | 'unknown kid' }> {
  const { store, clock } = deps;
  let keys = (await store.newest()) === undefined ? [] : await store.list();
  if (!keys.some((key) => key.kid === kid)) return { outcome: 'unknown kid' };
  const successor = () =>
    keys.find(
      (key) =>
        key.kid !== kid &&
        key.verifiesUntil === undefined &&
        key.signsFrom <= clock() + PUBLISHED_AT_LEAST_MS,
    );
  // Another rotation may have come first with a key that signs only later; then repeat.
  while (successor() === undefined) {
    await rotateKeysNow(deps);
    keys = await store.list();
  }
  const now = clock();
  const signs = signingKeyAt(keys, now)?.kid === kid;
  const from = successor()?.signsFrom ?? now;
  await store.retire({ kid, verifiesUntil: signs ? Math.max(now, from) : now });
  return { outcome: 'withdrawn' };
}

/** The retirement of a key that signs until `at`. A retirement is never postponed. */
function replacedAt({ tokenLifetime }: RotationDeps, key: PublicKey, at: number): Retirement[] {
  if (key.verifiesUntil !== undefined) return [];
  return [{ kid: key.kid, verifiesUntil: at + tokenLifetime + MARGIN_MS }];
}

async function add(
  { store, sealing, algorithm }: RotationDeps,
  signsFrom: number,
  newest: string | undefined,
  changes: Parameters<KeyStore['add']>[3],
): Promise<Rotated> {
  const { key, sealed } = await makeKey(sealing, signsFrom, algorithm);
  const added = await store.add(key, sealed, newest, changes);
  return added ? { outcome: 'rotated', kid: key.kid } : { outcome: 'beaten' };
}
