import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { readOneOf, textSuchAs } from '../core/fields.ts';
import { problemAnswer, problemDetails } from '../dialects/problem-details.ts';
import type { AnyOperation, Dialect, Operation } from '../http/operation.ts';
import { readRequest } from '../http/request.ts';
import { requestReader } from '../http/take.ts';
import { openapiDocument } from './document.ts';

// An operation of a kind that no dialect has yet: what it declares is all that the document and its reader need.

const dialect: Dialect = {
  name: 'toy',
  description: 'A toy.',
  problem: problemDetails,
  fail: (problem) => problemAnswer(400, problem.code),
};

const alternatives = [
  { password: textSuchAs('correct horse') },
  { refreshToken: textSuchAs('a-token'), email: textSuchAs('ada@example.com') },
] as const;

const toy: Operation<unknown, { others: boolean }, { others: boolean; left?: number | undefined }> = {
  id: 'toyEnd',
  dialect,
  route: 'POST /toys/{toyId}/',
  metric: 'Pages',
  summary: 'End',
  description: 'Ends a toy.',
  takes: {
    body: { fields: alternatives, names: { email: 'username' } },
    path: { toyId: { description: 'Which toy.', example: '1' } },
    query: { dry: { description: 'Whether to pretend.', example: 'yes' } },
    accessToken: ['bearer'],
    anonymous: true,
    iam: true,
  },
  input: ({ fields, path, query, accessToken }) => ({
    fields,
    toy: path('toyId'),
    dry: query('dry'),
    accessToken,
  }),
  problems: ['invalid-fields', { code: 'throttled', retryAfter: 7 }],
  success: {
    body: v.pipe(v.object({ others: v.boolean(), left: v.optional(v.number()) }), v.title('ToyEnded')),
    example: { others: true },
    headers: { 'X-Toy': 'Says which toy it was.' },
  },
  write: ({ others }) => ({
    status: 200,
    headers: { 'Content-Disposition': 'attachment', 'X-Toy': '1' },
    body: { others },
  }),
};

const document = openapiDocument({ server: '/', passwordMinimum: 8 }, [toy as AnyOperation]) as unknown as {
  paths: Record<string, { post: Record<string, unknown> }>;
  components: Record<string, Record<string, unknown>>;
};
const described = document.paths['/toys/{toyId}/']?.post;

const present = (name: string) => ({ required: [name], properties: { [name]: {} } });

describe('an operation that is declared', () => {
  test('is in the document with its parameters, its ways in and its named body', () => {
    expect(described).toMatchObject({
      operationId: 'toyEnd',
      tags: ['toy'],
      security: [{ bearer: [] }, { iam: [] }, {}],
      parameters: [
        { name: 'toyId', in: 'path', required: true },
        { name: 'dry', in: 'query', required: false },
      ],
      requestBody: {
        required: true,
        content: { 'application/json': { schema: { $ref: '#/components/schemas/ToyEndRequest' } } },
      },
    });
    expect(Object.keys(document.components.securitySchemes ?? {})).toEqual(['bearer', 'iam']);
  });

  test('has the alternatives of its body, each of which excludes the others', () => {
    expect(document.components.schemas?.ToyEndRequest).toMatchObject({
      oneOf: [
        {
          required: ['password'],
          not: { anyOf: [present('refreshToken'), present('username')] },
        },
        { required: ['refreshToken', 'username'], not: present('password') },
      ],
      properties: { username: { type: 'string' } },
    });
  });

  test('has its own headers, its problems and the 429 of API Gateway', () => {
    const text = JSON.stringify(described);
    for (const words of ['missing-fields', 'gateway-throttled', 'cross-site-request', '"200"', 'X-Toy'])
      expect(text + JSON.stringify(document.components)).toContain(words);
  });

  test('needs words for a header that nobody knows', () => {
    const silent = { ...toy, success: { ...toy.success, headers: {} } } as AnyOperation;
    expect(() => openapiDocument({ server: '/', passwordMinimum: 8 }, [silent])).toThrow(/X-Toy/);
  });

  test('takes of a request what it declares, under the names of the core, and nothing else', () => {
    const request = readRequest({
      headers: { 'content-type': 'application/json', authorization: 'Bearer abc' },
      queryStringParameters: { dry: 'yes', other: 'no' },
      pathParameters: { toyId: '7' },
      body: '{"username":"ada","password":null,"email":"not asked for","admin":true}',
    } as never);
    const taken = requestReader(toy.takes)(request);
    expect(toy.input(taken, request)).toEqual({
      fields: { email: 'ada', password: null },
      toy: '7',
      dry: 'yes',
      accessToken: 'abc',
    });
    expect(() => taken.query('other')).toThrow(/does not declare/);
    expect(() => taken.path('other')).toThrow(/does not declare/);
  });
});

describe('exactly one set of fields', () => {
  test('is read where it is whole and alone', () => {
    expect(readOneOf(alternatives, { password: 'x' })).toEqual({ password: 'x' });
    expect(readOneOf(alternatives, { refreshToken: 'x', email: 'y' })).toEqual({
      refreshToken: 'x',
      email: 'y',
    });
  });

  test.each([
    ['none', {}],
    ['several', { password: 'x', refreshToken: 'x', email: 'y' }],
    ['one and part of another', { password: 'x', email: 'y' }],
  ])('is required: with %s the request is refused, and no field is to blame', (_, fields) => {
    expect(() => readOneOf(alternatives, fields)).toThrow(
      expect.objectContaining({ problem: { code: 'invalid-fields', fields: [] } }),
    );
  });

  test('is required: with part of one set, the missing fields are named', () => {
    expect(() => readOneOf(alternatives, { email: 'y' })).toThrow(
      expect.objectContaining({
        problem: { code: 'invalid-fields', fields: [{ field: 'refreshToken', reason: 'required' }] },
      }),
    );
  });

  test('is read by its own rules', () => {
    expect(() => readOneOf(alternatives, { password: 5 })).toThrow(
      expect.objectContaining({
        problem: { code: 'invalid-fields', fields: [{ field: 'password', reason: 'not-text' }] },
      }),
    );
  });
});

test('every operation has the 429 of API Gateway, every code its status, and no link is left', () => {
  const whole = openapiDocument({ server: '/', passwordMinimum: 8 }) as never as {
    paths: Record<string, Record<string, { responses: object }>>;
    tags: { name: string; description: string }[];
  };
  for (const path of Object.values(whole.paths))
    for (const { responses } of Object.values(path)) expect(responses).toHaveProperty('429');
  const table = whole.tags.find(({ name }) => name === 'auth')?.description;
  for (const row of ['| `invalid-fields` | 400 |', '| `throttled` | 429 |', '| `expired-tag` | 401 |'])
    expect(table).toContain(row);
  expect(JSON.stringify(whole)).not.toContain('"links"');
});
