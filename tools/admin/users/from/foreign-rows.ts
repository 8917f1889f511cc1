// The export of another system as rows of an import.
import { extname } from 'node:path';
import { csvRecords, refuseEscapes } from '../csv.ts';
import { SALT, usesSalt } from '../fast-digest.ts';
import { jsonRecords } from '../json.ts';
import { RefusedRow } from '../refused-row.ts';
import type { RawRow } from '../row.ts';
import { UnusableFile } from '../text.ts';
import { firebaseRecords } from './firebase-csv.ts';
import { ForeignRecord, LeftOut } from './foreign-record.ts';
import type { Settings, Source } from './source.ts';
import { type System, sources } from './sources.ts';

export type ForeignRow = { line: number; raw: RawRow | RefusedRow | LeftOut };

type Numbered = { line: number; record: ForeignRecord | RefusedRow };

/**
 * The users of an export.
 *
 * @throws UnusableFile when it isn't that system's export, lacks what is needed, or can be read in two ways
 */
export async function* foreignRows(
  file: string,
  system: System,
  settings: Settings,
): AsyncGenerator<ForeignRow> {
  const source: Source = sources[system];
  const needs = [...source.needs, ...(usesSalt(settings.digest) ? [[SALT]] : [])];
  for await (const { line, record } of recordsOf(file, system, { ...source, needs }))
    yield { line, raw: record instanceof RefusedRow ? record : read(source, record, settings) };
}

function read(source: Source, record: ForeignRecord, settings: Settings): ForeignRow['raw'] {
  try {
    if (record.value('deleted_at', 'DeletedAt') !== undefined) return new LeftOut('deleted');
    return source.read(record, settings);
  } catch (error) {
    if (error instanceof RefusedRow) return error;
    throw error;
  }
}

function recordsOf(file: string, system: System, source: Source): AsyncGenerator<Numbered> {
  const ending = extname(file).toLowerCase();
  const format =
    ending === '.csv' ? 'csv' : ['.json', '.jsonl', '.ndjson'].includes(ending) ? 'json' : undefined;
  if (format === undefined || !source.formats.includes(format)) {
    const endings = source.formats.map((one) => `.${one}`).join(' or ');
    throw new UnusableFile(`The export of ${system} is read from ${endings}, and ${file} ends differently.`);
  }
  if (format === 'json') return fromJson(file, source);
  return source.headless === 'firebase' ? fromFirebaseCsv(file) : fromCsv(file, source);
}

async function* fromFirebaseCsv(file: string): AsyncGenerator<Numbered> {
  for await (const { line, values } of firebaseRecords(file))
    yield { line, record: new ForeignRecord(values) };
}

async function* fromCsv(file: string, source: Source): AsyncGenerator<Numbered> {
  let header: string[] | undefined;
  for await (const { line, values } of csvRecords(file)) {
    if (header === undefined) {
      header = values.map((name) => name.trim());
      checkHeader(file, header, source);
    } else yield { line, record: csvRecord(file, line, header, values, source) };
  }
}

function checkHeader(file: string, header: readonly string[], source: Source): void {
  const there = header.map((name) => name.toLowerCase());
  refuseMissing(file, source, (name) => there.includes(name));
  const read = readColumns(source);
  if (there.some((name, index) => read.has(name) && there.indexOf(name) < index))
    throw new UnusableFile(`${file} has a column twice.`);
}

/** A file with a misspelled column could import everybody without a hash, for example, and mail them all. */
function refuseMissing(file: string, source: Source, has: (lowerCaseName: string) => boolean): void {
  const missing = source.needs.filter((names) => !names.some((name) => has(name.toLowerCase())));
  if (missing.length === 0) return;
  const names = missing.map((alternatives) => alternatives.join(' or ')).join(', nor ');
  throw new UnusableFile(
    `${file} doesn't name ${names}: it is another export than --from says, lacks needed columns, or isn't separated by commas.`,
  );
}

function readColumns({ needs, reads = [] }: Source): Set<string> {
  return new Set([...needs.flat(), ...reads, 'deleted_at'].map((name) => name.toLowerCase()));
}

function csvRecord(
  file: string,
  line: number,
  header: readonly string[],
  values: readonly string[],
  source: Source,
): ForeignRecord | RefusedRow {
  const whole = values.length === header.length;
  const read = readColumns(source);
  const stored = values.filter((_, index) => !whole || read.has((header[index] ?? '').toLowerCase()));
  refuseEscapes(file, line, stored);
  if (!whole)
    return new RefusedRow(`${values.length} values, but the first line names ${header.length} columns.`);
  return new ForeignRecord(Object.fromEntries(header.map((name, index) => [name, values[index]])));
}

async function* fromJson(file: string, source: Source): AsyncGenerator<Numbered> {
  const seen = new Set<string>();
  let users = 0;
  for await (const { line, value } of jsonRecords(file, source.member)) {
    if (value instanceof RefusedRow) {
      yield { line, record: value };
      continue;
    }
    const user = source.flatten === undefined ? value : source.flatten(value);
    if (user === undefined) continue;
    for (const name of Object.keys(user)) seen.add(name.toLowerCase());
    users += 1;
    yield { line, record: new ForeignRecord(user) };
  }
  if (users > 0) refuseMissing(file, source, (name) => seen.has(name));
}
