// Run when a bundle is made: what `load` returns becomes a file next to the bundle (tools/build/built-modules.ts).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { makeFilter } from './bloom-filter.ts';

/** The least that a policy can ask for: nothing shorter gets as far as this list. */
const SHORTEST = 8;

/** How much of the list is taken. It begins with the most frequent; what follows is as rare as passwords that nobody would call common. */
const MOST_FREQUENT = 40_000;

/** A filter of the common passwords that any policy would otherwise take, normalised and in lower case. */
export function load(): Uint8Array {
  return makeFilter(commonPasswords());
}

/** The list that zxcvbn-ts keeps, which is made of published breaches. */
export function commonPasswords(): string[] {
  const file = createRequire(import.meta.url).resolve('@zxcvbn-ts/language-common/src/passwords.json');
  const all = JSON.parse(readFileSync(file, 'utf8')) as string[];
  const folded = all.slice(0, MOST_FREQUENT).map((password) => password.normalize('NFC').toLowerCase());
  return [...new Set(folded)].filter((password) => [...password].length >= SHORTEST);
}
