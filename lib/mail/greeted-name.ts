/** Code points. A longer text isn't a name but a message that somebody wants to send in our name. */
const MAX_LENGTH = 50;

/**
 * Characters that reorder, hide or break text: format characters, those that fonts may ignore, and line breaks. Joiners and
 * variation selectors stay, since some scripts and many emoji need them.
 */
const HIDDEN =
  /(?!\u200c|\u200d|[\ufe00-\ufe0f])[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Zl}\p{Zp}\u2800]/u;
/** Characters that a mail program may skip when it looks for links. */
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
