import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { isPossiblePassword, normalisePassword } from '../../../lib/core/password-policy.ts';
import { readHash } from '../../../lib/passwords/read-hash.ts';

/**
 * Whether a log-in with a password would find the hash to be its own.
 *
 * @param typed in NFC or as the old system had it
 * @returns a sentence in place of an answer, for a hash that can't be verified
 */
export async function passwordMatches(
  typed: string,
  storedHash: string,
): Promise<boolean | { refused: string }> {
  const hash = readHash(storedHash);
  if ('refused' in hash) return hash;
  if (!isPossiblePassword(typed)) return false;
  const normalised = normalisePassword(typed);
  return (await hash.matches(normalised)) || (normalised !== typed && (await hash.matches(typed)));
}

/** One line of standard input without its end; a terminal doesn't show what is typed. `undefined` when nothing came. */
export async function passwordFromInput(input: NodeJS.ReadStream): Promise<string | undefined> {
  if (input.isTTY) return fromTerminal(input);
  const pieces: Buffer[] = [];
  for await (const piece of input) {
    pieces.push(Buffer.from(piece as Buffer));
    if ((piece as Buffer).includes(0x0a)) break;
  }
  if (pieces.length === 0) return undefined;
  return Buffer.concat(pieces)
    .toString()
    .replace(/\r?\n[\s\S]*$/, '');
}

async function fromTerminal(input: NodeJS.ReadStream): Promise<string> {
  process.stderr.write('Password (it is not shown): ');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}
