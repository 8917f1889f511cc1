// The file of an import, with the other files that it needs.
import { type FirebaseConfig, readFirebaseConfig } from '../../../lib/passwords/schemes/firebase.ts';
import { type DigestRule, readDigestRule } from '../../../lib/passwords/schemes/wrapped-digest.ts';
import { UsageError } from '../command-line/run.ts';
import { FastDigest } from './fast-digest.ts';
import { type NumberedRow, rowsOf } from './file.ts';
import { type Auth0Passwords, readPasswords } from './from/auth0-passwords.ts';
import { LeftOut } from './from/foreign-record.ts';
import { foreignRows } from './from/foreign-rows.ts';
import type { Settings } from './from/source.ts';
import { isSystem, type System, sources } from './from/sources.ts';
import { RefusedRow } from './refused-row.ts';
import { UnusableFile, wholeText } from './text.ts';

/** The options of the command line that say how to read a file. */
export type FileOptions = {
  from?: string | undefined;
  hash?: string | undefined;
  pepperFile?: string | undefined;
  firebaseConfig?: string | undefined;
  passwords?: string | undefined;
};

/**
 * How many users are in a file, how many are passed over without being at fault, how many digests have to be wrapped, and how
 * many hashes of a separate file belong to nobody.
 */
export type FileCounts = {
  rows: number;
  withoutAddress: number;
  deleted: number;
  digests: number;
  hashesLeft: number;
};

export type ImportFile = {
  /** Goes through the whole file. @throws OperatorError when it is unusable anywhere */
  count(): Promise<FileCounts>;
  /** The rows to import. */
  rows(): AsyncGenerator<NumberedRow>;
};

/**
 * @param now milliseconds since the epoch: which locks of accounts still last
 * @throws UsageError for options that don't fit together
 * @throws OperatorError for other files that can't be read
 */
export async function openImportFile(file: string, options: FileOptions, now: number): Promise<ImportFile> {
  const system = systemOf(options.from);
  checkOptions(system, options);
  const digest = digestOf(options.hash);
  const passwords = options.passwords === undefined ? undefined : await readPasswords(options.passwords);
  const settings: Settings = {
    ...{ now, digest, passwords },
    pepper: options.pepperFile === undefined ? undefined : await pepperIn(options.pepperFile),
    firebase: options.firebaseConfig === undefined ? undefined : await configIn(options.firebaseConfig),
  };
  const all = () => (system === undefined ? rowsOf(file, digest) : foreignRows(file, system, settings));
  return {
    async count() {
      const counts = { rows: 0, withoutAddress: 0, deleted: 0, digests: 0 };
      for await (const { raw } of all()) {
        counts.rows += 1;
        if (raw instanceof LeftOut) counts[raw.why === 'deleted' ? 'deleted' : 'withoutAddress'] += 1;
        else if (!(raw instanceof RefusedRow) && raw.passwordHash instanceof FastDigest) counts.digests += 1;
      }
      return { ...counts, hashesLeft: leftOf(passwords, options.passwords ?? '') };
    },
    async *rows() {
      for await (const { line, raw } of all()) if (!(raw instanceof LeftOut)) yield { line, raw };
    },
  };
}

/** Hashes that no profile took belong to another tenant or connection; when that is all of them, the files don't fit together. */
function leftOf(passwords: Auth0Passwords | undefined, file: string): number {
  if (passwords === undefined) return 0;
  if (passwords.left < passwords.size) return passwords.left;
  throw new UnusableFile(
    `No hash of ${file} belongs to a user of the other file: they come from different tenants or connections.`,
  );
}

function systemOf(from: string | undefined): System | undefined {
  if (from === undefined || isSystem(from)) return from;
  throw new UsageError(`--from takes one of ${Object.keys(sources).join(', ')}.`);
}

/** The options that only some systems support. */
const ONLY_FOR: readonly [keyof FileOptions, string, readonly (System | undefined)[]][] = [
  ['firebaseConfig', '--firebase-config', ['firebase']],
  ['pepperFile', '--pepper-file', ['devise']],
  ['passwords', '--passwords', ['auth0']],
  ['hash', '--hash', [undefined, 'django', 'wordpress', 'laravel', 'devise']],
];

function checkOptions(system: System | undefined, options: FileOptions): void {
  for (const [name, option, systems] of ONLY_FOR) {
    if (options[name] === undefined || systems.includes(system)) continue;
    const fitting = systems.map((one) => (one === undefined ? 'a plain file' : `--from ${one}`)).join(', ');
    throw new UsageError(`${option} goes with ${fitting}.`);
  }
  if (options.pepperFile !== undefined && options.hash !== undefined)
    throw new UsageError('Give either --pepper-file or --hash.');
}

function digestOf(text: string | undefined): DigestRule | undefined {
  if (text === undefined) return undefined;
  const rule = readDigestRule(text);
  if ('refused' in rule) throw new UsageError(`--hash: ${rule.refused}`);
  return rule;
}

/** The pepper: the text of the file without the end of its last line. */
async function pepperIn(file: string): Promise<string> {
  const pepper = (await wholeText(file)).replace(/\r?\n$/, '');
  if (pepper === '') throw new UnusableFile(`${file} is empty: it holds Devise's pepper.`);
  return pepper;
}

async function configIn(file: string): Promise<FirebaseConfig> {
  const config = readFirebaseConfig(await wholeText(file));
  if ('refused' in config) throw new UnusableFile(`${file}: ${config.refused}`);
  return config;
}
