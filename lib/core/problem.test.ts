import { expect, test } from 'vitest';
import { ProblemError } from './problem.ts';

test('a problem is an error that names itself, with its code as the message', () => {
  const error = new ProblemError({ code: 'email-taken' });
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.message, error.cause]).toEqual(['ProblemError', 'email-taken', undefined]);
  expect(error.problem).toEqual({ code: 'email-taken' });
});

test('the message and the cause reach the log but not the client', () => {
  const cause = new Error('connection refused');
  const error = new ProblemError({ code: 'unavailable', retryAfter: 2 }, 'DynamoDB did not answer', {
    cause,
  });
  expect([error.message, error.cause]).toEqual(['DynamoDB did not answer', cause]);
  expect(error.problem).toEqual({ code: 'unavailable', retryAfter: 2 });
});
