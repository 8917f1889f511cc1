// Run when a bundle is made: what `load` returns becomes a file next to the bundle (tools/build/built-modules.ts).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { makeSet } from './golomb-set.ts';

/** The least that a policy can ask for: nothing shorter gets as far as this list. */
const SHORTEST = 8;

/** How many are taken of a list that begins with the most frequent: what follows is as rare as passwords that nobody
 * would call common. */
const TAKEN = 10_020;

/** The set of the common passwords that any policy would otherwise take, normalised and in lower case. */
export function load(): Uint8Array {
  return makeSet(commonPasswords());
}

/** The list that zxcvbn-ts keeps, which is made of published breaches. */
export function commonPasswords(): string[] {
  const file = createRequire(import.meta.url).resolve('@zxcvbn-ts/language-common/src/passwords.json');
  const all = JSON.parse(readFileSync(file, 'utf8')) as string[];
  const folded = all.map((password) => password.normalize('NFC').toLowerCase());
  return [...new Set(folded)].filter((password) => [...password].length >= SHORTEST).slice(0, TAKEN);
}
