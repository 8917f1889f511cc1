import { createHash } from 'node:crypto';

/** Bits of a text's place; how often a text is looked for. Both follow from one false yes in 16,000. */
const BITS_PER_TEXT = 20.2;
const LOOKS = 14;

/**
 * A set of texts that takes 20 bits for each: whether a text is in it is answered with a false yes for one in 16,000, and
 * never with a false no.
 *
 * @see Burton H. Bloom, Space/Time Trade-offs in Hash Coding with Allowable Errors, 1970
 */
export function makeFilter(texts: readonly string[]): Uint8Array {
  const filter = new Uint8Array(Math.ceil((texts.length * BITS_PER_TEXT) / 8));
  for (const text of texts) {
    for (const place of placesOf(text, filter)) (filter[place >> 3] as number) |= 1 << (place & 7);
  }
  return filter;
}

export function mayHave(filter: Uint8Array, text: string): boolean {
  return placesOf(text, filter).every((place) => ((filter[place >> 3] as number) >> (place & 7)) & 1);
}

function placesOf(text: string, { length }: Uint8Array): number[] {
  const digest = createHash('sha256').update(text).digest();
  const [first, step] = [digest.readUInt32LE(0), digest.readUInt32LE(4) | 1];
  return Array.from({ length: LOOKS }, (_, look) => (first + look * (step >>> 0)) % (length * 8));
}
