import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { problemOf } from '../../test/harness/memory/problem-of.ts';
import {
  biography,
  emailAddress,
  invalidFields,
  newPassword,
  onlyTrue,
  personName,
  type RawFields,
  readFields,
  readOneOf,
  text,
} from './fields.ts';
import type { PasswordPolicy } from './password-policy.ts';

type Entries = Parameters<typeof readFields>[0];

const SIGN_UP = {
  name: personName,
  bio: biography,
  email: emailAddress,
  password: newPassword({ minimum: 8 }),
  confirm: text,
};
const GOOD: RawFields = {
  name: 'Ada',
  bio: null,
  email: 'ada@example.com',
  password: 'correct horse',
  confirm: 'correct horse',
};
const NOT_TEXT: unknown[] = [null, 0, 42, true, [], ['text'], {}, { toString: 'x' }];

/** What is wrong with each field; fails when nothing is. */
async function faults(entries: Entries, fields: RawFields, policy?: PasswordPolicy) {
  const { problem } = await problemOf(Promise.resolve().then(() => readFields(entries, fields, policy)));
  return problem.code === 'invalid-fields' ? problem.fields : problem;
}

describe('fields', () => {
  test('that are right are given in the form in which they are used', () => {
    const fields = {
      ...GOOD,
      name: ' Ada ',
      email: ' ADA@example.com',
      bio: ' x ',
      password: 'u\u{308}bercool',
    };
    expect(readFields(SIGN_UP, fields, { minimum: 8 })).toEqual({
      name: 'Ada',
      bio: ' x ',
      email: 'ada@example.com',
      password: '\u{fc}bercool',
      confirm: 'correct horse',
    });
  });

  test('that are all missing are all named, in the order of the schema; a biography may be', async () => {
    expect(await faults(SIGN_UP, {}, { minimum: 8 })).toEqual([
      { field: 'name', reason: 'required' },
      { field: 'email', reason: 'required' },
      { field: 'password', reason: 'required' },
      { field: 'confirm', reason: 'required' },
    ]);
  });

  test('that are all wrong are all named, each once', async () => {
    const fields = { name: ' ', bio: 'x'.repeat(1_001), email: 'ada', password: 'short', confirm: 7 };
    expect(await faults(SIGN_UP, fields, { minimum: 8 })).toEqual([
      { field: 'name', reason: 'name-length' },
      { field: 'bio', reason: 'bio-too-long' },
      { field: 'email', reason: 'invalid-email' },
      { field: 'password', reason: 'password-too-short', minimum: 8 },
      { field: 'confirm', reason: 'not-text' },
    ]);
  });

  test('that are wrong in two ways are named for the first', async () => {
    const fields = { ...GOOD, name: `\n${'x'.repeat(101)}\u{d800}\0`, bio: `${'x'.repeat(1_001)}\u{d800}` };
    expect(await faults(SIGN_UP, fields)).toEqual([
      { field: 'name', reason: 'name-unusable-characters' },
      { field: 'bio', reason: 'bio-unusable-characters' },
    ]);
  });

  test.each(NOT_TEXT)('that are %j are refused as not text', async (value) => {
    const fields = { name: value, bio: value ?? 0, email: value, password: value, confirm: value };
    expect(await faults(SIGN_UP, fields, { minimum: 8 })).toEqual([
      { field: 'name', reason: 'not-text' },
      { field: 'bio', reason: 'not-text' },
      { field: 'email', reason: 'not-text' },
      { field: 'password', reason: 'not-text' },
      { field: 'confirm', reason: 'not-text' },
    ]);
  });

  test('that nobody asked for are left out', () => {
    expect(readFields({ email: text }, { ...GOOD, email: 'x' })).toEqual({ email: 'x' });
  });

  test('are the ones of the client, never those that every object inherits', async () => {
    const inherited: RawFields = Object.create({ name: 'Ada' });
    expect(await faults({ name: personName, email: text }, inherited)).toContainEqual({
      field: 'email',
      reason: 'required',
    });
  });

  test('that are empty texts are texts', () => {
    expect(readFields({ email: text, password: text }, { email: '', password: '' })).toEqual({
      email: '',
      password: '',
    });
  });
});

describe('one of several sets of fields', () => {
  const sets = [
    { challenge: text, code: text },
    { challenge: text, recoveryCode: text },
  ];

  test.each([
    [{}, ['challenge']],
    [{ code: '1' }, ['challenge']],
    [{ challenge: 'c' }, []], // a code or a recovery code: neither alone is to blame
    [{ challenge: 'c', code: '1', recoveryCode: '2' }, []],
  ])('%j lacks %j', async (given, missing) => {
    const { problem } = await problemOf(Promise.resolve().then(() => readOneOf(sets, given as RawFields)));
    expect(problem).toEqual({
      code: 'invalid-fields',
      fields: missing.map((field) => ({ field, reason: 'required' })),
    });
  });

  const signedIn = { token: text, password: text };

  test('blames what the only fitting set lacks', async () => {
    const { problem } = await problemOf(
      Promise.resolve().then(() => readOneOf([...sets, signedIn], { password: 'p' })),
    );
    expect(problem).toMatchObject({ fields: [{ field: 'token', reason: 'required' }] });
  });
});

describe('a name', () => {
  test.each([
    ['of one character', 'A', 'A'],
    ['of a hundred characters', 'x'.repeat(100), 'x'.repeat(100)],
    ['of a hundred characters in 200 UTF-16 units', '🔑'.repeat(100), '🔑'.repeat(100)],
    ['with white space around a hundred characters', ` \t${'x'.repeat(100)}\n`, 'x'.repeat(100)],
    ['with invisible characters around it', '\u{200b}\u{200e} Ada\u{feff}\u{2060} ', 'Ada'],
    ['with an emoji at its end', 'Ada ❤\u{fe0f}', 'Ada ❤\u{fe0f}'],
    ['with a mark of direction inside', 'עדה\u{200f}!א', 'עדה\u{200f}!א'],
    ['with an accent of its own', 'A\u{301}da', 'A\u{301}da'],
    ['with markup', '<b>Ada</b> & "co"', '<b>Ada</b> & "co"'],
    ['with joined characters', '👩\u{200d}🔬', '👩\u{200d}🔬'],
  ])('%s is taken', (_, name, taken) => {
    expect(readFields({ name: personName }, { name })).toEqual({ name: taken });
  });

  test.each([
    ['that is empty', '', 'name-length'],
    ['of white space', ' \t\n ', 'name-length'],
    ['of 101 characters', 'x'.repeat(101), 'name-length'],
    ['of two lines', 'Ada\r\nBcc: eve@evil.example', 'name-unusable-characters'],
    ['with NUL', 'Ada\0', 'name-unusable-characters'],
    ['with a control character of the upper half', 'Ada\u{9b}x', 'name-unusable-characters'],
    ['of an invisible letter', '\u{3164}', 'name-invisible'],
    ['of an empty Braille cell', '\u{2800}', 'name-invisible'],
    ['of a tag character', '\u{e0041}', 'name-invisible'],
    ['of several of them', '\u{3164} \u{2800}\u{115f}\u{ffa0}\u{1d159}', 'name-invisible'],
    ['of an accent alone', '\u{301}', 'name-invisible'],
    ['of zero-width spaces', '\u{200b}\u{200b}', 'name-length'],
    ...[
      '\u{202a}',
      '\u{202b}',
      '\u{202c}',
      '\u{202d}',
      '\u{202e}',
      '\u{2066}',
      '\u{2067}',
      '\u{2068}',
      '\u{2069}',
    ].map((override) => [
      `with U+${override.codePointAt(0)?.toString(16)}`,
      `Ada${override}x`,
      'name-unusable-characters',
    ]),
    ['with a line separator', 'Ada\u{2028}Bcc: x', 'name-unusable-characters'],
    ['with a paragraph separator', 'Ada\u{2029}x', 'name-unusable-characters'],
    ['with half a character', 'Ada\u{d83d}', 'name-unusable-characters'],
  ])('%s is refused', async (_, name, reason) => {
    expect(await faults({ name: personName }, { name })).toEqual([{ field: 'name', reason }]);
  });
});

describe('a biography', () => {
  test.each([
    ['that is absent', undefined, null],
    ['that is null', null, null],
    ['that is empty', '', ''],
    ['of several lines', 'one\ntwo', 'one\ntwo'],
    ['of a thousand characters', '🔑'.repeat(1_000), '🔑'.repeat(1_000)],
  ])('%s is taken', (_, bio, taken) => {
    expect(readFields({ bio: biography }, { bio })).toEqual({ bio: taken });
  });

  test('that is not there at all is null', () => {
    expect(readFields({ bio: biography }, {})).toEqual({ bio: null });
  });

  test.each([
    ['of 1001 characters', 'x'.repeat(1_001), 'bio-too-long'],
    ['with half a character', '\u{d83d}', 'bio-unusable-characters'],
  ])('%s is refused', async (_, bio, reason) => {
    expect(await faults({ bio: biography }, { bio })).toEqual([{ field: 'bio', reason }]);
  });
});

describe('a password that is refused', () => {
  test.each([
    ['too long', 'x'.repeat(73), 'password-too-long'],
    ['of unusable characters', 'x'.repeat(8).concat('\0'), 'password-unusable-characters'],
  ])('as %s names no minimum', async (_, password, reason) => {
    expect(await faults({ password: newPassword({ minimum: 8 }) }, { password }, { minimum: 8 })).toEqual([
      { field: 'password', reason },
    ]);
  });

  test('as too long names the maximum, where characters are counted', async () => {
    const policy = { minimum: 8, maximum: 256 };
    const long = { password: 'x'.repeat(257) };
    expect(await faults({ password: newPassword(policy) }, long, policy)).toEqual([
      { field: 'password', reason: 'password-too-long', maximum: 256 },
    ]);
  });

  test('as common is so with the other fields in mind, whatever they are', async () => {
    const policy = { minimum: 8, isCommon: (password: string) => password === 'qwertyuiop' };
    const refused = [{ field: 'password', reason: 'password-common' }];
    for (const password of ['QWERTYuiop', 'Lovelace1815'])
      expect(
        await faults(
          { password: newPassword(policy, [undefined, 42, 'Ada Lovelace']) },
          { password },
          policy,
        ),
      ).toEqual(refused);
  });

  test('as too short names the minimum, where it is known', async () => {
    const short = { password: 'x'.repeat(9) };
    expect(await faults({ password: newPassword({ minimum: 10 }) }, short, { minimum: 10 })).toEqual([
      { field: 'password', reason: 'password-too-short', minimum: 10 },
    ]);
    expect(await faults({ password: newPassword({ minimum: 10 }) }, short)).toStrictEqual([
      { field: 'password', reason: 'password-too-short' },
    ]);
  });
});

test('a problem of fields says which and why', () => {
  const fields = [{ field: 'confirm', reason: 'confirm-differs' }] as const;
  expect(invalidFields(fields).problem).toEqual({ code: 'invalid-fields', fields });
});

test('what the OpenAPI document says of a field forbids nothing that the field takes', () => {
  const around = '\u{200b}\u{200e}\u{feff} ';
  for (const [schema, values] of [
    [
      emailAddress,
      [`${around}Ada@Example.com${around}`, 'a@b', 'ada\u{ff20}bücher.example', '\u{3164}ada@x.org\u{e0041}'],
    ],
    [personName, [`${around}${'x'.repeat(100)}${around}`, 'A', '🔑'.repeat(100), 'Ada ❤\u{fe0f}']],
  ] as const) {
    const metadata = schema.pipe.find((part) => part.type === 'metadata') as unknown as {
      metadata: { pattern: string };
    };
    for (const value of values) {
      expect(v.is(schema, value), value).toBe(true);
      expect(new RegExp(metadata.metadata.pattern, 'u').test(value), value).toBe(true);
    }
  }
});

test.each([
  [{}, 'required'],
  [{ all: false }, 'not-true'],
  [{ all: 'true' }, 'not-true'],
])('a switch is true or left out: %j', async (fields, reason) => {
  expect(await faults({ all: onlyTrue }, fields as never)).toMatchObject([{ reason }]);
});
