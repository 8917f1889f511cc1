/** The type of the ceremony. */
type Ceremony = 'webauthn.create' | 'webauthn.get';

/**
 * Reads the browser's client data, and checks all of it but the challenge: the type of the ceremony, the page's origin, and
 * that the page wasn't in a frame of another site, where visitors can't see which site they trust.
 *
 * @returns the challenge
 * @throws Error when something is wrong
 * @see WebAuthn Level 3 section 5.8.1, and sections 7.1 (steps 5 to 11) and 7.2 (steps 8 to 13)
 */
export function challengeOfClientData(
  bytes: Buffer,
  ceremony: Ceremony,
  isOrigin: (origin: string) => boolean,
): string {
  const data: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  if (typeof data !== 'object' || data === null) throw new Error('the client data is not an object');
  const { type, challenge, origin, crossOrigin, topOrigin } = data as Record<string, unknown>;
  if (type !== ceremony) throw new Error('the client data is of another ceremony');
  if (typeof origin !== 'string' || !isOrigin(origin)) throw new Error('the page is of another origin');
  if ((crossOrigin ?? false) !== false) throw new Error('the page was in a frame of another origin');
  if (topOrigin !== undefined) throw new Error('the page was in a frame');
  if (typeof challenge !== 'string') throw new Error('the client data has no challenge');
  return challenge;
}
