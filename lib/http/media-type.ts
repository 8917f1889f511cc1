/** A media type without its parameters in lower case, and the header's value with them. */
export type ContentType = { mediaType: string; value: string };

/**
 * Reads a `Content-Type` header. A program and its proxy may both send one, and something on the way may join the two by a
 * comma. If both name the same type, it counts; if they differ, neither does.
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
