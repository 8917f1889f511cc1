// What holders of an account change about its second factors.
import { randomUUID } from 'node:crypto';
import type { AccessToken, AccessTokenSigner } from './access-token.ts';
import type { User } from './account.ts';
import { type Authenticated, type Authenticator, authenticate, type Bearer } from './authenticate.ts';
import { both } from './both.ts';
import type { FactorChanges, PendingTotp, TotpSealing } from './factors.ts';
import { factorName, type RawFields, readFields, textSuchAs } from './fields.ts';
import type { Language } from './language.ts';
import { newMailRequest, type Undo } from './mail-request.ts';
import { ProblemError } from './problem.ts';
import { FACTOR_METHODS, wrongCode } from './prove-factor.ts';
import type { Purpose } from './purpose.ts';
import { newRecoveryCodes } from './recovery-codes.ts';
import { CONFLICT, retryOnConflict } from './retry-on-conflict.ts';
import type { Evidence, Session } from './session.ts';
import { requireStepUp } from './step-up.ts';
import { openCodeAttempt } from './throttle.ts';
import { isTotpCode, matchingTotpStep, newTotpSecret, totpUri, writeTotpSecret } from './totp.ts';
import { undoOf } from './undo.ts';

const PENDING_MS = 10 * 60 * 1000;

/** The order of refusals is token, step-up, body: the body is read when it is its turn. */
export type FactorRequest = Bearer & { body: () => RawFields; language: Language };

export type ChangeFactorsDeps = Authenticator & {
  factors: FactorChanges;
  sealing: TotpSealing;
  signer: AccessTokenSigner;
  /** The issuer that an authenticator app shows. */
  brand: { name: string };
  /** Milliseconds. */
  tagLifetime: number;
};

export const setUpTotpFields = { name: factorName };

/** `secret` in base32. */
export type TotpSetUp = { factorId: string; secret: string; uri: string };

/**
 * Makes the secret of a TOTP, which waits ten minutes for its first code in the session that asked. A second one replaces
 * the first.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `invalid-fields`, `factor-limit`, `unavailable`
 */
export async function setUpTotp(deps: ChangeFactorsDeps, request: FactorRequest): Promise<TotpSetUp> {
  const { user, session } = await entitled(deps, request, { fresh: true });
  const { name } = readFields(setUpTotpFields, request.body());
  if (user.totp) throw new ProblemError({ code: 'factor-limit' });
  const [id, secret, now] = [randomUUID(), newTotpSecret(), deps.clock()];
  const { userId, email } = user;
  await deps.factors.putPendingTotp(userId, {
    ...{ id, name, createdAt: now, expiresAt: now + PENDING_MS, sessionId: session.sessionId },
    sealedSecret: await deps.sealing.seal(secret, { userId, id }),
  });
  const uri = totpUri(secret, { brand: deps.brand.name, email });
  return { factorId: id, secret: writeTotpSecret(secret), uri };
}

export const confirmTotpFields = { code: textSuchAs('123456') };

export type TotpConfirmed = { recoveryCodes: string[]; accessToken: AccessToken };

/**
 * Makes the pending TOTP the account's by its first code, which is used up. The session that does it reaches `aal2`, every
 * other one ends.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `invalid-fields`, `wrong-code`, `throttled`,
 * `unavailable`
 */
export async function confirmTotp(deps: ChangeFactorsDeps, request: FactorRequest): Promise<TotpConfirmed> {
  const [found, issuer] = await both(entitled(deps, request, { fresh: false }), deps.signer.ready());
  const { code } = readFields(confirmTotpFields, request.body());
  if (!isTotpCode(code)) throw wrongCode('not six digits', false);

  const { user, session } = found;
  const attempt = openCodeAttempt(deps.throttle, user.userId);
  try {
    const [, pending] = await both(attempt.reserve(), deps.factors.pendingTotp(user.userId));
    const now = deps.clock();
    if (!belongsTo(pending, session, now)) throw wrongCode('nothing waits for a code in this session', false);
    const { codes, hashes } = newRecoveryCodes();
    const evidence = withFactor(session, now);
    const step = await stepOf(deps, user, pending, code, now);
    const undo = undoOf(user, now, [pending.id]);
    const mail = notice(deps, { user, language: request.language, purpose: 'totp-added', undo });
    const change = { user, pending, session, evidence, hashes, now, mail };
    const sign = step === undefined ? undefined : await issuer.prepare(user, { ...session, ...evidence });
    if (step === undefined || sign === undefined || !(await deps.factors.activateTotp({ ...change, step }))) {
      await attempt.failed();
      throw wrongCode('the code is wrong, or the account was changed meanwhile', true);
    }
    await attempt.succeeded();
    return { recoveryCodes: codes, accessToken: await sign(evidence.authTime, now) };
  } finally {
    await attempt.release();
  }
}

function belongsTo(pending: PendingTotp | undefined, session: Session, now: number): pending is PendingTotp {
  return pending !== undefined && pending.sessionId === session.sessionId && now < pending.expiresAt;
}

async function stepOf(
  { sealing }: ChangeFactorsDeps,
  { userId }: User,
  { id, sealedSecret }: PendingTotp,
  code: string,
  now: number,
): Promise<number | undefined> {
  return matchingTotpStep(await sealing.unseal(sealedSecret, { userId, id }), code, -1, now);
}

function withFactor({ amr }: Session, now: number): Evidence {
  return { amr: [...new Set([...amr, ...FACTOR_METHODS])], acr: 'aal2', authTime: now };
}

/**
 * Removes the TOTP, and the recovery codes where no passkey is left.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `unavailable`
 */
export async function removeTotp(deps: ChangeFactorsDeps, request: FactorRequest): Promise<void> {
  await whileUnchanged(deps, request, async ({ user, session }) => {
    if (!user.totp) return true;
    const mail = notice(deps, { user, language: request.language, purpose: 'totp-removed' });
    return deps.factors.removeTotp({ user, session, now: deps.clock(), mail });
  });
}

/**
 * Makes ten new recovery codes; the old ones are dead.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `no-factor`, `unavailable`
 */
export async function renewRecoveryCodes(deps: ChangeFactorsDeps, request: FactorRequest): Promise<string[]> {
  const { codes, hashes } = newRecoveryCodes();
  await whileUnchanged(deps, request, async ({ user, session }) => {
    if (!user.totp && !user.passkeys) throw new ProblemError({ code: 'no-factor' });
    const mail = notice(deps, { user, language: request.language, purpose: 'recovery-codes-replaced' });
    return deps.factors.replaceRecoveryCodes({ user, session, hashes, now: deps.clock(), mail });
  });
  return codes;
}

/** Who may change factors: whoever proved all they can, and for all but the first code a moment ago. */
async function entitled(
  deps: ChangeFactorsDeps,
  request: FactorRequest,
  needed: { fresh: boolean },
): Promise<Authenticated> {
  const found = await authenticate(deps, request);
  requireStepUp(found.user, found.claims, needed, deps.clock());
  return found;
}

/** Judges the token and makes the change, and both again when the account was changed in between. */
async function whileUnchanged(
  deps: ChangeFactorsDeps,
  request: FactorRequest,
  change: (found: Authenticated) => Promise<boolean>,
): Promise<void> {
  await retryOnConflict('changes', async () => {
    const found = await entitled(deps, request, { fresh: true });
    request.body();
    return (await change(found)) || CONFLICT;
  });
}

function notice(
  { clock, tagLifetime }: ChangeFactorsDeps,
  { user: { userId }, ...asked }: { user: User; language: Language; purpose: Purpose; undo?: Undo },
) {
  return newMailRequest({ userId, ...asked }, clock(), tagLifetime);
}
