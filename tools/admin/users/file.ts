// Files of users: CSV or JSON lines. No message repeats a value of the file: any of them may be an address or a hash.
import { extname } from 'node:path';
import type { DigestRule } from '../../../lib/passwords/schemes/wrapped-digest.ts';
import { csvRecords, refuseEscapes } from './csv.ts';
import { FastDigest, SALT, saltText, usesSalt } from './fast-digest.ts';
import { isObject } from './json.ts';
import { RefusedRow } from './refused-row.ts';
import { type Column, columns, FACTORS, type RawRow } from './row.ts';
import { linesOf, UnusableFile } from './text.ts';

/** A row and the line of the file on which it begins. A row that can't be split into values is already refused. */
export type NumberedRow = { line: number; raw: RawRow | RefusedRow };

/**
 * The rows of a file, by its ending: `.csv`, or `.jsonl` and `.ndjson`.
 *
 * @param digest how the plain digests among the hashes were made; salts stand in a column of their own
 * @throws OperatorError when it is not UTF-8, its CSV cannot be read, or it has a column that nobody knows
 */
export async function* rowsOf(file: string, digest?: DigestRule): AsyncGenerator<NumberedRow> {
  const ending = extname(file).toLowerCase();
  if (!['.csv', '.jsonl', '.ndjson'].includes(ending))
    throw new UnusableFile(`${file} ends neither in .csv nor in .jsonl: rename it according to its format.`);
  const known = [...columns, ...(digest === undefined ? [] : [SALT])];
  const needed = ['email', 'name', ...(usesSalt(digest) ? [SALT] : [])];
  for await (const row of ending === '.csv'
    ? csvRows(file, known, needed)
    : jsonRows(file, [...known, FACTORS]))
    yield digest === undefined ? row : { ...row, raw: withDigest(row.raw, digest) };
}

function withDigest(raw: RawRow | RefusedRow, rule: DigestRule): RawRow | RefusedRow {
  if (raw instanceof RefusedRow) return raw;
  const { [SALT]: salt, ...row } = raw;
  if (!usesSalt(rule) && saltText(salt) !== '')
    return new RefusedRow(`${SALT}: the formula of --hash has no salt.`);
  const digest = FastDigest.of(rule, String(row.passwordHash ?? ''), salt);
  return digest === undefined ? row : { ...row, passwordHash: digest };
}

async function* jsonRows(file: string, known: readonly string[]): AsyncGenerator<NumberedRow> {
  for await (const { line, text } of linesOf(file))
    if (text.trim() !== '') yield { line, raw: jsonRow(file, line, text, known) };
}

function jsonRow(file: string, line: number, text: string, known: readonly string[]): RawRow | RefusedRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new RefusedRow('not JSON.'); // the parser's own words repeat the text, which may hold a hash
  }
  if (!isObject(value)) return new RefusedRow('not a JSON object.');
  checkNames(
    Object.keys(value),
    known,
    (position) => `${file}, line ${line}: member ${position} of the object`,
  );
  return value;
}

async function* csvRows(
  file: string,
  known: readonly string[],
  needed: readonly string[],
): AsyncGenerator<NumberedRow> {
  let header: string[] | undefined;
  for await (const { line, values } of csvRecords(file)) {
    if (header === undefined) header = checkedHeader(file, values, known, needed);
    else {
      refuseEscapes(file, line, values);
      yield { line, raw: csvRow(header, values) };
    }
  }
}

function checkedHeader(
  file: string,
  record: readonly string[],
  known: readonly string[],
  needed: readonly string[],
): string[] {
  const header = record.map((name) => name.trim());
  checkNames(
    header,
    known,
    (position) =>
      `${file}: the first line must name the columns, separated by commas, but column ${position}`,
  );
  const missing = needed.filter((name) => !header.includes(name));
  if (missing.length > 0) throw new UnusableFile(`${file} has no column ${missing.join(' and no column ')}.`);
  if (new Set(header).size < header.length) throw new UnusableFile(`${file} has a column twice.`);
  return header;
}

/**
 * A misspelled column stops the import: otherwise it could import everybody without a hash, for example, and mail them all.
 * The message counts columns and never repeats one: in a file without a header the "names" are an address and a hash.
 */
function checkNames(
  names: readonly string[],
  known: readonly string[],
  placeOf: (position: number) => string,
): void {
  const index = names.findIndex((name) => !known.includes(name));
  if (index < 0) return;
  const meant = similarColumn(names[index] ?? '');
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  throw new UnusableFile(`${placeOf(index + 1)} is none of ${known.join(', ')}${hint}.`);
}

/** `password_hash` and `Password Hash` are meant to be `passwordHash`. */
function similarColumn(name: string): Column | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z]/g, '');
  return columns.find((column) => plain(column) === plain(name));
}

function csvRow(header: readonly string[], record: readonly string[]): RawRow | RefusedRow {
  if (record.length !== header.length)
    return new RefusedRow(`${record.length} values, but the first line names ${header.length} columns.`);
  // CSV can't tell an empty text from none.
  return Object.fromEntries(header.flatMap((name, index) => (record[index] ? [[name, record[index]]] : [])));
}
