import type * as v from 'valibot';
import { type RawFields, readFields } from '../core/fields.ts';
import { type Problem, type ProblemCode, ProblemError } from '../core/problem.ts';
import type { Answer, Operation } from '../dialects/dialect.ts';
import { alwaysHeaders } from '../http/answer-headers.ts';
import type { Request } from '../http/request.ts';
import { problemDetails, sentences } from './answers.ts';
import { answerSchema, isOptional, type JsonSchema, nameOf, requestSchema } from './json-schema.ts';
import { type Reading, readingOf } from './reading.ts';

/** An operation and what its code does not say of it. */
export type Described<Input = unknown, Output = unknown, Body = unknown> = {
  /** Method and path, as clients of the dialect write it. */
  route: string;
  operation: Operation<Input, Output, Body>;
  summary: string;
  description: string;
  /** The rules that its use-case reads fields by. */
  fields: (input: Input, passwordMinimum: number) => v.ObjectEntries;
  /** Problems of its use-case; those of bodies, and of a failing service, are known. */
  problems: readonly ProblemCode[];
  success: v.GenericSchema<Body>;
  /** A result of its use-case. */
  example: Output;
  /** The operations that a success leads to, and their fields as OpenAPI's runtime expressions. */
  links?: Record<string, Record<string, string>>;
};

type Json = Record<string, unknown>;
type Outcome = { name: string; answer: Answer; schema?: v.GenericSchema };

/** Seconds, in examples. */
const RETRY_AFTER = 2;

/** Of fields whose rule is any text. */
const EXAMPLES: Record<string, string> = {
  username: 'ada@example.com',
  email: 'ada@example.com',
  password: 'correct horse battery staple',
  refreshToken: 'a-refresh-token',
};

/** What is wrong with each field in the example of a refused request. */
const REFUSED: RawFields = { name: '', email: 'ada@', password: 'short', confirm: 'different', bio: 5 };

/** Which problems API Gateway may answer by itself, in its own words and shape: serverless.yml has them. */
const GATEWAY = [413, 429];

/** The operation as an OpenAPI Operation Object, and the schemas that it refers to. */
export async function describeOperation(
  described: Described,
  passwordMinimum: number,
): Promise<{ operation: Json; schemas: Record<string, JsonSchema> }> {
  const { operation, route, summary, description, fields } = described;
  const reading = await readingOf(operation);
  const entries = thoseRead(fields(reading.input, passwordMinimum), reading);
  const schemas: Record<string, JsonSchema> = {};
  const body = Object.keys(entries).length > 0 ? requestBody(entries, reading) : undefined;
  const outcomes = outcomesOf(described, entries, reading, passwordMinimum);
  return {
    schemas,
    operation: {
      operationId: operationId(operation, route),
      summary,
      description,
      tags: [operation.dialect],
      security: security(reading),
      ...(reading.queries.length > 0 && { parameters: reading.queries.map(tagParameter) }),
      ...(body && { requestBody: body }),
      responses: linked(responses(outcomes, schemas), described.links),
    },
  };
}

/** The rules of the fields that the dialect reads at all. */
function thoseRead(entries: v.ObjectEntries, { names }: Reading<unknown>): v.ObjectEntries {
  return Object.fromEntries(
    Object.entries(entries).filter(([field, rule]) => {
      if (!(field in names) && !isOptional(rule as v.GenericSchema))
        throw new Error(`A use-case asks for ${field}, which the dialect does not read.`);
      return field in names;
    }),
  );
}

/** `authLogIn`; the two documents of the keys are told apart by their paths. */
function operationId({ dialect, name }: Described['operation'], route: string): string {
  const words = dialect === 'well-known' ? route.replace(/^.*\/|\.json$/g, '') : `${dialect}-${name}`;
  return words.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function security({ headers }: Reading<unknown>): Json[] {
  const schemes: Record<string, string> = { token: 'tokenHeader', authorization: 'bearer' };
  return headers.map((header) => {
    const scheme = schemes[header];
    if (scheme === undefined)
      throw new Error(`lib/openapi knows no security scheme of the header ${header}.`);
    return { [scheme]: [] };
  });
}

function tagParameter(name: string): Json {
  return {
    name,
    in: 'query',
    required: true,
    description: 'The tag of the mailed link. It can be used once.',
    schema: { type: 'string', minLength: 1 },
    example: 'the-tag-of-the-mailed-link',
  };
}

function requestBody(entries: v.ObjectEntries, reading: Reading<unknown>): Json {
  const { names, mediaTypes, emptyIsMissing } = reading;
  const all = Object.entries(entries).map(
    ([field, schema]) => [names[field] as string, schema as v.GenericSchema] as const,
  );
  const properties = Object.fromEntries(
    all.map(([name, schema]) => [
      name,
      { ...requestSchema(schema), ...(emptyIsMissing && { minLength: 1 }) } as JsonSchema,
    ]),
  );
  const schema = {
    type: 'object',
    required: all.filter(([, rule]) => !isOptional(rule)).map(([name]) => name),
    properties,
  };
  const example = Object.fromEntries(
    Object.entries(properties).map(([name, property]) => [name, exampleOf(name, property)]),
  );
  return {
    required: true,
    content: Object.fromEntries(mediaTypes.map((type) => [type, { schema, example }])),
  };
}

function exampleOf(name: string, { examples, anyOf }: JsonSchema): unknown {
  const [example] = examples ?? (anyOf?.[0] as JsonSchema | undefined)?.examples ?? [];
  if (example !== undefined) return example;
  return EXAMPLES[name];
}

/** The dialects of programs answer every request alike. */
const ANY_REQUEST: Request = {
  client: '192.0.2.1',
  language: 'en',
  header: () => undefined,
  query: () => undefined,
  body: undefined,
};

/** Everything that the operation may answer, as its own code words it. */
function outcomesOf(
  { operation, problems, success, example }: Described,
  entries: v.ObjectEntries,
  { mediaTypes }: Reading<unknown>,
  passwordMinimum: number,
): Outcome[] {
  const bodies: ProblemCode[] =
    mediaTypes.length > 0 ? ['malformed-body', 'body-too-large', 'unsupported-media-type'] : [];
  const all = [...bodies, ...problems, 'unavailable' as const, 'internal' as const].flatMap((code) =>
    code === 'invalid-fields' ? refusals(entries, passwordMinimum) : [{ name: code, problem: sample(code) }],
  );
  return [
    { name: 'success', answer: operation.write(example, ANY_REQUEST), schema: success },
    ...all.map(({ name, problem }) => ({ name, answer: operation.fail(problem, ANY_REQUEST) })),
  ];
}

function sample(code: Exclude<ProblemCode, 'invalid-fields'>): Problem {
  return code === 'throttled' || code === 'unavailable' ? { code, retryAfter: RETRY_AFTER } : { code };
}

/** What a request without fields gets, and one whose fields are all wrong, where any text is not right. */
function refusals(entries: v.ObjectEntries, passwordMinimum: number): { name: string; problem: Problem }[] {
  const given = { 'missing-fields': {}, 'refused-fields': REFUSED };
  return Object.entries(given).flatMap(([name, fields]) => {
    const missing = Object.keys(entries).every((field) => !(field in fields));
    if (missing && name === 'refused-fields') return [];
    try {
      readFields(entries, fields, passwordMinimum);
      return [];
    } catch (error) {
      return error instanceof ProblemError ? [{ name, problem: error.problem }] : [];
    }
  });
}

function responses(outcomes: Outcome[], schemas: Record<string, JsonSchema>): Json {
  const statuses = [...new Set(outcomes.map(({ answer }) => answer.status))].sort((a, b) => a - b);
  return Object.fromEntries(
    statuses.map((status) => {
      const same = outcomes.filter(({ answer }) => answer.status === status);
      return [String(status), response(status, same, schemas)];
    }),
  );
}

/** Only a success leads on; it is the first, as statuses are sorted. */
function linked(all: Json, links: Described['links'] = {}): Json {
  const made = Object.entries(links).map(([operationId, requestBody]) => [
    operationId,
    { operationId, requestBody },
  ]);
  const [[status, success] = []] = Object.entries(all);
  if (made.length === 0 || status === undefined) return all;
  return { ...all, [status]: { ...(success as Json), links: Object.fromEntries(made) } };
}

function response(status: number, outcomes: Outcome[], schemas: Record<string, JsonSchema>): Json {
  const content: Record<string, { schema: Json; examples: Json }> = {};
  for (const { name, answer, schema } of outcomes) {
    if (answer.body === undefined) continue;
    const { $ref, mediaType } = referTo(schema ?? errorSchema(answer), answer, schemas);
    content[mediaType] ??= { schema: { $ref }, examples: {} };
    const { examples } = content[mediaType];
    const known = Object.values(examples).some((value) => same(value, { value: answer.body }));
    if (!known) examples[name] = { value: answer.body };
  }
  if (GATEWAY.includes(status) && content['application/problem+json'] === undefined) {
    schemas[nameOf(problemDetails)] = answerSchema(problemDetails);
    content['application/problem+json'] = {
      schema: { $ref: `#/components/schemas/${nameOf(problemDetails)}` },
      examples: {},
    };
  }
  return {
    description: descriptionOf(status, outcomes),
    headers: headersOf(outcomes),
    ...(Object.keys(content).length > 0 && {
      content: Object.fromEntries(
        Object.entries(content).map(([type, { schema, examples }]) => [
          type,
          { schema, ...(Object.keys(examples).length > 0 && { examples }) },
        ]),
      ),
    }),
  };
}

function referTo(schema: v.GenericSchema, { headers }: Answer, schemas: Record<string, JsonSchema>) {
  const name = nameOf(schema);
  schemas[name] = answerSchema(schema);
  return {
    $ref: `#/components/schemas/${name}`,
    mediaType: headers?.['Content-Type'] ?? 'application/json',
  };
}

function errorSchema({ body }: Answer): v.GenericSchema {
  return Array.isArray(body) ? sentences : problemDetails;
}

const DESCRIPTIONS: Record<number, string> = {
  200: 'It was done.',
  201: 'It was made.',
  202: 'It was accepted; what follows does not show in this answer.',
  400: 'The request cannot be read, or its fields are refused.',
  401: 'The credentials, the token or the tag is not good.',
  406: 'Refused; the sentences say why.',
  409: 'The email address already has an account.',
  413: 'The body is larger than 32 KiB. For one larger than 10 MB API Gateway answers.',
  415: 'The body is of a media type that is not taken here.',
  429: 'Too many requests of this client or about this account. When the whole API is too busy, API Gateway answers.',
  500: 'The service failed.',
  503: 'Something that the service needs does not answer; nothing was half done.',
};

function descriptionOf(status: number, outcomes: Outcome[]): string {
  const description = DESCRIPTIONS[status];
  if (description === undefined) throw new Error(`lib/openapi has no words for the status ${status}.`);
  return outcomes.every(({ answer }) => answer.body === undefined) ? `${description} No body.` : description;
}

const HEADERS: Record<string, string> = {
  'Cache-Control': 'Whether the answer may be kept.',
  'X-Content-Type-Options': 'The body is what its type says.',
  'Strict-Transport-Security': 'HTTPS alone.',
  'Referrer-Policy': 'Tags in URLs are told to nobody.',
  'Retry-After': 'Seconds after which to try again.',
  'WWW-Authenticate':
    'RFC 6750 section 3. API Gateway sends it as `x-amzn-remapped-www-authenticate`: go by the status.',
};

function headersOf(outcomes: Outcome[]): Json {
  const all = outcomes.map(({ answer }) => {
    const { 'Content-Type': _, ...headers }: Record<string, string> = { ...alwaysHeaders, ...answer.headers };
    return headers;
  });
  const names = [...new Set(all.flatMap((headers) => Object.keys(headers)))];
  return Object.fromEntries(
    names.map((name) => {
      const values = [...new Set(all.flatMap((headers) => headers[name] ?? []))];
      return [
        name,
        header(
          name,
          values,
          all.every((headers) => name in headers),
        ),
      ];
    }),
  );
}

function header(name: string, values: string[], required: boolean): Json {
  const description = HEADERS[name];
  if (description === undefined) throw new Error(`lib/openapi has no words for the header ${name}.`);
  const [value] = values;
  if (name === 'Retry-After')
    return { description, required, schema: { type: 'integer', minimum: 1 }, example: Number(value) };
  const schema = values.length === 1 ? { const: value } : { enum: values };
  return { description, required, schema: { type: 'string', ...schema }, example: value };
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
