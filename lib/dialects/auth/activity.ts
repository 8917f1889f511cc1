import * as v from 'valibot';
import type { RecordedEvent } from '../../core/account-event.ts';
import type { Bearer } from '../../core/authenticate.ts';
import type { Operation } from '../../http/operation.ts';
import * as examples from '../examples.ts';
import { auth, time, written } from './dialect.ts';

// The events of an account, for its holder. Who caused each is shown only to operators.

export const activityEvent = v.pipe(
  v.object({
    type: v.pipe(
      v.string(),
      v.description(
        'For example `session.opened` or `user.password-changed`; docs/events.md lists all types. More may be added.',
      ),
    ),
    at: time('When it happened.'),
    device: v.pipe(
      v.nullable(v.string()),
      v.description('The device of the session; `null` if it is unknown or there is no session.'),
    ),
    sessionId: v.pipe(
      v.nullable(v.pipe(v.string(), v.uuid())),
      v.description('The session that the event is about, or in which the holder caused it.'),
    ),
  }),
  v.title('AuthActivityEntry'),
);

/** The newest first. */
export const activityList = v.array(activityEvent);

export const activityOf = (all: readonly RecordedEvent[]) =>
  all.map(({ at, event }) => {
    const { type, device, sessionId } = { device: undefined, sessionId: undefined, ...event };
    return { type, at: written(at), device: device ?? null, sessionId: sessionId ?? null };
  });

const listed = v.pipe(v.object({ activity: activityList }), v.title('AuthActivity'));

export const activity: Operation<Bearer, RecordedEvent[], v.InferOutput<typeof listed>> = {
  id: 'authActivity',
  dialect: auth,
  route: 'GET /auth/activity',
  metric: 'AccountRequests',
  summary: 'See what happened to the account',
  description:
    'Returns the last 50 events of the account, newest first. Events are kept for 400 days, without network addresses.',
  takes: { accessToken: ['bearer'] },
  input: ({ accessToken }, { client }) => ({ accessToken, client }),
  problems: ['missing-access-token', 'invalid-access-token', 'throttled'],
  success: { body: listed, example: examples.activity },
  write: (all) => ({ status: 200, body: { activity: activityOf(all) } }),
};
