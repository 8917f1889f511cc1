// Files of users: CSV or JSON lines. No message repeats a value of the file: any of them may be an address or a hash.
import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { fileSentence, OperatorError } from '../command-line/operator-error.ts';
import { type Column, columns, type RawRow, RefusedRow } from './row.ts';

/** A row and the line of the file on which it begins. What cannot even be told apart into values is refused already. */
export type NumberedRow = { line: number; raw: RawRow | RefusedRow };

/** A file as a whole is unusable; nothing of it may be imported. */
class UnusableFile extends OperatorError {}

/**
 * The rows of a file, by its ending: `.csv`, or `.jsonl` and `.ndjson`.
 *
 * @throws OperatorError when it is not UTF-8, its CSV cannot be read, or it has a column that nobody knows
 */
export async function* rowsOf(file: string): AsyncGenerator<NumberedRow> {
  const ending = extname(file).toLowerCase();
  if (ending === '.csv') yield* csvRows(file);
  else if (ending === '.jsonl' || ending === '.ndjson') yield* jsonRows(file);
  else throw new UnusableFile(`${file} ends neither in .csv nor in .jsonl: rename it to what it is.`);
}

/** Characters, since U+FFFD in the place of a byte that is not UTF-8 would be stored as somebody's name. */
async function* textOf(file: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 18 })) {
      const text = decoder.decode(chunk as Buffer, { stream: true });
      // UTF-16 of plain Latin text is sound UTF-8 with a NUL in every other place.
      if (text.includes('\0')) throw new TypeError('UTF-16');
      yield text;
    }
    yield decoder.decode();
  } catch (error) {
    const sentence = fileSentence(error, file);
    if (sentence !== undefined) throw new UnusableFile(sentence);
    if (!(error instanceof TypeError)) throw error;
    throw new UnusableFile(`${file} is not UTF-8: convert it, for example with iconv.`);
  }
}

async function* jsonRows(file: string): AsyncGenerator<NumberedRow> {
  let line = 0;
  let rest = '';
  const row = (text: string): NumberedRow[] => {
    line += 1;
    return text.trim() === '' ? [] : [{ line, raw: jsonRow(file, line, text) }];
  };
  // Not readline, which also breaks lines at U+2028 and U+2029: JSON leaves those as they are.
  for await (const text of textOf(file)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const one of lines) yield* row(one);
  }
  yield* row(rest);
}

function jsonRow(file: string, line: number, text: string): RawRow | RefusedRow {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new RefusedRow('not JSON.'); // the parser's own words repeat the text, which may hold a hash
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new RefusedRow('not a JSON object.');
  checkNames(Object.keys(value), (position) => `${file}, line ${line}: member ${position} of the object`);
  return value as RawRow;
}

/** A quoted value of this size is a quote that was never closed. */
const MAX_RECORD = 100_000;

async function* csvRows(file: string): AsyncGenerator<NumberedRow> {
  const options = {
    bom: true,
    info: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    max_record_size: MAX_RECORD,
  };
  // What fails on either side is thrown by the loop.
  const parser = pipeline(Readable.from(textOf(file)), parse(options), () => undefined);
  let header: string[] | undefined;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      const line = info.lines - record.join('').split('\n').length + 1;
      if (header === undefined) header = checkedHeader(file, record);
      else yield { line, raw: csvRow(header, record) };
    }
  } catch (error) {
    // The parser's message repeats values; its code and line do not.
    if (error instanceof CsvError)
      throw new UnusableFile(
        `${file} is not sound CSV at line ${error.lines} (${error.code}): mend it there.`,
      );
    throw error;
  }
  if (header === undefined) throw new UnusableFile(`${file} is empty: its first line names the columns.`);
}

function checkedHeader(file: string, record: readonly string[]): string[] {
  const header = record.map((name) => name.trim());
  checkNames(
    header,
    (position) =>
      `${file}: the first line must name the columns, separated by commas, but column ${position}`,
  );
  const missing = ['email', 'name'].filter((name) => !header.includes(name));
  if (missing.length > 0) throw new UnusableFile(`${file} has no column ${missing.join(' and no column ')}.`);
  if (new Set(header).size < header.length) throw new UnusableFile(`${file} has a column twice.`);
  return header;
}

/**
 * A column misnamed would import everybody without a hash, say, and mail them all: it stops the import instead. The
 * message counts columns and never repeats one: in a file without a header the "names" are somebody's address and hash.
 */
function checkNames(names: readonly string[], placeOf: (position: number) => string): void {
  const index = names.findIndex((name) => !(columns as string[]).includes(name));
  if (index < 0) return;
  const meant = similarColumn(names[index] ?? '');
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  throw new UnusableFile(`${placeOf(index + 1)} is none of ${columns.join(', ')}${hint}.`);
}

/** `password_hash` and `Password Hash` are meant to be `passwordHash`. */
function similarColumn(name: string): Column | undefined {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z]/g, '');
  return columns.find((column) => plain(column) === plain(name));
}

function csvRow(header: readonly string[], record: readonly string[]): RawRow | RefusedRow {
  if (record.length !== header.length)
    return new RefusedRow(`${record.length} values where the first line names ${header.length} columns.`);
  // CSV can't tell an empty text from none.
  return Object.fromEntries(header.flatMap((name, index) => (record[index] ? [[name, record[index]]] : [])));
}
