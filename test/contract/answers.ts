import { decodeJwt, decodeProtectedHeader } from 'jose';
import { expect } from 'vitest';
import type { Reply } from '../harness/client.ts';
import type { Unreadable } from './unreadable-bodies.ts';

/** A whole answer. A string as the body is the exact text, anything else the JSON it must equal. */
export type Answer = { status: number; body: unknown; headers?: Record<string, unknown> };

const onEveryAnswer = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': expect.stringMatching(/^max-age=[1-9]\d{6,}/),
  'referrer-policy': 'no-referrer',
};

/**
 * Asserts an answer whole: its status, its body, and those of its headers that the contract speaks of, so that one too
 * many (a challenge on a success, any of CORS) fails as one too few does.
 */
export function expectAnswer(reply: Reply, { status, body, headers }: Answer): void {
  const spokenOf = Object.entries(reply.headers).filter(
    ([name]) =>
      name in onEveryAnswer || /^(www-authenticate|retry-after|set-cookie|access-control-.*)$/.test(name),
  );
  expect({
    status: reply.status,
    body: typeof body === 'string' ? reply.text : reply.json,
    headers: Object.fromEntries(spokenOf),
  }).toEqual({ status, body, headers: { ...onEveryAnswer, ...headers } });
}

export const ok = (body: unknown): Answer => ({ status: 200, body });

/** An error of `/accounts/*`. */
export const sentences = (status: number, ...all: unknown[]): Answer => ({ status, body: all });

/** An error of the other dialects: RFC 9457 with a `message` that repeats `detail`. */
export function problem(
  status: number,
  title: string,
  detail: unknown,
  more: {
    headers?: Record<string, unknown>;
    errors?: { field: string; code: string; message: string }[];
  } = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...more.headers },
    body: {
      type: 'about:blank',
      title,
      status,
      detail,
      message: detail,
      ...(more.errors && { errors: more.errors }),
    },
  };
}

/** A problem of `/auth*`, which has a code for programs too. */
export const coded = (code: string, { body, ...answer }: Answer): Answer => ({
  ...answer,
  body: { ...(body as object), code },
});

export const unreadableProblems: Record<Unreadable, Answer> = {
  malformed: problem(400, 'Bad Request', 'The body is not a JSON object in UTF-8.'),
  'too large': problem(413, 'Content Too Large', 'The body is larger than 32 KiB.'),
  unsupported: problem(415, 'Unsupported Media Type', 'Send the body as application/json.'),
};

/** The same under `/auth*`. */
export const unreadableAuthProblems: Record<Unreadable, Answer> = {
  malformed: coded('malformed-body', unreadableProblems.malformed),
  'too large': coded('body-too-large', unreadableProblems['too large']),
  unsupported: coded('unsupported-media-type', unreadableProblems.unsupported),
};

/** RFC 6750 section 3: without an error code where no access token was sent or none is asked for. */
export const challenge = { 'www-authenticate': 'Bearer' };
export const refusedToken = { 'www-authenticate': 'Bearer error="invalid_token"' };

export const aToken = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
export const anId = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
export const aRefreshToken = expect.stringMatching(/^[\w-]{64,}$/);
export const seconds = expect.stringMatching(/^[1-9]\d*$/);

/** Values of every type of JSON that is no text. */
export const noText: [type: string, value: unknown][] = [
  ['a number', 5],
  ['zero', 0],
  ['an object', { S: 'text' }],
  ['an array', ['text']],
  ['true', true],
  ['false', false],
];

/** Expects the header and the claims that the contract gives an access token, valid for an hour. */
export function expectClaims(token: string, owner: { userId: string; name: string; email: string }): void {
  const issuer = process.env.ISSUER;
  expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', typ: 'at+jwt', kid: expect.any(String) });
  const claims = decodeJwt(token);
  expect(claims).toEqual({
    iss: issuer,
    aud: issuer,
    client_id: issuer,
    sub: owner.userId,
    sid: anId,
    jti: anId,
    iat: expect.any(Number),
    exp: (claims.iat as number) + 3_600,
    userId: owner.userId,
    userName: owner.name,
    email: owner.email,
    auth_time: claims.iat, // just proved
    acr: 'aal1',
    amr: ['pwd'],
    email_verified: false,
  });
}
