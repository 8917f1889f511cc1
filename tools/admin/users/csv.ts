// CSV with a header, as spreadsheets and databases write it. An ambiguous file is refused as a whole.
import { pipeline, Readable } from 'node:stream';
import { CsvError, type Options, parse } from 'csv-parse';
import { textOf, UnusableFile } from './text.ts';

/** A record, and the physical line of the file on which it begins. */
export type CsvRecord = { line: number; values: string[] };

/** Characters. A record of this size is a quote that was never closed; some systems keep pictures in a cell. */
const MAX_RECORD = 10_000_000;

/** What csv-parse hands over of each record: `raw` begins with one character for each empty line before it. */
type Parsed = { record: string[]; raw: string };

/**
 * The records of a CSV file; the first is the header.
 *
 * @throws UnusableFile for what isn't sound CSV, or has a carriage return alone where no quotes protect it
 */
export async function* csvRecords(file: string): AsyncGenerator<CsvRecord> {
  let nextLine = 1;
  let loneReturn = false;
  const options = {
    bom: true,
    raw: true,
    skip_empty_lines: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    max_record_size: MAX_RECORD,
    cast: (value: string, { quoting }: { quoting: boolean }) => {
      loneReturn ||= !quoting && value.includes('\r');
      return value;
    },
    // csv-parse's own count takes a CRLF within quotes for two lines.
    on_record: (parsed: unknown): CsvRecord => {
      const { record, raw } = parsed as Parsed;
      const body = raw.replace(/^[\r\n]+/, '');
      const line = nextLine + raw.length - body.length;
      nextLine = line + body.replace(/[\r\n]$/, '').split('\n').length;
      return { line, values: record };
    },
  };
  // Errors of both streams are thrown by the loop.
  const parser = pipeline(Readable.from(textOf(file)), parse(options as unknown as Options), () => undefined);
  let records = 0;
  try {
    for await (const record of parser as AsyncIterable<CsvRecord>) {
      if (loneReturn)
        throw new UnusableFile(
          `${file} ends lines with carriage returns only, as old Macs did: convert them to line feeds.`,
        );
      records += 1;
      yield record;
    }
  } catch (error) {
    // The parser's message repeats values; its code doesn't.
    if (error instanceof CsvError)
      throw new UnusableFile(
        `${file} is not valid CSV at line ${nextLine} (${error.code}): correct it there.`,
      );
    throw error;
  }
  if (records === 0) throw new UnusableFile(`${file} is empty: its first line names the columns.`);
}

/**
 * Whether a value looks as if a backslash protected the character behind it, as MySQL writes files: `a\"b` there is `a"b`. CSV
 * has no such rule, so the same bytes can be meant in two ways. JSON in a cell may have backslashes.
 */
function looksEscaped(value: string): boolean {
  if (!/\\(?:["\\\r\n]|$)/.test(value)) return false;
  if (!/^[[{]/.test(value)) return true;
  try {
    JSON.parse(value);
    return false;
  } catch {
    return true;
  }
}

/**
 * @param values those that would be stored
 * @throws UnusableFile when one of them looks escaped
 */
export function refuseEscapes(file: string, line: number, values: readonly string[]): void {
  if (!values.some(looksEscaped)) return;
  throw new UnusableFile(
    `${file} seems to use backslashes as escapes at line ${line}: export it with doubled quotes, as CSV has them.`,
  );
}
