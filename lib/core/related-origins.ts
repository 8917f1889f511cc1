import { ProblemError } from './problem.ts';

/**
 * The origins whose pages may use passkeys, for browsers to ask where one of them is outside of the host that the passkeys
 * belong to.
 *
 * @throws ProblemError `not-found` where there is no other origin than the app's own. A pattern, such as `npm start` allows for
 * pages on this machine, is none: browsers compare whole origins
 * @see WebAuthn Level 3 section 5.11
 */
export function relatedOrigins({
  appUrl,
  relyingParty,
}: {
  appUrl: string;
  relyingParty: { origins: readonly string[] };
}): readonly string[] {
  const { origin: own } = new URL(appUrl);
  if (relyingParty.origins.every((origin) => origin === own || origin.includes('*')))
    throw new ProblemError({ code: 'not-found' });
  return relyingParty.origins;
}
