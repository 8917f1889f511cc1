import * as v from 'valibot';
import type { AccessToken } from '../../core/access-token.ts';
import type { Profile } from '../../core/account.ts';
import type { Problem } from '../../core/problem.ts';
import type { Answer, Dialect } from '../../http/operation.ts';
import type { Request } from '../../http/request.ts';
import type { Taken } from '../../http/take.ts';
import { email, name, text } from '../answer-parts.ts';
import { codedMembers, type FieldErrors, refusedFields, withMembers } from '../coded-problems.ts';
import { answerProblem, type Failures } from '../failures.ts';
import { type ProblemDetails, problemAnswer, problemDetails, problemFailures } from '../problem-details.ts';

// The contract of `/auth*` (seed 004 and the account contract): the common parts of its operations.

export const message = text('For people. Its wording may change; go by the status.');

export const tokenType = v.literal('Bearer');

export const expiresIn = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(1),
  v.description('The access token is valid for this many seconds from now.'),
);

/* @__NO_SIDE_EFFECTS__ */ export function time(description: string) {
  return v.pipe(v.string(), v.isoTimestamp(), v.description(description));
}

/* @__NO_SIDE_EFFECTS__ */ export function timeOrNull(description: string) {
  return v.pipe(v.nullable(v.pipe(v.string(), v.isoTimestamp())), v.description(description));
}

/** A time in ISO 8601 in UTC, as answers have it. @param at milliseconds since the epoch */
export const written = (at: number) => new Date(at).toISOString();
export const writtenOrNull = (at: number | null | undefined) => (at == null ? null : written(at));

/** Seed 004's `User`. */
export const user = v.pipe(
  v.object({ name, bio: v.nullable(text('As it was sent; `null` if none was.')), email }),
  v.title('AuthUser'),
);

/** An access token, as answers have it. */
export const issuedAs = ({ token, expiresIn: seconds }: AccessToken) => ({
  accessToken: token,
  tokenType: 'Bearer' as const,
  expiresIn: seconds,
});

/** The request of an operation that reads the body only after the token and the step-up were checked. */
export const fromHolder = ({ accessToken, body }: Taken, { client, language }: Request) => ({
  accessToken,
  body,
  client,
  language,
});

/** The success of an operation that returns only a message. */
export const done = v.pipe(v.object({ message }), v.title('AuthDone'));
export type Done = v.InferOutput<typeof done>;

/** A user, as answers have it. */
export const userOf = (profile: Profile) => ({
  name: profile.name,
  bio: profile.bio,
  email: profile.email,
});

export const recoveryCodesLeft = v.pipe(
  v.number(),
  v.integer(),
  v.minValue(0),
  v.description('Only if a recovery code was used.'),
);

const problem = v.pipe(
  v.object({
    ...problemDetails.entries,
    ...codedMembers,
    acrValues: v.optional(
      v.pipe(
        v.array(v.picklist(['aal1', 'aal2'])),
        v.description('Only with `step-up-required`: the level that the access token must have.'),
      ),
    ),
    challenge: v.optional(
      text(
        'Only with `second-factor-required`: identifies the log-in that waits for its code.',
        'an-opaque-challenge',
      ),
    ),
    methods: v.optional(
      v.pipe(
        v.array(v.picklist(['totp', 'recovery-code'])),
        v.description(
          'Only with `second-factor-required`: the second factors that the account can use. More may be added.',
        ),
      ),
    ),
    expiresIn: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.description('Only with `second-factor-required`: the seconds left to answer the challenge.'),
      ),
    ),
    maxAge: v.optional(
      v.pipe(
        v.number(),
        v.integer(),
        v.description(
          'Only with `step-up-required`: the maximum age, in seconds, of the holder’s latest proof.',
        ),
      ),
    ),
  }),
  v.title('AuthProblem'),
  v.description('RFC 9457, with a `message` and a `code`.'),
);

/** The body of an error. Some problems have members that the schema doesn't list. */
type Body = ProblemDetails & {
  errors?: FieldErrors;
  acrValues?: readonly string[];
  maxAge?: number;
  challenge?: string;
  methods?: readonly string[];
  expiresIn?: number;
};

const TAKEN = 'This email address already has an account.';

const failures: Failures<Body> = {
  ...problemFailures,
  'invalid-fields': ({ fields }) => refusedFields(fields),
  'step-up-required': ({ code: _, ...needed }) =>
    withMembers(problemFailures['step-up-required']({ code: 'step-up-required', ...needed }), needed),
  'second-factor-required': ({ code, ...waiting }) =>
    withMembers(problemFailures[code]({ code, ...waiting }), waiting),
  'email-taken': () =>
    withMembers(problemAnswer(400, TAKEN), {
      errors: [{ field: 'email', code: 'email-taken', message: TAKEN }],
    }),
};

export const auth: Dialect = {
  name: 'auth',
  description:
    'JSON, with refresh tokens. Errors are problem details with a `code`; refused fields are listed in `errors`. Some codes come from API Gateway alone, for requests that never reach the service: `not-found` (404), `forbidden` (403) and `refused` (other 4xx).',
  problem,
  fail(failure: Problem) {
    // The same answer as for a disabled account, so that an old mail doesn't reveal that the account was deleted.
    const answered: Problem = failure.code === 'unknown-user' ? { code: 'wrong-tag' } : failure;
    return withMembers(answerProblem(failures, answered) as Answer<ProblemDetails>, { code: answered.code });
  },
};
