/**
 * What nobody sees: white space, Unicode's format characters and all that a font may leave out, and the two characters
 * that are drawn as nothing although Unicode calls them symbols (an empty Braille cell, a note without a head).
 */
const INVISIBLE = /^[\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}]$/u;

export function isVisible(character: string): boolean {
  return !INVISIBLE.test(character);
}

/** Takes away what is invisible at both ends, as copying from a web page or a chat brings it along. */
export function trimInvisible(text: string): string {
  return trimEnds(text, (character) => !isVisible(character));
}

/** @param drop whether a character at the ends is taken away */
export function trimEnds(text: string, drop: (character: string) => boolean): string {
  // By characters rather than by a regular expression, which would take quadratic time over a long run in the middle.
  const characters = [...text];
  const isKept = (character: string) => !drop(character);
  const first = characters.findIndex(isKept);
  return first < 0 ? '' : characters.slice(first, characters.findLastIndex(isKept) + 1).join('');
}
