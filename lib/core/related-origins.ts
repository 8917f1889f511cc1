import { ProblemError } from './problem.ts';

/**
 * The origins whose pages may use the passkeys, for browsers that check a page outside of the relying party's host.
 *
 * @throws ProblemError `not-found` when the app's own origin is the only one. Patterns, which `npm start` allows for pages on
 * this machine, don't count: browsers compare whole origins
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
