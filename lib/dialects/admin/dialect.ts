import * as v from 'valibot';
import type { By } from '../../core/account-event.ts';
import type { ListedUser } from '../../core/list-users.ts';
import type { Problem } from '../../core/problem.ts';
import type { Answer, Dialect } from '../../http/operation.ts';
import type { Request } from '../../http/request.ts';
import type { Parameter } from '../../http/take.ts';
import { email, name, text, userId } from '../answer-parts.ts';
import { time, written } from '../auth/dialect.ts';
import { codedMembers, type FieldErrors, refusedFields, withMembers } from '../coded-problems.ts';
import * as examples from '../examples.ts';
import { answerProblem, type Failures } from '../failures.ts';
import { type ProblemDetails, problemAnswer, problemDetails, problemFailures } from '../problem-details.ts';

// The common parts of the operations of the administrator's API.

const user = v.pipe(
  v.object({
    userId,
    email,
    name,
    bio: v.nullable(text('As it was sent; `null` if none was.')),
    status: v.picklist(['active', 'disabled']),
    emailVerified: v.boolean(),
    roles: v.array(v.string()),
    createdAt: time('When the account was made.'),
  }),
  v.title('AdminUser'),
);

export const oneUser = v.pipe(v.object({ user }), v.title('AdminOneUser'));
export type OneUser = v.InferOutput<typeof oneUser>;

export const userPage = v.pipe(
  v.object({
    users: v.pipe(v.array(user), v.maxLength(100)),
    next: v.pipe(
      v.nullable(v.string()),
      v.description('Send it as `next` to get the following page; `null` on the last page.'),
    ),
  }),
  v.title('AdminUserPage'),
);

/** A user, without the password hash or anything else that opens an account. */
export const userOf = (account: ListedUser) => ({
  userId: account.userId,
  email: account.email,
  name: account.name,
  bio: account.bio,
  status: account.status,
  emailVerified: account.emailVerified ?? false,
  roles: [...(account.roles ?? [])],
  createdAt: written(account.createdAt),
});

export const writeUser = (account: ListedUser): Answer<OneUser> => ({
  status: 200,
  body: { user: userOf(account) },
});

/** The caller's ARN. It is always there, since `endpoint` refuses unsigned requests. */
export const callerOf = ({ caller }: Request): By => caller ?? 'nobody';

export const whichUser = {
  userId: { description: 'The id of the user.', example: examples.profile.userId },
} satisfies Record<string, Parameter>;

export const seen: ListedUser = {
  ...examples.profile,
  status: 'active',
  emailVerified: true,
  roles: ['editor'],
  createdAt: Date.UTC(2026, 0, 15, 12),
};

const problem = v.pipe(
  v.object({ ...problemDetails.entries, ...codedMembers }),
  v.title('AdminProblem'),
  v.description('RFC 9457, with a `message` and a `code`.'),
);

const failures: Failures<ProblemDetails & { errors?: FieldErrors }> = {
  ...problemFailures,
  'invalid-fields': ({ fields }) => refusedFields(fields),
  'email-taken': () => problemAnswer(409, 'This email address already has an account.'),
  'unknown-user': () => problemAnswer(404, 'No user has this id.'),
};

export const admin: Dialect = {
  name: 'admin',
  description:
    'JSON, for back offices. Every request is signed (SigV4) by an IAM principal that may invoke the route; API Gateway refuses all others. There is no CORS. The API is off unless `ADMIN_API` is `on`; while it is off, every path answers 404. Errors are problem details with a `code`; refused fields are listed in `errors`.',
  problem,
  fail: (failure: Problem) =>
    withMembers(answerProblem(failures, failure) as Answer<ProblemDetails>, { code: failure.code }),
};
