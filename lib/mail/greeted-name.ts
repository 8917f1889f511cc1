/** Code points. Longer is no name but a message, for which somebody would like our sender. */
const MAX_LENGTH = 50;

/**
 * The name by which a mail greets, or `undefined` where it had better greet without one.
 *
 * Whoever signs up with another's address chooses the name that we mail there. What a mail program makes a link of by
 * itself, an address, a host name, a telephone number, is therefore not shown at all: characters that would keep it from
 * being linked are stripped by some programs, and still read as what they say.
 */
export function greetedName(name: string): string | undefined {
  const plain = name.normalize('NFKC'); // full-width signs are links too
  const linked = /[:/\\@]|[.。]\S|www/iu.test(plain) || plain.replace(/\P{Nd}/gu, '').length >= 5;
  const reorders = /\p{Bidi_Control}/u.test(plain);
  return linked || reorders || [...plain].length > MAX_LENGTH ? undefined : name;
}
