import { describe, expect, test } from 'vitest';
import type { FieldProblem, Problem, Reason } from '../core/problem.ts';
import type { Request } from '../http/request.ts';
import { pageMessages } from '../messages/catalogue.ts';
import { pages } from './pages.ts';

const { en } = pageMessages;
const { forget, reset, undo, undoForm } = pages({
  brand: { name: 'Gatehouse', color: '#1d4ed8', logoUrl: undefined },
  appUrl: 'https://app.example.com',
  loginUrl: undefined,
  passwordMinimum: 8,
  tagLifetime: 1_800_000,
});

const sent = (headers: Record<string, string>): Request => ({
  client: '192.0.2.1',
  language: 'en',
  device: undefined,
  caller: undefined,
  header: (name) => headers[name],
  headers: () => [],
  query: () => undefined,
  path: () => undefined,
  body: Buffer.from('email=ada%40example.com&tag=abc'),
});
const asJson = sent({ accept: 'application/json' });

test.each<[problem: Problem, status: number, says: string]>([
  [{ code: 'malformed-body' }, 400, en.trouble.unreadable],
  [{ code: 'body-too-large' }, 413, en.trouble.tooLarge],
  [{ code: 'unsupported-media-type' }, 415, en.trouble.unreadable],
  [{ code: 'cross-site-request' }, 400, en.trouble.unreadable],
  [{ code: 'throttled', retryAfter: 299 }, 429, en.trouble.throttled('5 minutes')],
  [{ code: 'unavailable', retryAfter: 1 }, 503, en.trouble.unavailable('1 second')],
  [{ code: 'internal' }, 500, en.trouble.internal],
  // No page asks for these; should one ever be thrown, it is a defect of ours.
  [{ code: 'email-taken' }, 500, en.trouble.internal],
  [{ code: 'missing-access-token' }, 500, en.trouble.internal],
  [{ code: 'invalid-access-token' }, 500, en.trouble.internal],
  [{ code: 'invalid-refresh-token' }, 500, en.trouble.internal],
  [{ code: 'foreign-refresh-token' }, 500, en.trouble.internal],
])('%j is told as %i beside the form, on a page and to its script', (problem, status, alert) => {
  for (const operation of [forget, reset]) {
    const { fail } = operation.dialect;
    const { page, ...answer } = fail(problem, sent({}), operation);
    expect(answer.status).toBe(status);
    expect(page?.markup).toContain(`<p id="alert" class="alert" role="alert">${alert}</p>`);
    const { body, headers = {} } = fail(problem, asJson, operation);
    expect(body).toMatchObject({ alert });
    expect(headers).toEqual('retryAfter' in problem ? { 'Retry-After': String(problem.retryAfter) } : {});
  }
});

describe('a field', () => {
  const told = (
    field: 'email' | 'password' | 'name',
    reason: Reason,
    bound: { minimum?: number; maximum?: number; detail?: string } = {},
  ) =>
    (
      reset.dialect.fail(
        { code: 'invalid-fields', fields: [{ field, reason, ...bound } as FieldProblem] },
        asJson,
        reset,
      ).body as { error: string }
    ).error;

  test.each<[field: 'email' | 'password', reason: Reason, minimum: number | undefined, says: string]>([
    ['email', 'required', undefined, en.fields.emailRequired],
    ['email', 'invalid-email', undefined, en.fields.emailInvalid],
    ['password', 'required', undefined, en.fields.passwordRequired],
    ['password', 'password-too-short', 14, en.fields.passwordTooShort('14')],
    ['password', 'password-too-long', undefined, en.fields.passwordTooLong],
    ['password', 'password-unusable-characters', undefined, en.fields.passwordUnusable],
  ])('%s that is %s (%s) is told so', (field, reason, minimum, says) => {
    expect(told(field, reason, minimum === undefined ? {} : { minimum })).toBe(says);
  });

  test('that is too long for Argon2id gets a message with its limit', () => {
    expect(told('password', 'password-too-long', { maximum: 256 })).toBe(en.fields.passwordOver('256'));
  });

  test('of an import gets the message of an unreadable form', () => {
    expect(told('name', 'name-length', { detail: 'too long.' })).toBe(en.trouble.unreadable);
  });

  test('that no page has gets the message of an unreadable form', () => {
    expect(told('name', 'name-length')).toBe(en.trouble.unreadable);
  });
});

test('a page of an undo that is done says so after a reload, whose address holds no tag', () => {
  const { page } = undoForm.write(false, sent({}));
  expect(page?.markup).toContain(en.undo.done);
  expect(undo.write(undefined, sent({ accept: 'application/json' })).status).toBe(200);
});
