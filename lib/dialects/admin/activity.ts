import * as v from 'valibot';
import type { RecordedEvent } from '../../core/account-event.ts';
import { actorOf } from '../../core/activity.ts';
import type { Operation } from '../../http/operation.ts';
import { activityEvent, activityOf } from '../auth/activity.ts';
import * as examples from '../examples.ts';
import { admin, callerOf, whichUser } from './dialect.ts';
import type { AboutUser } from './users.ts';

const seen = v.pipe(
  v.object({
    ...activityEvent.entries,
    by: v.pipe(
      v.nullable(v.string()),
      v.description(
        'Who caused it: `holder`, `operator` (the command line), `import`, or the ARN of an administrator; `null` if nobody had proved who they were.',
      ),
    ),
  }),
  v.title('AdminActivityEntry'),
);

const listed = v.pipe(
  v.object({ activity: v.pipe(v.array(seen), v.maxLength(50)) }),
  v.title('AdminActivity'),
);

export const userActivity: Operation<AboutUser, RecordedEvent[], v.InferOutput<typeof listed>> = {
  id: 'adminUserActivity',
  dialect: admin,
  route: 'GET /admin/users/{userId}/activity',
  metric: 'AdminRequests',
  summary: 'See what happened to a user',
  description:
    'Returns the last 50 events of the account, newest first, and who caused each. Events are kept for 400 days.',
  takes: { iam: true, path: whichUser },
  input: ({ path }, request) => ({ userId: path('userId'), by: callerOf(request) }),
  problems: ['unknown-user'],
  success: { body: listed, example: examples.activity },
  write: (all) => ({
    status: 200,
    body: {
      activity: activityOf(all).map((entry, index) => ({
        ...entry,
        by: actorOf(all[index] as RecordedEvent),
      })),
    },
  }),
};
