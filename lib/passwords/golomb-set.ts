import { hash } from 'node:crypto';

/** Of so many texts that aren't in the set, one is taken for one that is. */
const FALSE_YES = 16_000;
/** Bits of a gap that are written as they are. The gaps are {@link FALSE_YES} wide on average. */
const LOW_BITS = 13;
/** Bytes: the count. */
const HEADER = 4;

/**
 * A set of texts in 15.5 bits for each: whether a text is in it is answered with a false yes for one in 16,000, and never
 * with a false no. Each text is a number below their count times 16,000; what is kept are the gaps between the numbers.
 *
 * @see Solomon W. Golomb, Run-Length Encodings, 1966; Felix Putze, Peter Sanders, Johannes Singler, Cache-, Hash- and
 *   Space-Efficient Bloom Filters, 2007, section 4
 */
export function makeSet(texts: readonly string[]): Uint8Array {
  const count = texts.length;
  const bits: number[] = [];
  let before = 0;
  for (const number of texts.map((text) => numberOf(text, count)).sort((a, b) => a - b)) {
    const gap = number - before;
    bits.push(...Array(gap >> LOW_BITS).fill(1), 0);
    for (let bit = LOW_BITS - 1; bit >= 0; bit -= 1) bits.push((gap >> bit) & 1);
    before = number;
  }
  const set = Buffer.alloc(HEADER + Math.ceil(bits.length / 8));
  set.writeUInt32BE(count);
  for (const [at, bit] of bits.entries()) (set[HEADER + (at >> 3)] as number) |= bit << (7 - (at & 7));
  return set;
}

/** Whether a text is in a set. All of it is unpacked, once. */
export function readSet(set: Uint8Array): (text: string) => boolean {
  const count = Buffer.from(set).readUInt32BE();
  let at = HEADER * 8;
  const next = () => {
    const bit = ((set[at >> 3] as number) >> (7 - (at & 7))) & 1;
    at += 1;
    return bit;
  };
  const nextGap = () => {
    let gap = 0;
    while (next() === 1) gap += 1;
    for (let bit = 0; bit < LOW_BITS; bit += 1) gap = gap * 2 + next();
    return gap;
  };
  let number = 0;
  const numbers = new Set(
    Array.from({ length: count }, () => {
      number += nextGap();
      return number;
    }),
  );
  return (text) => numbers.has(numberOf(text, count));
}

function numberOf(text: string, count: number): number {
  return hash('sha256', text, 'buffer').readUIntBE(0, 6) % (count * FALSE_YES);
}
