import { normaliseEmail } from '../core/email-address.ts';
import { trimInvisible } from '../core/invisible.ts';

/** Who mails come from. `name` is text as people read it, `address` ASCII with the domain as its A-label. */
export type Sender = { name: string | undefined; address: string };

/**
 * Reads `address`, `<address>`, `Name <address>` or `"Name" <address>`. The name may have any sign and script; it is
 * text, not a header: what is encoded already, is refused.
 *
 * @returns `undefined` for anything else, two addresses among it
 */
export function readSender(text: string): Sender | undefined {
  const [, named = '', bracketed] =
    /^("(?:[^"\\]|\\.)*"\s*|[^<>]*)<([^<>]*)>$/u.exec(trimInvisible(text)) ?? [];
  const address = senderAddress(bracketed ?? text);
  const name = unquoted(named.trim());
  // An address before the brackets: one of several, or in the place of the name.
  const misread =
    /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]|=\?|\S[@＠]\S/u.test(name) ||
    [...name].length > MAX_NAME;
  return address === undefined || misread ? undefined : { name: name || undefined, address };
}

const MAX_NAME = 100;

/** As it was written before the `@`, since an identity of SES may be verified in capitals. */
function senderAddress(text: string): string | undefined {
  const address = normaliseEmail(text);
  const at = address?.indexOf('@') ?? 0;
  return address && trimInvisible(text).slice(0, at) + address.slice(at);
}

function unquoted(name: string): string {
  return /^"(?:[^"\\]|\\.)*"$/u.test(name) ? name.slice(1, -1).replace(/\\(.)/gu, '$1').trim() : name;
}

/** Words that RFC 5322 calls atoms, with single spaces between: a name that needs no quotation marks. */
const PLAIN_NAME = /^[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*$/;

/** The sender as the value of a `From` header: ASCII alone. @see RFC 5322 section 3.4, RFC 2047 section 5 */
export function senderHeader({ name, address }: Sender): string {
  if (name === undefined) return address;
  return `${writtenName(name)} <${address}>`;
}

function writtenName(name: string): string {
  if (PLAIN_NAME.test(name)) return name;
  if (/^[ -~]*$/.test(name)) return `"${name.replace(/["\\]/g, '\\$&')}"`;
  return encodedWords(name).join(' ');
}

/** An encoded word has at most 75 characters: 45 bytes of text, as no character may be split. */
const WORD_BYTES = 45;

function encodedWords(text: string): string[] {
  const parts: string[] = [''];
  for (const character of text) {
    const longer = `${parts.at(-1)}${character}`;
    if (Buffer.byteLength(longer) <= WORD_BYTES) parts[parts.length - 1] = longer;
    else parts.push(character);
  }
  return parts.map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`);
}
