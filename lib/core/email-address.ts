import { domainToASCII } from 'node:url';

const MAX_OCTETS = 254; // RFC 5321 section 4.5.3.1.3, less the angle brackets (RFC 3696 erratum 1690)

/** The local part that the HTML standard allows in `input type=email`: a subset of RFC 5322's atext and dots. */
const LOCAL_PART = /^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+$/;
/** In what was typed: ASCII may only be what a domain has. Everything else is for Unicode's tables to judge. */
const TYPED_DOMAIN = /^[a-z0-9.\-\u{80}-\u{10ffff}]+$/iu;
const DOMAIN = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * The one form under which an address is stored, compared and mailed: trimmed, lower case, the domain as its A-label.
 *
 * @returns the normalised address, or `undefined` when the text is no address we can mail.
 * @see https://html.spec.whatwg.org/multipage/input.html#valid-e-mail-address
 * @see https://www.unicode.org/reports/tr46/ for the domain
 */
export function normaliseEmail(text: string): string | undefined {
  const trimmed = text.trim();
  // Bounded before any regular expression or Unicode table sees it; no address in use is near twice the limit.
  if (trimmed.length > MAX_OCTETS * 2) return undefined;
  const at = trimmed.indexOf('@');
  const localPart = trimmed.slice(0, Math.max(at, 0));
  // `=?` opens an RFC 2047 encoded word. Mailers exist that decode one in an address and so deliver elsewhere.
  if (!LOCAL_PART.test(localPart) || localPart.includes('=?')) return undefined;
  const domain = toALabel(trimmed.slice(at + 1));
  const address = `${localPart.toLowerCase()}@${domain}`;
  return DOMAIN.test(domain) && address.length <= MAX_OCTETS ? address : undefined;
}

function toALabel(domain: string): string {
  // domainToASCII reads a URL's host: it would drop a tab, and all that follows a slash.
  if (!TYPED_DOMAIN.test(domain)) return '';
  // ASCII is left as written: the URL parser behind domainToASCII would read `0x7f.1` as an IPv4 address.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is the definition of ASCII
  return /^[\x00-\x7f]*$/.test(domain) ? domain.toLowerCase() : domainToASCII(domain);
}
