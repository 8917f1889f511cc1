import type { Discovery, JsonWebKeySet } from '../openapi/answers.ts';
import * as auth from './auth.ts';
import type { Answer, Operation } from './dialect.ts';

// The documents of RFC 7517 and OpenID Connect Discovery: no dialect's, so that problems are told as `/auth` tells them.

/** Seconds. API Gateway and most libraries keep a key set about this long or longer. */
const MAX_AGE = 300;

const write = (document: JsonWebKeySet | Discovery): Answer<JsonWebKeySet | Discovery> => ({
  status: 200,
  headers: { 'Cache-Control': `public, max-age=${MAX_AGE}` },
  body: document,
});

export const jwks: Operation<'jwks' | 'discovery', JsonWebKeySet | Discovery, JsonWebKeySet | Discovery> = {
  name: 'keys',
  dialect: 'well-known',
  read: async () => 'jwks',
  write,
  fail: auth.welcome.fail,
};

export const discovery: typeof jwks = {
  ...jwks,
  read: async () => 'discovery',
};
