import type { Clock } from './account.ts';
import { type AdmitDeps, admit, type LoggedIn } from './admit.ts';
import { both } from './both.ts';
import { type RawFields, readFields } from './fields.ts';
import type { Language } from './language.ts';
import { credentialJson } from './passkey-fields.ts';
import type { PasskeyChallenges, PasskeyStore } from './passkeys.ts';
import { type ProvePasskeyDeps, provePasskey } from './prove-passkey.ts';
import { countingRefusals, type Throttle } from './throttle.ts';

/** Issues the challenge of a log-in or a step-up. It reads and stores nothing. */
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
 * Opens a session for whoever answers a challenge with a passkey. That proves two factors: the device, and the PIN or
 * biometric that unlocked it. Two round trips and no hash. A refusal counts against the client's address, but never locks
 * an account, since there is nothing to guess.
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
    countingRefusals(counted, 'wrong-credentials', () => openSession(deps, response, request)),
  );
}

async function openSession(
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
  // On a cold start, fetch the signing key in parallel; it is cached by the time we sign. `both` throws its error first, so
  // that the log shows an outage of the keys.
  await both(deps.signer.ready(), proving);
  return loggedIn as LoggedIn;
}
