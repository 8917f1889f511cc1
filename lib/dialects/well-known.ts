import * as v from 'valibot';
import type { Answer, Dialect, Operation } from '../http/operation.ts';
import { text } from './answer-parts.ts';
import { answerProblem } from './failures.ts';
import { problemAnswer, problemDetails, problemFailures } from './problem-details.ts';

// The documents of RFC 7517 and OpenID Connect Discovery, for clients of every dialect.

const wellKnown: Dialect = {
  name: 'well-known',
  description: 'For services that verify access tokens by themselves.',
  problem: problemDetails,
  fail: (problem) => answerProblem(failures, problem),
};

/** Requests of this dialect have no fields to refuse. */
const unexpected = () => problemAnswer(500, 'The service failed; the failure was logged.');
const failures = { ...problemFailures, 'invalid-fields': unexpected, 'email-taken': unexpected };

/** Seconds. API Gateway and most libraries cache a key set for about this long or longer. */
const MAX_AGE = 300;

const write = <Document>(document: Document): Answer<Document> => ({
  status: 200,
  headers: { 'Cache-Control': `public, max-age=${MAX_AGE}` },
  body: document,
});

const algorithm = v.picklist(['RS256', 'ES256', 'EdDSA']);
const coordinate = text('A coordinate of the public point, base64url.');
const everyKey = {
  kid: text('The id of the key: `kid` in the header of the tokens that it signed.'),
  alg: algorithm,
  use: v.literal('sig'),
};

const jsonWebKeySet = v.pipe(
  v.object({
    keys: v.array(
      v.union([
        v.object({
          kty: v.literal('RSA'),
          n: text('The modulus, base64url.'),
          e: text('The exponent, base64url.', 'AQAB'),
          ...everyKey,
        }),
        v.object({
          kty: v.literal('EC'),
          crv: text('The curve.', 'P-256'),
          x: coordinate,
          y: coordinate,
          ...everyKey,
        }),
        v.object({ kty: v.literal('OKP'), crv: text('The curve.', 'Ed25519'), x: coordinate, ...everyKey }),
      ]),
    ),
  }),
  v.title('JsonWebKeySet'),
  v.description('RFC 7517. A new key is published hours before it signs.'),
);
type JsonWebKeySet = v.InferOutput<typeof jsonWebKeySet>;

export const jwks: Operation<undefined, JsonWebKeySet, JsonWebKeySet> = {
  id: 'jwks',
  dialect: wellKnown,
  route: 'GET /.well-known/jwks.json',
  metric: 'KeySets',
  summary: 'Public keys',
  description: 'The keys with which another service verifies access tokens by itself.',
  takes: {},
  input: () => undefined,
  problems: [],
  success: {
    body: jsonWebKeySet,
    example: {
      keys: [{ kty: 'RSA', n: 'u1W…', e: 'AQAB', kid: '2026-11-22-k3J9', alg: 'RS256', use: 'sig' }],
    },
  },
  write,
};

const discoveryBody = v.pipe(
  v.object({
    issuer: v.pipe(v.string(), v.url(), v.description('`iss` of the access tokens.')),
    jwks_uri: v.pipe(v.string(), v.url()),
    response_types_supported: v.pipe(v.array(v.string()), v.maxLength(0)),
    subject_types_supported: v.array(v.literal('public')),
    id_token_signing_alg_values_supported: v.array(algorithm),
  }),
  v.title('Discovery'),
  v.description(
    'What an OpenID Connect library needs to verify access tokens. This is not an OpenID provider: it has no authorization endpoint.',
  ),
);
type Discovery = v.InferOutput<typeof discoveryBody>;

export const discovery: Operation<undefined, Discovery, Discovery> = {
  id: 'openidConfiguration',
  dialect: wellKnown,
  route: 'GET /.well-known/openid-configuration',
  metric: 'KeySets',
  summary: 'Discovery',
  description: 'Tells an OpenID Connect library where the keys are and what `iss` the tokens carry.',
  takes: {},
  input: () => undefined,
  problems: [],
  success: {
    body: discoveryBody,
    example: {
      issuer: 'https://auth.example.com',
      jwks_uri: 'https://auth.example.com/.well-known/jwks.json',
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    },
  },
  write,
};

const relatedOriginsBody = v.pipe(
  v.object({ origins: v.array(text('An origin.', 'https://app.example.com')) }),
  v.title('RelatedOrigins'),
  v.description('WebAuthn Level 3 section 5.11.'),
);

export const webauthn: Operation<undefined, readonly string[], v.InferOutput<typeof relatedOriginsBody>> = {
  id: 'webauthn',
  dialect: wellKnown,
  route: 'GET /.well-known/webauthn',
  metric: 'KeySets',
  summary: 'Related origins',
  description:
    'The origins whose pages may use passkeys. Browsers ask for them. 404 if only the app’s own origin may.',
  takes: {},
  input: () => undefined,
  problems: ['not-found'],
  success: { body: relatedOriginsBody, example: ['https://app.example.com', 'https://app.example.org'] },
  write: (origins) => write({ origins: [...origins] }),
};

const page = v.pipe(v.string(), v.url());
const passkeyEndpointsBody = v.pipe(
  v.object({ enroll: page, manage: page }),
  v.title('PasskeyEndpoints'),
  v.description('https://www.w3.org/TR/passkey-endpoints/: where people add and manage their passkeys.'),
);

export const passkeyEndpoints: Operation<undefined, string, v.InferOutput<typeof passkeyEndpointsBody>> = {
  id: 'passkeyEndpoints',
  dialect: wellKnown,
  route: 'GET /.well-known/passkey-endpoints',
  metric: 'KeySets',
  summary: 'Pages about passkeys',
  description: 'Where password managers send people who want to add or manage passkeys.',
  takes: {},
  input: () => undefined,
  problems: [],
  success: { body: passkeyEndpointsBody, example: 'https://app.example.com' },
  write: (appUrl) => write({ enroll: `${appUrl}/account`, manage: `${appUrl}/account` }),
};
