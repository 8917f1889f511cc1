import { createHash } from 'node:crypto';
import { measure } from '../metrics.ts';

/** Milliseconds. A sign-up waits for the answer. */
const TIMEOUT_MS = 1_000;
/** How many hexadecimal digits of the hash are sent. */
const PREFIX = 5;

/**
 * Whether a password is among those of known breaches, by the range API of Have I Been Pwned: it gets the first five digits
 * of the password's SHA-1, which hundreds of breached passwords share, and the answer is padded so that its length reveals
 * nothing. When the API fails or takes longer than a second the password counts as not breached, and a metric says so.
 *
 * @param api without a slash at the end
 * @see https://haveibeenpwned.com/API/v3#PwnedPasswords
 */
export async function isBreached(api: string, password: string): Promise<boolean> {
  const hash = createHash('sha1').update(password).digest('hex').toUpperCase();
  try {
    const answer = await fetch(`${api}/range/${hash.slice(0, PREFIX)}`, {
      headers: { 'Add-Padding': 'true', 'User-Agent': 'gatehouse' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
    });
    if (!answer.ok) throw new Error('the answer is not a range of hashes');
    return hasSuffix(await answer.text(), hash.slice(PREFIX));
  } catch {
    measure({ BreachCheckFailures: 1 });
    return false;
  }
}

/** @param range a line for each password: the rest of its hash, a colon, and its number of breaches; 0 marks padding */
function hasSuffix(range: string, suffix: string): boolean {
  return range.split(/\r?\n/).some((line) => line.startsWith(`${suffix}:`) && !/:0+\s*$/.test(line));
}
