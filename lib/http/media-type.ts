/** A media type without its parameters in lower case, and the header's value with them. */
export type ContentType = { mediaType: string; value: string };

/**
 * What a `Content-Type` header says. One that was sent twice, by a program and its proxy, is joined by a comma somewhere
 * on the way or not: either way it counts once where both name the same type, and for nothing where they differ.
 *
 * @param values each value that was delivered
 * @see RFC 9110 sections 5.3 and 8.3
 */
export function contentTypeOf(values: readonly string[]): ContentType {
  const all = values.flatMap(members).map((value) => ({
    value,
    mediaType: value.split(';', 1)[0]?.trim().toLowerCase() ?? '',
  }));
  const [first] = all;
  const alike = first !== undefined && all.every(({ mediaType }) => mediaType === first.mediaType);
  return alike ? first : { value: '', mediaType: '' };
}

/** The members of a list, whose commas may stand in quotes. */
function members(text: string): string[] {
  const found = text.match(/(?:"(?:\\.|[^"\\])*"?|[^",])+/g) ?? [];
  return found.map((member) => member.trim()).filter((member) => member !== '');
}
