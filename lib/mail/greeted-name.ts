/** Code points. A longer text isn't a name but a message, which somebody wants to send in our name. */
const MAX_LENGTH = 50;

/**
 * What reorders, hides or breaks lines: format characters, all that fonts may leave out, and line breaks. Joiners and
 * variation selectors may stay, with which some scripts and many emoji are written.
 */
const HIDDEN =
  /(?!\u200c|\u200d|[\ufe00-\ufe0f])[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Zl}\p{Zp}\u2800]/u;
/** What a mail program may skip when it looks for links. */
const SKIPPED = /\p{Default_Ignorable_Code_Point}/gu;

/**
 * The name by which a mail greets, or `undefined` where it had better greet without one.
 *
 * Whoever signs up with another's address chooses the name that we mail there. What a mail program makes a link of by
 * itself, an address, a host name, a telephone number, is therefore not shown at all: characters that would keep it from
 * being linked are stripped by some programs, and still read as what they say.
 */
export function greetedName(name: string): string | undefined {
  const plain = name.replace(SKIPPED, '').normalize('NFKC'); // full-width signs are links too
  const linked = /[:/\\@]|[.。]\S|www/iu.test(plain) || plain.replace(/\P{Nd}/gu, '').length >= 5;
  return linked || HIDDEN.test(name) || [...plain].length > MAX_LENGTH ? undefined : name;
}
