import type { Clock } from './account.ts';
import { type AdmitDeps, admit, type LoggedIn } from './admit.ts';
import { both } from './both.ts';
import { type RawFields, readFields } from './fields.ts';
import type { Language } from './language.ts';
import { credentialJson } from './passkey-fields.ts';
import type { PasskeyChallenges, PasskeyStore } from './passkeys.ts';
import { type ProvePasskeyDeps, provePasskey } from './prove-passkey.ts';
import { countingRefusals, type Throttle } from './throttle.ts';

/** @returns the challenge of a log-in or a step-up, without a look at what is stored */
export function offerPasskeyLogIn({
  challenges,
  clock,
}: {
  challenges: Pick<PasskeyChallenges, 'issue'>;
  clock: Clock;
}): Promise<string> {
  return challenges.issue({ for: 'log-in' }, clock());
}

export const passkeyLogInFields = { response: credentialJson };

export type PasskeyLogInRequest = {
  fields: RawFields;
  client: string;
  language: Language;
  device?: string | undefined;
};

export type PasskeyLogInDeps = Omit<ProvePasskeyDeps, 'passkeys'> &
  Omit<AdmitDeps, 'sessions'> & {
    passkeys: ProvePasskeyDeps['passkeys'] & Pick<PasskeyStore, 'use'>;
    throttle: Throttle;
  };

/**
 * Opens a session for whoever answers a challenge with a passkey, which is a log-in with two factors: the device, and what
 * it asked of its user. Two round trips and no hash. What is refused counts for the client's address; nobody can lock an
 * account by it, since there is nothing to guess.
 *
 * @throws ProblemError `invalid-fields`, `unknown-credential`, `wrong-credentials`, `throttled`, `unavailable`
 */
export async function logInByPasskey(
  deps: PasskeyLogInDeps,
  request: PasskeyLogInRequest,
): Promise<LoggedIn> {
  const { response } = readFields(passkeyLogInFields, request.fields);
  const counted = { throttle: deps.throttle, limit: 'logins', client: request.client } as const;
  return countingRefusals(counted, 'unknown-credential', () =>
    countingRefusals(counted, 'wrong-credentials', () => enter(deps, response, request)),
  );
}

async function enter(
  deps: PasskeyLogInDeps,
  response: unknown,
  { device, language }: PasskeyLogInRequest,
): Promise<LoggedIn> {
  let loggedIn: LoggedIn | undefined;
  const proving = provePasskey(deps, { response, language }, async ({ user, use, evidence }) => {
    let outcome: Awaited<ReturnType<PasskeyStore['use']>> = 'changed';
    const sessions = {
      async open(session: Parameters<AdmitDeps['sessions']['open']>[0]) {
        outcome = await deps.passkeys.use(use, { open: session });
      },
    };
    const openedWith = use.seen.factorId;
    loggedIn = await admit({ ...deps, sessions }, { user, refreshes: true, device, openedWith, ...evidence });
    return outcome;
  });
  // On a cold start, fetch the signing key in parallel; it is cached by the time we sign. Its failure comes first, or the
  // log would show no outage of the keys while log-ins are refused.
  await both(deps.signer.ready(), proving);
  return loggedIn as LoggedIn;
}
