// What firebase-tools calls CSV: no header, a comma behind the last value, quotes around a name with a comma in it and no escape
// for the quotes within. It is read where it can mean one thing only.
import { type Line, linesOf, UnusableFile } from '../text.ts';

// @see https://firebase.google.com/docs/cli/auth (File format)
const COLUMNS = ['localId', 'email', 'emailVerified', 'passwordHash', 'salt', 'displayName', 'photoUrl'];
const PROVIDERS = ['google', 'facebook', 'twitter', 'github'].flatMap((provider) =>
  ['id', 'email', 'displayName', 'photoUrl'].map((column) => `${provider}-${column}`),
);
const ALL = [
  ...COLUMNS,
  ...PROVIDERS,
  'createdAt',
  'lastSignedInAt',
  'phoneNumber',
  'disabled',
  'customAttributes',
];

/** Older versions had neither the last column nor the one before. */
const LEAST = ALL.length - 2;

/** Names of people may have quotes of their own, the claims are JSON between quotes; nothing else begins with one. */
const QUOTED = /displayName$|^customAttributes$/;

export type FirebaseRecord = { line: number; values: Record<string, string> };

/** @throws UnusableFile for a line that can be read in two ways, or in none */
export async function* firebaseRecords(file: string): AsyncGenerator<FirebaseRecord> {
  let width: number | undefined;
  for await (const line of linesOf(file)) {
    if (line.text.trim() === '') continue;
    const values = valuesOf(line);
    if (
      values === undefined ||
      values.length < LEAST ||
      values.length > ALL.length ||
      values.length !== (width ?? values.length)
    )
      throw doubtful(file, line.line);
    width = values.length;
    const record = Object.fromEntries(ALL.map((name, index) => [name, values[index] ?? '']));
    if (!isSound(record)) throw doubtful(file, line.line);
    yield { line: line.line, values: record };
  }
  if (width === undefined) throw new UnusableFile(`${file} is empty.`);
}

/** The values of a line without the last, which is always empty. */
function valuesOf({ text }: Line): string[] | undefined {
  const values: string[] = [];
  let rest = text;
  while (rest !== '') {
    const read = rest.startsWith('"') ? quotedValue(rest) : plainValue(rest);
    if (read === undefined) return undefined;
    values.push(read.value);
    rest = rest.slice(read.length);
  }
  return values;
}

type Read = { value: string; length: number };

function plainValue(text: string): Read | undefined {
  const end = text.indexOf(',');
  return end < 0 ? undefined : { value: text.slice(0, end), length: end + 1 };
}

/** A name with a comma between two quotes and none in it; claims, whose quotes are doubled; or a name that has quotes itself. */
function quotedValue(text: string): Read | undefined {
  const claims = /^"((?:[^"]|"")*)",$/.exec(text);
  if (claims !== null) return { value: (claims[1] ?? '').replaceAll('""', '"'), length: text.length };
  const name = /^"([^"]*)",/.exec(text);
  if (name === null) return undefined;
  const [whole, inner = ''] = name;
  return { value: inner.includes(',') ? inner : `"${inner}"`, length: whole.length };
}

function isSound(record: Record<string, string>): boolean {
  const {
    localId = '',
    email = '',
    emailVerified = '',
    createdAt = '',
    lastSignedInAt = '',
    disabled = '',
  } = record;
  const quoted = Object.entries(record).some(([name, value]) => value.startsWith('"') && !QUOTED.test(name));
  return (
    !quoted &&
    localId !== '' &&
    (email === '' || email.includes('@')) &&
    ['true', 'false'].includes(emailVerified) &&
    [createdAt, lastSignedInAt].every((time) => /^\d*$/.test(time)) &&
    ['', 'true', 'false'].includes(disabled)
  );
}

function doubtful(file: string, line: number): UnusableFile {
  return new UnusableFile(
    `${file} is ambiguous or unreadable at line ${line}: firebase-tools doesn't escape quotes in names. Export it as JSON (firebase auth:export users.json).`,
  );
}
