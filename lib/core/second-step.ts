// The second step of a log-in to an account with an active TOTP.
import type { Clock, User, UserStore } from './account.ts';
import { type AdmitDeps, admit, type LoggedIn } from './admit.ts';
import { both } from './both.ts';
import type { Challenge, ChallengeStore, FactorStore, FactorUse, UseOutcome } from './factors.ts';
import { type RawFields, readOneOf, textSuchAs } from './fields.ts';
import type { Language } from './language.ts';
import { type MailRequest, newMailRequest } from './mail-request.ts';
import { hashSecret, newSecret } from './opaque-token.ts';
import { ProblemError } from './problem.ts';
import { FACTOR_METHODS, type GivenCode, type ProveFactorDeps, proveFactor } from './prove-factor.ts';
import { accountCounter, countingRefusals } from './throttle.ts';

const CHALLENGE_SECONDS = 300;

/** 256 random bits in base64url: beyond guessing, so that a plain SHA-256 may be stored. */
const CHALLENGE = /^[\w-]{43}$/;

/**
 * The refusal that a right password gets in place of a session, with a challenge for the second step. A change of the
 * password, or anything else that ends all sessions, invalidates the challenge.
 *
 * @throws ProblemError `unavailable`
 */
export async function secondFactorRequired(
  {
    challenges,
    factors,
    clock,
  }: {
    challenges: Pick<ChallengeStore, 'put'>;
    factors: Pick<FactorStore, 'recoveryCodes'>;
    clock: Clock;
  },
  { userId, credentialVersion }: User,
): Promise<ProblemError> {
  const challenge = newSecret();
  const expiresAt = clock() + CHALLENGE_SECONDS * 1000;
  const [codes = []] = await both(
    factors.recoveryCodes(userId),
    challenges.put(hashSecret(challenge), { userId, credentialVersion, expiresAt }),
  );
  return new ProblemError({
    code: 'second-factor-required',
    challenge: challenge.toString('base64url'),
    methods: codes.length > 0 ? ['totp', 'recovery-code'] : ['totp'],
    expiresIn: CHALLENGE_SECONDS,
  });
}

export type SecondStepRequest = {
  fields: RawFields;
  client: string;
  language: Language;
  device?: string | undefined;
};

/** The rules of the fields of the second step: exactly one of a code and a recovery code. */
export const secondStepFields = [
  { challenge: textSuchAs('the-challenge-of-the-log-in'), code: textSuchAs('123456') },
  {
    challenge: textSuchAs('the-challenge-of-the-log-in'),
    recoveryCode: textSuchAs('0123AB-CDEFGH-JKMNPQ-RSTVWX'),
  },
];

/** `recoveryCodesLeft` if a recovery code was used. */
export type SecondStepTaken = LoggedIn & { recoveryCodesLeft?: number };

export type SecondStepDeps = ProveFactorDeps &
  Omit<AdmitDeps, 'sessions'> & {
    users: Pick<UserStore, 'get'>;
    challenges: Pick<ChallengeStore, 'get'>;
    /** Milliseconds. */
    tagLifetime: number;
  };

/**
 * Opens a session for whoever answers the challenge with a right code. The use of the code, the end of the challenge and
 * the session are one transaction: of any number of tries at once one succeeds.
 *
 * @throws ProblemError `invalid-fields`, `expired-challenge`, `wrong-code`, `throttled`, `unavailable`
 */
export async function takeSecondStep(
  deps: SecondStepDeps,
  request: SecondStepRequest,
): Promise<SecondStepTaken> {
  const { challenge, ...given } = readOneOf(secondStepFields, request.fields) as {
    challenge: string;
  } & GivenCode;
  const counted = { throttle: deps.throttle, limit: 'logins', client: request.client } as const;
  return countingRefusals(counted, 'expired-challenge', async () => {
    const [hash, user] = await checkChallenge(deps, challenge);
    return logInByCode(deps, { ...request, user, given, challenge: hash });
  });
}

async function checkChallenge(
  { challenges, users, signer, clock }: SecondStepDeps,
  text: string,
): Promise<[hash: string, user: User]> {
  const hash = CHALLENGE.test(text) ? hashSecret(Buffer.from(text, 'base64url')) : undefined;
  const [challenge] = await both(
    hash === undefined ? Promise.resolve(undefined) : challenges.get(hash),
    signer.ready(), // on a cold start
  );
  if (hash === undefined || challenge === undefined) throw expired('unknown or used');
  if (clock() >= challenge.expiresAt) throw expired('too old');
  const user = await users.get(challenge.userId);
  if (user === undefined || !isCurrent(user, challenge)) throw expired('the account was changed');
  return [hash, user];
}

function isCurrent(user: User, { credentialVersion }: Challenge): boolean {
  return user.status === 'active' && user.totp === true && user.credentialVersion === credentialVersion;
}

function expired(detail: string): ProblemError {
  return new ProblemError({ code: 'expired-challenge' }, detail);
}

type CodeEntry = {
  /** The user whose password was right. */
  user: User;
  given: GivenCode;
  /** The hash of the challenge that the code answers. */
  challenge?: string;
  refreshes?: boolean;
  language: Language;
  device?: string | undefined;
};

/**
 * Opens a session after a right password by a code, which is used up.
 *
 * @throws ProblemError `wrong-code`, `expired-challenge`, `throttled`, `unavailable`
 */
export async function logInByCode(
  deps: ProveFactorDeps & Omit<AdmitDeps, 'sessions'> & { tagLifetime: number },
  { user, given, challenge, refreshes = true, language, device }: CodeEntry,
): Promise<SecondStepTaken> {
  const evidence = { amr: ['pwd', ...FACTOR_METHODS], acr: 'aal2' } as const;
  let loggedIn: LoggedIn | undefined;
  const use = await proveFactor(deps, user.userId, given, async (found) => {
    let outcome = 'wrong' as UseOutcome;
    const open: AdmitDeps['sessions']['open'] = async (session) => {
      outcome = await deps.factors.use(found, {
        open: session,
        ...mailOf(deps, found, language),
        // The log-in is complete, so the failed passwords are cleared as well.
        ...(challenge !== undefined && { challenge, forget: [accountCounter(user.email)] }),
      });
    };
    loggedIn = await admit({ ...deps, sessions: { open } }, { user, refreshes, device, ...evidence });
    if (outcome === 'over') throw expired('used meanwhile');
    return outcome;
  });
  return { ...(loggedIn as LoggedIn), ...(use.by === 'recovery-code' && { recoveryCodesLeft: use.left }) };
}

/** The notice that a recovery code was used, since codes on paper may be found by somebody else. */
export function mailOf(
  { clock, tagLifetime }: { clock: Clock; tagLifetime: number },
  use: FactorUse,
  language: Language,
): { mail?: MailRequest } {
  if (use.by !== 'recovery-code') return {};
  const { userId, left } = use;
  const asked = { userId, language, purpose: 'recovery-code-used' as const, recoveryCodesLeft: left };
  return { mail: newMailRequest(asked, clock(), tagLifetime) };
}
