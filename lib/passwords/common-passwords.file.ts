// Runs when a bundle is built: the result of `load` becomes a file next to the bundle (tools/build/built-modules.ts).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { makeSet } from './golomb-set.ts';

/** The lowest minimum that can be configured: shorter passwords are refused before this list is read. */
const LOWEST_MINIMUM = 8;

/** The list is sorted by frequency. The passwords after these are as rare as any that nobody would call common. */
const MAX_LISTED = 10_020;

/** The set of common passwords that any policy would otherwise accept, normalised and in lower case. */
export function load(): Uint8Array {
  return makeSet(commonPasswords());
}

/** The list that zxcvbn-ts keeps, which is made of published breaches. */
export function commonPasswords(): string[] {
  const file = createRequire(import.meta.url).resolve('@zxcvbn-ts/language-common/src/passwords.json');
  const all = JSON.parse(readFileSync(file, 'utf8')) as string[];
  const folded = all.map((password) => password.normalize('NFC').toLowerCase());
  return [...new Set(folded)]
    .filter((password) => [...password].length >= LOWEST_MINIMUM)
    .slice(0, MAX_LISTED);
}
