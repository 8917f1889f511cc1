import * as v from 'valibot';
import type { Bearer } from '../../core/authenticate.ts';
import { type EndSessionsRequest, endSessionsFields } from '../../core/end-sessions.ts';
import type { ListedSession } from '../../core/list-sessions.ts';
import type { Operation } from '../../http/operation.ts';
import * as examples from '../examples.ts';
import { auth, type Done, done, time, written } from './dialect.ts';

export const sessionId = v.pipe(
  v.string(),
  v.uuid(),
  v.description('`sid` of the access tokens of the session.'),
);

export const acr = v.pipe(
  v.picklist(['aal1', 'aal2']),
  v.description('`aal2`: opened or stepped up by a password and a second factor, or by a passkey.'),
);

const listed = v.pipe(
  v.object({
    sessions: v.array(
      v.object({
        sessionId,
        device: v.pipe(
          v.nullable(v.string()),
          v.description(
            'Browser and system from the User-Agent, such as `Firefox on Windows`; `null` if unknown.',
          ),
        ),
        createdAt: time('When it was opened.'),
        lastUsedAt: time('When it was opened, last refreshed or stepped up.'),
        expiresAt: time('When it ends if it is not used again.'),
        acr,
        current: v.pipe(v.boolean(), v.description('Whether this session made the request.')),
      }),
    ),
  }),
  v.title('AuthSessions'),
);

export const sessions: Operation<Bearer, ListedSession[], v.InferOutput<typeof listed>> = {
  id: 'authSessions',
  dialect: auth,
  route: 'GET /auth/sessions',
  metric: 'AccountRequests',
  summary: 'List the sessions',
  description:
    'Returns the open sessions of the account, the most recently used first, at most 100. No network address is kept.',
  takes: { accessToken: ['bearer'] },
  input: ({ accessToken }, { client }) => ({ accessToken, client }),
  problems: ['missing-access-token', 'invalid-access-token', 'throttled'],
  success: { body: listed, example: examples.listedSessions },
  write: (all) => ({
    status: 200,
    body: {
      sessions: all.map((session) => ({
        ...session,
        device: session.device ?? null,
        createdAt: written(session.createdAt),
        lastUsedAt: written(session.lastUsedAt),
        expiresAt: written(session.expiresAt),
      })),
    },
  }),
};

export const endSessions: Operation<EndSessionsRequest, void, Done> = {
  id: 'authEndSessions',
  dialect: auth,
  route: 'POST /auth/sessions/end',
  metric: 'AccountRequests',
  summary: 'End sessions',
  description:
    'Ends one session, all others, or all. Their refresh and access tokens are refused from the next request on. A session that is unknown or has already ended gets the same answer.',
  takes: { accessToken: ['bearer'], body: { fields: endSessionsFields } },
  input: ({ accessToken, body }, { client }) => ({ accessToken, body, client }),
  problems: ['missing-access-token', 'invalid-access-token', 'invalid-fields', 'throttled'],
  success: { body: done, example: undefined },
  write: () => ({ status: 200, body: { message: 'They have ended.' } }),
};
