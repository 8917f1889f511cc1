/**
 * Invisible characters: white space, Unicode's format characters, those that a font may ignore, and two characters that are
 * drawn as nothing although Unicode calls them symbols (an empty Braille cell, a note without a head).
 */
const INVISIBLE = /^[\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]$/u;

export function isVisible(character: string): boolean {
  return !INVISIBLE.test(character);
}

/** Removes invisible characters at both ends, which copying from a web page or a chat adds. */
export function trimInvisible(text: string): string {
  return trimEnds(text, (character) => !isVisible(character));
}

/** @param drop whether to remove a character at the ends */
export function trimEnds(text: string, drop: (character: string) => boolean): string {
  // Not by a regular expression, which would take quadratic time for a long run in the middle.
  const characters = [...text];
  const isKept = (character: string) => !drop(character);
  const first = characters.findIndex(isKept);
  return first < 0 ? '' : characters.slice(first, characters.findLastIndex(isKept) + 1).join('');
}
