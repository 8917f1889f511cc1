import { readFileSync, writeFileSync } from 'node:fs';

/** A table as Markdown; the first column is text, the others are figures unless they are named as texts. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  texts: readonly string[] = [],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const isText = (name: string, index: number) => index === 0 || texts.includes(name);
  return [
    line(head),
    line(head.map((name, index) => (isText(name, index) ? ':---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}

/**
 * Puts each text between `<!-- its name -->` and `<!-- end -->` of a document, so that what a document says is what
 * the command printed.
 *
 * @throws Error when the document has no such place
 */
export function fillIn(document: URL, texts: Readonly<Record<string, string>>): void {
  let content = readFileSync(document, 'utf8');
  for (const [name, text] of Object.entries(texts)) {
    const place = new RegExp(`(<!-- ${name} -->\n)[^]*?\n?(<!-- end -->)`);
    if (!place.test(content)) throw new Error(`${document.pathname} has no place for "${name}".`);
    content = content.replace(place, (_, begin, end) => `${begin}${text}\n${end}`);
  }
  writeFileSync(document, content);
}
