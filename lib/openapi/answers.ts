import * as v from 'valibot';

// What clients are told of the bodies that we answer. The dialects import the types alone: what they write has to fit,
// and nothing of this is in a function's bundle. The tests compare every answer with it, strictly.

/** @param examples of values as they are answered */
const text = (description: string, ...examples: string[]) =>
  v.pipe(v.string(), v.description(description), v.examples(examples));

const message = text('For people. Its wording may change; go by the status.');

const accessToken = v.pipe(
  v.string(),
  v.regex(/^[\w-]+\.[\w-]+\.[\w-]+$/),
  v.description(
    'A JWT (RFC 9068, RS256), to be verified by the keys of `/.well-known/jwks.json` or sent to this service.',
  ),
);

const refreshToken = v.pipe(
  v.string(),
  v.regex(/^[\w-]{64,}$/),
  v.description('Opaque. Each use answers the next one; keep that one and forget this.'),
);

const userId = v.pipe(v.string(), v.uuid(), v.description('The id of the user, `sub` of the access token.'));
const email = text('The stored address: lower case, its domain as an A-label (punycode).', 'ada@example.com');
const name = text('The name, trimmed.', 'Ada Lovelace');

/** Seed 004's `User`. */
const user = v.pipe(
  v.object({ name, bio: v.nullable(text('As it was given; `null` when it was not.')), email }),
  v.title('AuthUser'),
);

const tokens = {
  accessToken,
  refreshToken,
  tokenType: v.literal('Bearer'),
  expiresIn: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(1),
    v.description('Seconds from now on for which the access token is valid.'),
  ),
};

/** Success of `/auth*`. */
export const authSignedUp = v.pipe(v.object({ message, user }), v.title('AuthSignedUp'));
export const authLoggedIn = v.pipe(v.object({ message, ...tokens, user }), v.title('AuthLoggedIn'));
export const authWelcome = v.pipe(v.object({ message, user }), v.title('AuthWelcome'));
export const authRefreshed = v.pipe(v.object({ message, ...tokens }), v.title('AuthRefreshed'));
export const authDone = v.pipe(v.object({ message }), v.title('AuthDone'));

/** Success of `/api/user/*`. */
export const apiUserLoggedIn = v.pipe(
  v.object({ userId, email, userName: name, token: accessToken }),
  v.title('ApiUserLoggedIn'),
);

/** Success of `/accounts/*`. */
export const accountsLoggedIn = v.pipe(
  v.object({
    token: accessToken,
    user: v.object({
      sid: userId,
      first_name: text('The name up to its first white space.', 'Ada'),
      last_name: text('The rest of the name, which may be empty.', 'Lovelace'),
      email,
    }),
  }),
  v.title('AccountsLoggedIn'),
);
export const accountsTag = v.pipe(
  v.object({
    tag: v.pipe(
      v.string(),
      v.uuid(),
      v.description('Names the request. It opens nothing: the tag that does is in the mail alone.'),
    ),
  }),
  v.title('AccountsTag'),
);
export const accountsDone = v.pipe(v.object({}), v.title('AccountsDone'));

/** An error of `/accounts/*`. */
export const sentences = v.pipe(
  v.array(v.string()),
  v.minLength(1),
  v.title('Sentences'),
  v.description('One sentence for each problem.'),
);

/** An error of the others. */
export const problemDetails = v.pipe(
  v.object({
    type: v.pipe(v.literal('about:blank'), v.description('The status says it all.')),
    title: text('The name of the status.', 'Bad Request'),
    status: v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599)),
    detail: text('What was wrong, for people. Its wording may change.'),
    message: text('The same as `detail`, for clients that look for it here.'),
    errors: v.optional(
      v.pipe(
        v.array(
          v.object({
            field: text('The field of the request.', 'email'),
            message: text('What was wrong with it, for people.', 'Enter a valid email address.'),
          }),
        ),
        v.minLength(1),
        v.description('Under `/auth*`, when fields were refused: each of them.'),
      ),
    ),
  }),
  v.title('ProblemDetails'),
  v.description('RFC 9457, with a `message`.'),
);

export const jsonWebKeySet = v.pipe(
  v.object({
    keys: v.array(
      v.object({
        kty: v.literal('RSA'),
        n: text('The modulus, base64url.'),
        e: text('The exponent, base64url.', 'AQAB'),
        kid: text('Which key it is: `kid` of the tokens that it signed.'),
        alg: v.literal('RS256'),
        use: v.literal('sig'),
      }),
    ),
  }),
  v.title('JsonWebKeySet'),
  v.description('RFC 7517. The next key is in it hours before it signs.'),
);

export const discovery = v.pipe(
  v.object({
    issuer: v.pipe(v.string(), v.url(), v.description('`iss` of the access tokens.')),
    jwks_uri: v.pipe(v.string(), v.url()),
    response_types_supported: v.pipe(v.array(v.string()), v.maxLength(0)),
    subject_types_supported: v.array(v.literal('public')),
    id_token_signing_alg_values_supported: v.array(v.literal('RS256')),
  }),
  v.title('Discovery'),
  v.description(
    'What an OpenID Connect library needs to verify access tokens. This is no OpenID provider: it has no authorization endpoint.',
  ),
);

export type AuthSignedUp = v.InferOutput<typeof authSignedUp>;
export type AuthLoggedIn = v.InferOutput<typeof authLoggedIn>;
export type AuthWelcome = v.InferOutput<typeof authWelcome>;
export type AuthRefreshed = v.InferOutput<typeof authRefreshed>;
export type AuthDone = v.InferOutput<typeof authDone>;
export type ApiUserLoggedIn = v.InferOutput<typeof apiUserLoggedIn>;
export type AccountsLoggedIn = v.InferOutput<typeof accountsLoggedIn>;
export type AccountsTag = v.InferOutput<typeof accountsTag>;
export type AccountsDone = v.InferOutput<typeof accountsDone>;
export type Sentences = readonly string[] & v.InferInput<typeof sentences>;
export type ProblemDetails = v.InferOutput<typeof problemDetails>;
export type JsonWebKeySet = v.InferOutput<typeof jsonWebKeySet>;
export type Discovery = v.InferOutput<typeof discovery>;
