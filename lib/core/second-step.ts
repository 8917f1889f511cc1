// A log-in of an account with an active TOTP, between the right password and its session.
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

/** 256 random bits in base64url: nobody guesses one, and its SHA-256 may be stored. */
const CHALLENGE = /^[\w-]{43}$/;

/**
 * What a right password gets in place of a session. The challenge is bound to the password that it followed: a change of
 * it, or anything else that ends all sessions, ends the challenge as well.
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

/** `recoveryCodesLeft` where one was used. */
export type SecondStepTaken = LoggedIn & { recoveryCodesLeft?: number };

export type SecondStepDeps = ProveFactorDeps &
  Omit<AdmitDeps, 'sessions'> & {
    users: Pick<UserStore, 'get'>;
    challenges: Pick<ChallengeStore, 'get'>;
    /** Milliseconds. */
    tagLifetime: number;
  };

/**
 * Answers a challenge: a session whose holder has proved both. The use of the code, the end of the challenge and the
 * session are one transaction: of any number of tries at once one succeeds.
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
    const [hash, user] = await judgeChallenge(deps, challenge);
    return logInByCode(deps, { ...request, user, given, challenge: hash });
  });
}

async function judgeChallenge(
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
  /** Whose password was right. */
  user: User;
  given: GivenCode;
  /** The hash of the challenge that it answers. */
  challenge?: string;
  refreshes?: boolean;
  language: Language;
  device?: string | undefined;
};

/**
 * Opens a session for whoever has the password by a code, which is used up by it.
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
        // With the second step both proofs are complete: the counter of passwords has nothing left to say either.
        ...(challenge !== undefined && { challenge, forget: [accountCounter(user.email)] }),
      });
    };
    loggedIn = await admit({ ...deps, sessions: { open } }, { user, refreshes, device, ...evidence });
    if (outcome === 'over') throw expired('used meanwhile');
    return outcome;
  });
  return { ...(loggedIn as LoggedIn), ...(use.by === 'recovery-code' && { recoveryCodesLeft: use.left }) };
}

/** The account's owner is mailed when a recovery code was used: it is the one factor that is written down. */
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
