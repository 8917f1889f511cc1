import * as v from 'valibot';
import type { Profile, User } from '../../core/account.ts';
import type { AccountOverview, FactorOverview } from '../../core/account-overview.ts';
import type { Bearer } from '../../core/authenticate.ts';
import { type ChangeProfileRequest, profileFields } from '../../core/change-profile.ts';
import type { DeleteOwnAccountRequest } from '../../core/delete-own-account.ts';
import type { ExportedAccount, ExportedSession } from '../../core/export-account.ts';
import type { Operation } from '../../http/operation.ts';
import { email, name, text, userId } from '../answer-parts.ts';
import * as examples from '../examples.ts';
import { activityList, activityOf } from './activity.ts';
import {
  auth,
  type Done,
  done,
  fromHolder,
  message,
  time,
  timeOrNull,
  user,
  userOf,
  written,
  writtenOrNull,
} from './dialect.ts';
import { acr, sessionId } from './own-sessions.ts';

// Operations on the holder's own account.

const fullUser = v.pipe(
  v.object({
    userId,
    name,
    bio: v.nullable(text('As it was sent; `null` if none was.')),
    email,
    emailVerified: v.boolean(),
    roles: v.array(v.string()),
    createdAt: time('When the account was made.'),
    passwordChangedAt: timeOrNull('When the password last changed; `null` until it does.'),
  }),
  v.title('AuthAccountUser'),
);

const factor = v.pipe(
  v.object({
    factorId: v.string(),
    type: v.picklist(['totp', 'passkey']),
    name: v.nullable(v.string()),
    createdAt: time('When it was added.'),
    lastUsedAt: timeOrNull('When it was last used.'),
  }),
  v.title('AuthFactor'),
);

const factors = v.pipe(v.array(factor), v.description('The active second factors.'));

const fullUserOf = (account: User) => ({
  userId: account.userId,
  name: account.name,
  bio: account.bio,
  email: account.email,
  emailVerified: account.emailVerified ?? false,
  roles: [...(account.roles ?? [])],
  createdAt: written(account.createdAt),
  passwordChangedAt: writtenOrNull(account.passwordChangedAt),
});

const factorsOf = (of: FactorOverview['factors']) =>
  of.map(({ createdAt, lastUsedAt, ...one }) => ({
    ...one,
    createdAt: written(createdAt),
    lastUsedAt: writtenOrNull(lastUsedAt),
  }));

const overview = v.pipe(
  v.object({
    user: fullUser,
    factors,
    recoveryCodesLeft: v.pipe(
      v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0))),
      v.description('`null` for an account without recovery codes.'),
    ),
  }),
  v.title('AuthAccount'),
);

export const account: Operation<Bearer, AccountOverview, v.InferOutput<typeof overview>> = {
  id: 'authAccount',
  dialect: auth,
  route: 'GET /auth/account',
  metric: 'AccountRequests',
  summary: 'See the account',
  description: 'Returns the account as its holder may see it, with its active second factors.',
  takes: { accessToken: ['bearer'] },
  input: ({ accessToken }, { client }) => ({ accessToken, client }),
  problems: ['missing-access-token', 'invalid-access-token', 'throttled'],
  success: { body: overview, example: examples.overview },
  write: (found) => ({
    status: 200,
    body: {
      user: fullUserOf(found.user),
      factors: factorsOf(found.factors),
      recoveryCodesLeft: found.recoveryCodesLeft,
    },
  }),
};

const changed = v.pipe(v.object({ message, user }), v.title('AuthProfileChanged'));

export const changeProfile: Operation<ChangeProfileRequest, Profile, v.InferOutput<typeof changed>> = {
  id: 'authChangeProfile',
  dialect: auth,
  route: 'POST /auth/profile',
  metric: 'AccountRequests',
  summary: 'Change name or bio',
  description:
    'Changes the fields that are sent and keeps the others. Access tokens carry the new name from the next refresh on.',
  takes: { accessToken: ['bearer'], body: { fields: profileFields } },
  input: ({ accessToken, body }, { client }) => ({ accessToken, body, client }),
  problems: ['missing-access-token', 'invalid-access-token', 'invalid-fields', 'throttled'],
  success: { body: changed, example: examples.profile },
  write: (profile) => ({ status: 200, body: { message: 'The profile was changed.', user: userOf(profile) } }),
};

const exportedSession = v.pipe(
  v.object({
    sessionId,
    device: v.nullable(v.string()),
    createdAt: time('When it was opened.'),
    lastUsedAt: time('When it was opened, last refreshed or stepped up.'),
    expiresAt: time('When it ends, or would have ended, if it is not used again.'),
    endedAt: timeOrNull('When somebody ended this session alone; `null` otherwise.'),
    authTime: time('When its holder last proved who they are.'),
    acr,
    amr: v.pipe(v.array(v.string()), v.description('The methods of the proof, by the names of RFC 8176.')),
    live: v.boolean(),
    current: v.boolean(),
  }),
  v.title('AuthExportedSession'),
);

const mailRefused = v.nullable(v.picklist(['bounced', 'complained']));

const exported = v.pipe(
  v.object({
    user: v.object({
      ...fullUser.entries,
      status: v.picklist(['active', 'disabled']),
      hasPassword: v.boolean(),
      mailRefused: v.pipe(mailRefused, v.description('Why no mail is sent to the address.')),
      mailRefusedUntil: timeOrNull('No email is sent to the address before this time.'),
      heldEmails: v.pipe(
        v.array(v.object({ email, until: time('Nobody else can claim the address before this time.') })),
        v.description('Former addresses of the account.'),
      ),
    }),
    factors,
    sessions: v.array(exportedSession),
    activity: v.pipe(activityList, v.description('What happened to the account, the newest first.')),
  }),
  v.title('AuthExport'),
);

const exportedSessionOf = (session: ExportedSession) => ({
  sessionId: session.sessionId,
  device: session.device ?? null,
  createdAt: written(session.createdAt),
  lastUsedAt: written(session.lastUsedAt),
  expiresAt: written(Math.min(session.idleExpiresAt, session.absoluteExpiresAt)),
  endedAt: writtenOrNull(session.endedAt),
  authTime: written(session.authTime),
  acr: session.acr,
  amr: [...session.amr],
  live: session.live,
  current: session.current,
});

export const exportAccount: Operation<Bearer, ExportedAccount, v.InferOutput<typeof exported>> = {
  id: 'authExport',
  dialect: auth,
  route: 'GET /auth/export',
  metric: 'AccountRequests',
  summary: 'Export the account',
  description:
    'Returns everything that is kept about the holder, except secrets and hashes. The access token must show a proof from the last five minutes, at the highest level that the account can reach.',
  takes: { accessToken: ['bearer'] },
  input: ({ accessToken }, { client }) => ({ accessToken, client }),
  problems: ['missing-access-token', 'invalid-access-token', ...examples.freshStepUpsRequired, 'throttled'],
  success: {
    body: exported,
    example: examples.exported,
    headers: { 'Content-Disposition': 'The file name under which browsers save the answer.' },
  },
  write: ({ user: found, factors: all, sessions, activity }) => ({
    status: 200,
    headers: { 'Content-Disposition': 'attachment; filename="account.json"' },
    body: {
      user: {
        ...fullUserOf(found),
        status: found.status,
        hasPassword: found.passwordHash !== undefined,
        mailRefused: found.mailRefused ?? null,
        mailRefusedUntil: writtenOrNull(found.mailRefusedUntil),
        heldEmails: (found.heldEmails ?? []).map((held) => ({
          email: held.email,
          until: written(held.until),
        })),
      },
      factors: factorsOf(all),
      sessions: sessions.map(exportedSessionOf),
      activity: activityOf(activity),
    },
  }),
};

export const deleteAccount: Operation<DeleteOwnAccountRequest, void, Done> = {
  id: 'authDeleteAccount',
  dialect: auth,
  route: 'POST /auth/delete-account',
  metric: 'AccountDeletions',
  summary: 'Delete the account',
  description:
    'Deletes the account, its address and its factors at once. Every token is refused from then on, and the address can sign up again. The owner gets a last email. The access token must show a proof from the last five minutes, at the highest level that the account can reach.',
  takes: { accessToken: ['bearer'], body: { fields: {} } },
  input: fromHolder,
  problems: ['missing-access-token', 'invalid-access-token', ...examples.freshStepUpsRequired, 'throttled'],
  success: { body: done, example: undefined },
  write: () => ({ status: 200, body: { message: 'The account was deleted.' } }),
};
