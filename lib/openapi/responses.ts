import { STATUS_CODES } from 'node:http';
import type * as v from 'valibot';
import { alwaysHeaders } from '../http/answer-headers.ts';
import type { Answer, AnyOperation } from '../http/operation.ts';
import { answerSchema, type JsonSchema, nameOf } from './json-schema.ts';
import { type Outcome, outcomesOf } from './outcomes.ts';

type Json = Record<string, unknown>;

/** The Responses Object, the schemas that it refers to, and the codes of its problems with their statuses. */
export function describeResponses(
  operation: AnyOperation,
  passwordMinimum: number,
): { responses: Json; schemas: Record<string, JsonSchema>; codes: [code: string, status: number][] } {
  const schemas: Record<string, JsonSchema> = {};
  const outcomes = outcomesOf(operation, passwordMinimum);
  const statuses = [...new Set(outcomes.map(({ answer }) => answer.status))].sort((a, b) => a - b);
  const responses = Object.fromEntries(
    statuses.map((status) => {
      const same = outcomes.filter(({ answer }) => answer.status === status);
      return [String(status), response(status, same, schemas, operation.success.headers)];
    }),
  );
  const codes = outcomes.flatMap(({ code, answer: { status } }): [string, number][] =>
    code === undefined ? [] : [[code, status]],
  );
  return { responses, schemas, codes };
}

function response(
  status: number,
  outcomes: Outcome[],
  schemas: Record<string, JsonSchema>,
  ownHeaders: Record<string, string> = {},
): Json {
  const content: Record<string, { schema: Json; examples: Json }> = {};
  for (const { name, answer, schema } of outcomes) {
    if (answer.body === undefined) continue;
    const { $ref, mediaType } = referTo(schema, answer, schemas);
    content[mediaType] ??= { schema: { $ref }, examples: {} };
    const { examples } = content[mediaType];
    const known = Object.values(examples).some((value) => same(value, { value: answer.body }));
    if (!known) examples[name] = { value: answer.body };
  }
  return {
    description: descriptionOf(status, outcomes),
    headers: headersOf(outcomes, ownHeaders),
    ...(Object.keys(content).length > 0 && { content }),
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

/** The meaning of a status here, where its name doesn't say it. */
const DESCRIPTIONS: Record<number, string> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted. The response does not reveal whether anything follows.',
  400: 'The request cannot be read, or fields are refused.',
  401: 'The credentials, the token, the tag or the code is wrong, or a stronger proof is needed.',
  403: 'The request is not allowed. Most often a page of an origin that is not in `CORS_ORIGINS` sent it.',
  406: 'Refused. The sentences say why.',
  404: 'Not found.',
  409: 'The request conflicts with what exists already.',
  413: 'The body is larger than 32 KiB. If it is larger than 10 MB, API Gateway answers.',
  415: 'The media type of the body is not accepted here.',
  429: 'Too many requests from this client or for this account. If the route has too many requests or the web ACL blocks the request, API Gateway answers.',
  500: 'The service failed.',
  503: 'A dependency of the service does not answer. Nothing was changed by half.',
};

function descriptionOf(status: number, outcomes: Outcome[]): string {
  const description = DESCRIPTIONS[status] ?? `${STATUS_CODES[status]}.`;
  const codes = [...new Set(outcomes.flatMap(({ code }) => (code === undefined ? [] : [`\`${code}\``])))];
  return [
    description,
    ...(outcomes.every(({ answer }) => answer.body === undefined) ? ['No body.'] : []),
    ...(codes.length > 0 ? [`\`code\`: ${codes.join(', ')}.`] : []),
  ].join(' ');
}

const HEADERS: Record<string, string> = {
  'Cache-Control': 'Whether the answer may be cached.',
  'Content-Disposition': 'A browser saves the answer as a file.',
  'Content-Security-Policy': 'A browser that shows the answer loads nothing else.',
  'X-Content-Type-Options': 'Browsers must not guess another media type.',
  'X-Frame-Options': 'No page may frame the answer.',
  'Strict-Transport-Security': 'Browsers use HTTPS only.',
  'Referrer-Policy': 'Browsers pass no URL, and so no tag in it, on to other sites.',
  'Retry-After': 'Try again after this many seconds.',
  'WWW-Authenticate':
    'RFC 6750 section 3. API Gateway renames it to `x-amzn-remapped-www-authenticate`, so go by the status.',
};

function headersOf(outcomes: Outcome[], ownHeaders: Record<string, string>): Json {
  const all = outcomes.map(({ answer }) => {
    const { 'Content-Type': _, ...headers }: Record<string, string> = { ...alwaysHeaders, ...answer.headers };
    return headers;
  });
  const names = [...new Set(all.flatMap((headers) => Object.keys(headers)))];
  return Object.fromEntries(
    names.map((name) => {
      const description = ownHeaders[name] ?? HEADERS[name];
      if (description === undefined)
        throw new Error(`No words for the header ${name}: put them into success.headers of the operation.`);
      const values = [...new Set(all.flatMap((headers) => headers[name] ?? []))];
      const required = all.every((headers) => name in headers);
      return [name, { description, required, ...headerSchema(name, values) }];
    }),
  );
}

function headerSchema(name: string, values: string[]): Json {
  const [value] = values;
  if (name === 'Retry-After') return { schema: { type: 'integer', minimum: 1 }, example: Number(value) };
  const schema = values.length === 1 ? { const: value } : { enum: values };
  return { schema: { type: 'string', ...schema }, example: value };
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
