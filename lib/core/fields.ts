import * as v from 'valibot';
import { normaliseEmail } from './email-address.ts';
import { MAX_PASSWORD_OCTETS, normalisePassword, refusedPassword } from './password-policy.ts';
import { type Field, type FieldProblem, ProblemError, type Reason } from './problem.ts';

/** What a dialect hands to the core: the fields as they came, under the core's names, of whatever type. */
export type RawFields = Partial<Record<Field, unknown>>;

const MAX_NAME = 100;
const MAX_BIO = 1000;

/** Any text; the message of a valibot issue is one of our reasons. */
export const text = v.string((issue) => reason(issue.input === undefined ? 'required' : 'not-text'));

/*
 * The `metadata` beside a rule is what the OpenAPI document says of it (lib/openapi): the part of it that JSON Schema
 * can express, which must never forbid what the rule takes, and the whole of it in words.
 */

export const emailAddress = v.pipe(
  text,
  v.metadata({
    description:
      'An email address: ASCII before the @, a domain that may be Unicode, at most 254 octets. Case and white space around it do not matter.',
    pattern: "^\\s*[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[^\\s@]+\\s*$",
    examples: ['ada@example.com'],
  }),
  v.transform(normaliseEmail),
  v.string(() => reason('invalid-email')),
);

/** The trimmed name. Control characters would let it break out of a mail's or a log's line. */
export const personName = v.pipe(
  text,
  v.metadata({
    description: `1 to ${MAX_NAME} characters, without control characters; white space around it is removed.`,
    pattern: `^\\s*\\S([\\s\\S]{0,${MAX_NAME - 2}}\\S)?\\s*$`,
    examples: ['Ada Lovelace'],
  }),
  v.transform((name) => name.trim()),
  v.check((name) => !/\p{Cc}/u.test(name) && name.isWellFormed(), reason('name-unusable-characters')),
  v.check((name) => name !== '' && [...name].length <= MAX_NAME, reason('name-length')),
);

/** Text as given, or `null`; absent means `null`. */
export const biography = v.nullish(
  v.pipe(
    text,
    v.metadata({
      // Not by toLocaleString: at a cold start it takes ten milliseconds to load what it knows of languages.
      description: `Up to ${MAX_BIO} characters of valid Unicode, kept as given.`,
      maxLength: MAX_BIO,
      examples: ['Wrote the first program.'],
    }),
    v.check((bio) => bio.isWellFormed(), reason('bio-unusable-characters')),
    v.check((bio) => [...bio].length <= MAX_BIO, reason('bio-too-long')),
  ),
  null,
);

/**
 * A password that may be set, in the form that is hashed.
 *
 * @param minimum smallest number of code points, from the configuration
 */
export function newPassword(minimum: number) {
  return v.pipe(
    text,
    v.metadata({
      description: `At least ${minimum} characters, and at most ${MAX_PASSWORD_OCTETS} octets of UTF-8, both after NFC; without NUL characters. Longer ones are refused, never cut.`,
      minLength: minimum,
      pattern: '^[^\\u0000]*$',
      examples: ['correct horse battery staple'],
    }),
    v.rawCheck(({ dataset, addIssue }) => {
      const refused = dataset.typed ? refusedPassword(dataset.value, minimum) : undefined;
      if (refused) addIssue({ message: reason(refused) });
    }),
    v.transform(normalisePassword),
  );
}

/**
 * The password once more, compared as typed: two spellings that NFC would make one are still a slip of the keyboard.
 *
 * @param password as it came; of one that is no text there is nothing to repeat
 */
export function confirmationOf(password: unknown) {
  return v.pipe(
    text,
    v.metadata({
      description: 'The password once more.',
      examples: ['correct horse battery staple'],
    }),
    v.check((confirm) => typeof password !== 'string' || confirm === password, reason('confirm-differs')),
  );
}

/**
 * Reads the fields that an operation needs, reporting every missing or wrong one at once.
 *
 * @param minimum the password minimum, for the sentence that names it
 * @throws ProblemError `invalid-fields`, in the order of the schema's fields, one problem a field
 */
export function readFields<const E extends v.ObjectEntries>(
  entries: E,
  fields: RawFields,
  minimum?: number,
): v.InferOutput<v.ObjectSchema<E, undefined>> {
  const result = v.safeParse(
    v.object(entries),
    Object.fromEntries(Object.keys(entries).map((key) => [key, fields[key as Field]])),
  );
  if (result.success) return result.output;
  throw invalidFields(
    Object.keys(entries).flatMap((field) => {
      const issue = result.issues.find((candidate) => candidate.path?.[0].key === field);
      return issue ? [fieldProblem(field as Field, issue.message as Reason, minimum)] : [];
    }),
  );
}

export function invalidFields(fields: readonly FieldProblem[]): ProblemError {
  return new ProblemError({ code: 'invalid-fields', fields });
}

function fieldProblem(field: Field, reasonCode: Reason, minimum?: number): FieldProblem {
  return reasonCode === 'password-too-short' && minimum !== undefined
    ? { field, reason: reasonCode, minimum }
    : { field, reason: reasonCode };
}

function reason(code: Reason): Reason {
  return code;
}
