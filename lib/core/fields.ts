import * as v from 'valibot';
import { normaliseEmail } from './email-address.ts';
import { isVisible, trimEnds } from './invisible.ts';
import {
  MAX_PASSWORD_BYTES,
  normalisePassword,
  type PasswordPolicy,
  refusedPassword,
} from './password-policy.ts';
import { type DetailedReason, type Field, type FieldProblem, ProblemError, type Reason } from './problem.ts';

/** The fields of a request as they came, of any type, under the core's names. */
export type RawFields = Partial<Record<Field, unknown>>;

/** The rules of a request's fields: all of these, or exactly one member of an array. */
export type FieldRules = v.ObjectEntries | readonly v.ObjectEntries[];

const MAX_NAME = 100;
const MAX_BIO = 1000;

/** Any text. The message of a valibot issue is one of our reasons. */
export const text = v.string((issue) => reason(issue.input === undefined ? 'required' : 'not-text'));

/** Any text, with an example of it for the OpenAPI document. */
export function textSuchAs(example: string) {
  return v.pipe(text, v.metadata({ examples: [example] }));
}

/*
 * The `metadata` next to a rule is what the OpenAPI document says of it (lib/openapi): the part of it that JSON Schema
 * can express, which must never forbid what the rule takes, and the whole of it in words.
 */

export const emailAddress = v.pipe(
  text,
  v.metadata({
    description:
      'An email address of at most 254 bytes. Before the @: at most 64 bytes of ASCII, without a dot at either end or two dots in a row. The domain may be Unicode. Case does not matter. White space and invisible characters around the address are removed.',
    // Loose, since there is no short pattern for the invisible characters around an address that every tool can read.
    pattern: "^[^@\\uff20]*[a-zA-Z0-9!#$%&'*+/=?^_`{|}~-][@\\uff20][^@\\uff20]+$",
    examples: ['ada@example.com'],
  }),
  v.transform(normaliseEmail),
  v.string(() => reason('invalid-email')),
);

/** What pasting adds at the ends of a name. Not variation selectors and tags: emoji end with them. */
const AROUND_NAME = /[\s\u00ad\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff]/;

/**
 * Refused in names: control characters, U+2028 and U+2029, which break out of a line of a mail or a log; embeddings,
 * overrides and isolates of direction, which reorder the text around the name.
 */
const UNUSABLE_IN_NAME = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** The trimmed name: visible, on one line, and without effect on the text around it. */
export const personName = v.pipe(
  text,
  v.metadata({
    description: `1 to ${MAX_NAME} characters, at least one of them visible. Control characters and overrides of the writing direction are refused. White space and invisible characters around the name are removed.`,
    pattern: '\\S', // the rest is beyond what every tool reads
    examples: ['Ada Lovelace'],
  }),
  v.transform((name) => trimEnds(name, (character) => AROUND_NAME.test(character))),
  v.check((name) => !UNUSABLE_IN_NAME.test(name) && name.isWellFormed(), reason('name-unusable-characters')),
  v.check((name) => name !== '' && [...name].length <= MAX_NAME, reason('name-length')),
  v.check((name) => [...name].some(isSeenAlone), reason('name-invisible')),
);

/** The name of a factor: the same rules, and `null` where none is given. */
export const factorName = v.nullish(personName, null);

/** A letter, digit or sign that a font draws. An accent alone doesn't count. */
function isSeenAlone(character: string): boolean {
  return isVisible(character) && !/\p{M}/u.test(character);
}

const biographyText = v.pipe(
  text,
  v.metadata({
    // Without toLocaleString, which takes ten milliseconds of a cold start to load its data.
    description: `Up to ${MAX_BIO} characters of valid Unicode, kept as given.`,
    maxLength: MAX_BIO,
    examples: ['Wrote the first program.'],
  }),
  v.check((bio) => bio.isWellFormed(), reason('bio-unusable-characters')),
  v.check((bio) => [...bio].length <= MAX_BIO, reason('bio-too-long')),
);

/** Text as given, or `null`; absent means `null`. */
export const biography = v.nullish(biographyText, null);

/** The same, except that absent means unchanged. */
export const otherBiography = v.optional(v.nullable(biographyText));

/** Exactly `true`: a switch that is either given or left out. */
export const onlyTrue = v.literal(true, (issue) =>
  reason(issue.input === undefined ? 'required' : 'not-true'),
);

/**
 * A password that may be set, in the form that is hashed.
 *
 * @param own the account's name and address as they came, which guessers try first
 */
export function newPassword(policy: PasswordPolicy, own: readonly unknown[] = []) {
  const texts = own.filter((one) => typeof one === 'string');
  return v.pipe(
    text,
    v.metadata({
      description: `At least ${policy.minimum} characters, and at most ${MAX_PASSWORD_BYTES} bytes of UTF-8 (256 characters where the service hashes with Argon2id), both after NFC; without NUL characters. Longer ones are refused, never cut. By default common passwords are refused, and those made of the account's own name or address or the name of the service.`,
      minLength: policy.minimum,
      pattern: '^[^\\u0000]*$',
      examples: ['correct horse battery staple'],
    }),
    v.rawCheck(({ dataset, addIssue }) => {
      const refused = dataset.typed ? refusedPassword(dataset.value, policy, texts) : undefined;
      if (refused) addIssue({ message: reason(refused) });
    }),
    v.transform(normalisePassword),
  );
}

/**
 * Refuses a password that was found in a breach. Asks another service, so it comes after whatever else may refuse a request.
 *
 * @param password in the form that is hashed
 * @throws ProblemError `invalid-fields`
 */
export async function refuseBreached(
  { isBreached }: PasswordPolicy,
  password: string,
  field: Field = 'password',
): Promise<void> {
  if (await isBreached?.(password)) throw invalidFields([{ field, reason: 'password-breached' }]);
}

/**
 * The password again, compared as typed: two spellings that NFC makes equal are still a typing error.
 *
 * @param password as it came; a value that isn't text is refused by its own rule
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
 * @param policy of passwords, for the sentences that name its bounds
 * @throws ProblemError `invalid-fields`, in the order of the schema's fields, one problem a field
 */
export function readFields<const E extends v.ObjectEntries>(
  entries: E,
  fields: RawFields,
  policy?: PasswordPolicy,
): v.InferOutput<v.ObjectSchema<E, undefined>> {
  const result = v.safeParse(
    v.object(entries),
    Object.fromEntries(Object.keys(entries).map((key) => [key, fields[key as Field]])),
  );
  if (result.success) return result.output;
  throw invalidFields(
    Object.keys(entries).flatMap((field) => {
      const issue = result.issues.find((candidate) => candidate.path?.[0].key === field);
      return issue ? [fieldProblem(field as Field, issue.message, policy)] : [];
    }),
  );
}

/**
 * Reads the one set of fields, of several, that fits the request: every field of that set, and no field of another.
 *
 * @throws ProblemError `invalid-fields`. A request that fits none of the sets lacks the fields that are in every set it
 * may have meant; the list is empty when there are none.
 */
export function readOneOf<const A extends readonly v.ObjectEntries[]>(
  alternatives: A,
  fields: RawFields,
  policy?: PasswordPolicy,
): { [Index in keyof A]: v.InferOutput<v.ObjectSchema<A[Index], undefined>> }[number] {
  const given = namesOf(alternatives).filter((name) => fields[name] !== undefined);
  const fitting = alternatives.find(
    (entries) =>
      namesOf(entries).every((name) => given.includes(name)) && given.every((name) => name in entries),
  );
  if (fitting === undefined) throw invalidFields(missingFrom(alternatives, given));
  return readFields(fitting, fields, policy) as never; // the type of an array's member, which TypeScript cannot follow
}

/** The fields that are missing whatever was meant: they are in every set that has all the given fields. */
function missingFrom(alternatives: readonly v.ObjectEntries[], given: readonly Field[]): FieldProblem[] {
  const meant = alternatives.filter((entries) => given.every((name) => name in entries));
  return namesOf(meant)
    .filter((name) => !given.includes(name) && meant.every((entries) => name in entries))
    .map((field) => ({ field, reason: 'required' }));
}

/** The names of all fields in the rules. */
export function namesOf(rules: FieldRules): Field[] {
  const all = Array.isArray(rules) ? rules : [rules];
  return [...new Set(all.flatMap((entries) => Object.keys(entries) as Field[]))];
}

/** The fields of a body, or `undefined` for one that can't be read: for code that must not refuse it yet. */
export function bodyIfReadable(body: () => RawFields): RawFields | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}

export function invalidFields(fields: readonly FieldProblem[]): ProblemError {
  return new ProblemError({ code: 'invalid-fields', fields });
}

/** @param message a reason, or a reason, a colon and a sentence; see `detailed` */
function fieldProblem(field: Field, message: string, policy?: PasswordPolicy): FieldProblem {
  const end = message.indexOf(': ');
  if (end > 0)
    return { field, reason: message.slice(0, end) as DetailedReason, detail: message.slice(end + 2) };
  const reasonCode = message as Reason;
  const { minimum, maximum } = policy ?? {};
  if (reasonCode === 'password-too-short' && minimum !== undefined)
    return { field, reason: reasonCode, minimum };
  if (reasonCode === 'password-too-long' && maximum !== undefined)
    return { field, reason: reasonCode, maximum };
  return { field, reason: reasonCode };
}

function reason(code: Reason): Reason {
  return code;
}

/** A reason with a sentence of detail, which must not repeat the value. */
export function detailed(code: DetailedReason, detail: string): string {
  return `${code}: ${detail}`;
}

/**
 * A rule for values that other programs write in several ways, which no schema can express.
 *
 * @param read returns the value that is meant, or why it is refused: a sentence that doesn't repeat the value
 */
export function readBy<T>(
  code: DetailedReason,
  description: { description: string; examples: unknown[] },
  read: (value: unknown) => { value: T } | { refused: string },
) {
  return v.pipe(
    v.unknown(),
    v.metadata(description),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const reading = read(dataset.value);
      if ('value' in reading) return reading.value;
      addIssue({ message: detailed(code, reading.refused) });
      return NEVER;
    }),
  );
}
