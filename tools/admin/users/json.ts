// JSON of other systems: an object a line, an array, or a document with the array in one of its members.
import { RefusedRow } from './refused-row.ts';
import { type Line, linesOf, UnusableFile } from './text.ts';

/** An object of a file, and the line on which it begins. */
export type JsonRecord = { line: number; value: Record<string, unknown> | RefusedRow };

/**
 * The objects of a file, whichever of the three forms it has.
 *
 * @param member where a document holds the array, such as `users`; without one a document is one object
 * @throws UnusableFile for a document that isn't JSON
 */
export async function* jsonRecords(file: string, member?: string): AsyncGenerator<JsonRecord> {
  const lines = linesOf(file);
  for await (const first of lines) {
    if (first.text.trim() === '') continue;
    if (isRecordAlone(first.text, member)) yield* recordsOfLines(first, lines);
    else yield* recordsOfDocument(file, await wholeDocument(file, first, lines), member);
    return;
  }
  throw new UnusableFile(`${file} is empty.`);
}

/** Whether the first line is an object by itself, and so one of many. */
function isRecordAlone(text: string, member: string | undefined): boolean {
  const value = parsed(text);
  return isObject(value) && !(member !== undefined && member in value);
}

async function* recordsOfLines(first: Line, others: AsyncIterable<Line>): AsyncGenerator<JsonRecord> {
  yield recordOfLine(first);
  for await (const line of others) if (line.text.trim() !== '') yield recordOfLine(line);
}

function recordOfLine({ line, text }: Line): JsonRecord {
  const value = parsed(text);
  // The parser's own words repeat the text, which may hold a hash.
  return { line, value: value === undefined ? new RefusedRow('not JSON.') : objectIn(value) };
}

async function wholeDocument(file: string, first: Line, others: AsyncIterable<Line>): Promise<string> {
  const texts = ['\n'.repeat(first.line - 1) + first.text];
  for await (const { text } of others) texts.push(text);
  try {
    return texts.join('\n');
  } catch {
    throw new UnusableFile(`${file} is too large for one JSON document: export it in parts.`);
  }
}

function* recordsOfDocument(file: string, text: string, member: string | undefined): Generator<JsonRecord> {
  const document = parsed(text);
  if (document === undefined) throw new UnusableFile(`${file} is not JSON, or was cut off: export it again.`);
  const path = member !== undefined && isObject(document) && member in document ? member : undefined;
  const elements = path === undefined ? document : (document as Record<string, unknown>)[path];
  if (!Array.isArray(elements)) {
    yield { line: 1, value: objectIn(document) };
    return;
  }
  const lines = linesOfElements(text, path);
  if (lines.length !== elements.length)
    throw new UnusableFile(`${file} names its list of users twice: leave one of them.`);
  for (const [index, element] of elements.entries())
    yield { line: lines[index] as number, value: objectIn(element) };
}

const TOKENS = /"(?:[^"\\]+|\\.)*"|[{}[\]:,\n]|[^\s{}[\]:,"]+/g;

/**
 * The lines on which the elements of an array begin.
 *
 * @param text sound JSON
 * @param member whose value the array is; the whole text when there is none
 */
function linesOfElements(text: string, member: string | undefined): number[] {
  const lines: number[] = [];
  const walk = { line: 1, depth: 0, key: '', within: false };
  const level = member === undefined ? 1 : 2;
  for (const [token] of text.matchAll(TOKENS)) {
    if (token === '\n') walk.line += 1;
    else if (token === ']' || token === '}') {
      walk.depth -= 1;
      if (walk.depth < level) walk.within = false;
    } else {
      if (walk.within && walk.depth === level && token !== ',' && token !== ':') lines.push(walk.line);
      step(walk, token, member, level);
    }
  }
  return lines;
}

function step(
  walk: { depth: number; key: string; within: boolean },
  token: string,
  member: string | undefined,
  level: number,
): void {
  if (walk.depth === 1 && token.startsWith('"')) walk.key = token;
  if (token !== '[' && token !== '{') return;
  walk.depth += 1;
  const isIt = member === undefined || walk.key === JSON.stringify(member);
  if (token === '[' && walk.depth === level && isIt) walk.within = true;
}

function objectIn(value: unknown): Record<string, unknown> | RefusedRow {
  return isObject(value) ? value : new RefusedRow('not a JSON object.');
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
