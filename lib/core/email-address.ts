import { domainToASCII } from 'node:url';
import { isVisible, trimInvisible } from './invisible.ts';

const MAX_BYTES = 254; // RFC 5321 section 4.5.3.1.3, less the angle brackets (RFC 3696 erratum 1690)
const MAX_LOCAL_BYTES = 64; // RFC 5321 section 4.5.3.1.1

/** The local part that the HTML standard allows in `input type=email`: a subset of RFC 5322's atext and dots. */
const LOCAL_PART = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+$/;
/**
 * What HTML allows but can't be delivered: dots where RFC 5322 allows none. `=?` opens an RFC 2047 encoded
 * word, and some mailers decode it in an address and deliver elsewhere.
 */
const UNDELIVERABLE = /^\.|\.\.|\.$|=\?/;
/** The domain as it was typed: of ASCII only what a domain may have. Unicode's tables judge all other characters. */
const TYPED_DOMAIN = /^[a-z0-9.\-\u{80}-\u{10ffff}]+$/iu;
const DOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * The one form in which an address is stored, compared and mailed: without invisible characters around it, in lower
 * case, the domain as its A-label. A full-width `＠`, as Japanese keyboards type it, is an `@`.
 *
 * @returns the normalised address, or `undefined` when the text isn't an address that we can mail
 * @see https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
 * @see https://www.unicode.org/reports/tr46/ for the domain
 */
export function normaliseEmail(text: string): string | undefined {
  const trimmed = trimInvisible(text);
  // Refused before any regular expression or Unicode table sees it; no address in use is near twice the limit.
  if (trimmed.length > MAX_BYTES * 2) return undefined;
  const at = trimmed.search(/[@＠]/);
  const localPart = trimmed.slice(0, Math.max(at, 0));
  if (!LOCAL_PART.test(localPart) || UNDELIVERABLE.test(localPart)) return undefined;
  const domain = domainAsALabel(trimmed.slice(at + 1));
  const address = `${localPart.toLowerCase()}@${domain}`;
  const fits = localPart.length <= MAX_LOCAL_BYTES && address.length <= MAX_BYTES;
  return fits && domain !== undefined ? address : undefined;
}

/** The domain of an address in lower case, as its A-label; `undefined` when it isn't a domain. */
function domainAsALabel(domain: string): string | undefined {
  // domainToASCII reads a URL's host: it would drop a tab, and everything after a slash.
  if (!TYPED_DOMAIN.test(domain) || hidesSomething(domain)) return undefined;
  // ASCII stays as written: the URL parser behind domainToASCII would read `0x7f.1` as an IPv4 address.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is the definition of ASCII
  const ascii = /^[\x00-\x7f]*$/.test(domain) ? domain.toLowerCase() : domainToASCII(domain);
  return DOMAIN.test(ascii) ? ascii : undefined;
}

/**
 * Whether a domain has an invisible character inside: Unicode's tables would drop some and refuse others. The joiners
 * (U+200C, U+200D) are left to the tables: Persian and Sinhala domains are spelled with them.
 */
function hidesSomething(domain: string): boolean {
  return [...domain].some((character) => !isVisible(character) && !/\u200c|\u200d/.test(character));
}
