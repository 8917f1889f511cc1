import { expect, test } from 'vitest';
import type { FieldProblem } from '../core/problem.ts';
import type { Request } from '../http/request.ts';
import * as accounts from './accounts.ts';
import * as apiUser from './api-user.ts';
import { NOT_ONE_OF, sentenceFor, tryAgainIn } from './sentences.ts';

test.each([
  [1, 'Too many requests; try again in 1 second.'],
  [2, 'Too many requests; try again in 2 seconds.'],
  [900, 'Too many requests; try again in 900 seconds.'],
])('%i is told as it is said', (seconds, sentence) => {
  expect(tryAgainIn(seconds, 'Too many requests')).toBe(sentence);
});

test.each([
  [
    { field: 'password', reason: 'password-too-short', minimum: 8 },
    'Enter a password of at least 8 characters.',
  ],
  [
    { field: 'password', reason: 'password-too-long', maximum: 256 },
    'Enter a password of at most 256 characters.',
  ],
  [{ field: 'limit', reason: 'invalid-limit', detail: 'not a whole number.' }, 'Not a whole number.'],
  [{ field: 'confirm', reason: 'confirm-differs' }, 'Enter the same password twice.'],
] as [FieldProblem, string][])('%j has its sentence', (problem, sentence) => {
  expect(sentenceFor(problem)).toBe(sentence);
});

test('a request that fits none of several sets of fields gets one sentence in each dialect', () => {
  const problem = { code: 'invalid-fields', fields: [] } as const;
  for (const [operation, body] of [
    [accounts.logIn, [NOT_ONE_OF]],
    [apiUser.logIn, expect.objectContaining({ detail: NOT_ONE_OF })],
  ] as const) {
    const { dialect } = operation;
    expect(dialect.fail(problem, {} as Request, operation).body).toEqual(body);
  }
});
