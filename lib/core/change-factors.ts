// How holders change the TOTP and the recovery codes of their accounts.
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

/** Refusals come in the order token, step-up, body. That is why the body is a function. */
export type FactorRequest = Bearer & { body: () => RawFields; language: Language };

export type ChangeFactorsDeps = Authenticator & {
  factors: FactorChanges;
  sealing: TotpSealing;
  signer: AccessTokenSigner;
  /** The name that authenticator apps show as the issuer. */
  brand: { name: string };
  /** Milliseconds. */
  tagLifetime: number;
};

export const setUpTotpFields = { name: factorName };

/** `secret` in base32. */
export type TotpSetUp = { factorId: string; secret: string; uri: string };

/**
 * Makes the secret of a TOTP. It is pending for ten minutes, until this session confirms it by its first code. Another
 * one replaces it.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `invalid-fields`, `factor-limit`, `unavailable`
 */
export async function setUpTotp(deps: ChangeFactorsDeps, request: FactorRequest): Promise<TotpSetUp> {
  const { user, session } = await authenticateForChange(deps, request, { fresh: true });
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
 * Activates the pending TOTP by its first code, which is used up. This session reaches `aal2`, every other one ends.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `invalid-fields`, `wrong-code`, `throttled`,
 * `unavailable`
 */
export async function confirmTotp(deps: ChangeFactorsDeps, request: FactorRequest): Promise<TotpConfirmed> {
  const [found, issuer] = await both(
    authenticateForChange(deps, request, { fresh: false }),
    deps.signer.ready(),
  );
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
  await authenticateAndChange(deps, request, async ({ user, session }) => {
    if (!user.totp) return true;
    const mail = notice(deps, { user, language: request.language, purpose: 'totp-removed' });
    return deps.factors.removeTotp({ user, session, now: deps.clock(), mail });
  });
}

/**
 * Makes ten new recovery codes, which replace the old ones.
 *
 * @throws ProblemError those of `authenticate`; `step-up-required`, `no-factor`, `unavailable`
 */
export async function renewRecoveryCodes(deps: ChangeFactorsDeps, request: FactorRequest): Promise<string[]> {
  const { codes, hashes } = newRecoveryCodes();
  await authenticateAndChange(deps, request, async ({ user, session }) => {
    if (!user.totp && !user.passkeys) throw new ProblemError({ code: 'no-factor' });
    const mail = notice(deps, { user, language: request.language, purpose: 'recovery-codes-replaced' });
    return deps.factors.replaceRecoveryCodes({ user, session, hashes, now: deps.clock(), mail });
  });
  return codes;
}

/** Requires the highest level that the account can reach; `fresh`: proved within the last five minutes. */
async function authenticateForChange(
  deps: ChangeFactorsDeps,
  request: FactorRequest,
  needed: { fresh: boolean },
): Promise<Authenticated> {
  const found = await authenticate(deps, request);
  requireStepUp(found.user, found.claims, needed, deps.clock());
  return found;
}

/** Checks the token and makes the change, and repeats both when another write changed the account in between. */
async function authenticateAndChange(
  deps: ChangeFactorsDeps,
  request: FactorRequest,
  change: (found: Authenticated) => Promise<boolean>,
): Promise<void> {
  await retryOnConflict('changes', async () => {
    const found = await authenticateForChange(deps, request, { fresh: true });
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
