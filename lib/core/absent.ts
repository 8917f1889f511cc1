/** How other programs write an absent value: an empty cell, MySQL's and PostgreSQL's NULL. */
const ABSENT: ReadonlySet<string> = new Set(['', 'NULL', '\\N']);

export function isAbsent(text: string): boolean {
  return ABSENT.has(text);
}
