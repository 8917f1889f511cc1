import type { RecordedEvent } from '../../../lib/core/account-event.ts';
import { actorOf } from '../../../lib/core/activity.ts';

/** One event of an account as a line, for an operator. */
export function activityLine(happened: RecordedEvent, asJson: boolean): string {
  const { at, event } = happened;
  const { type, ...detail } = event;
  const { device = null, sessionId = null } = detail as { device?: string; sessionId?: string };
  const shown = { type, at: new Date(at).toISOString(), device, sessionId, by: actorOf(happened) };
  if (asJson) return JSON.stringify(shown);
  const columns = [shown.at, type.padEnd(22), (shown.by ?? '–').padEnd(10), device ?? '–', sessionId ?? ''];
  return columns.join('  ').trimEnd();
}
