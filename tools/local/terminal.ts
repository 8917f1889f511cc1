// What `npm start` prints while it runs: a line per request and per mail, in place of the functions' own lines of JSON.
import { typed } from '../folders.ts';
import type { Answered } from './api.ts';

/** The fields of lib/http/request-log.ts and lib/mail that are shown. */
interface LogLine {
  readonly message?: string;
  readonly requestId?: string;
  readonly outcome?: string;
  readonly detail?: string;
  readonly failure?: Failure;
}

interface Failure {
  readonly name?: string;
  readonly message?: string;
  readonly cause?: Failure;
}

/** Requests whose line was logged before their answer was sent; a failed client leaves one behind. */
const MAX_PENDING = 1_000;

export function openTerminal(print: (line: string) => void, inboxUrl: string) {
  const logged = new Map<string, LogLine>();
  const named = new Set<string>();

  return {
    /** A line that a function printed. */
    log(text: string): void {
      const line = parsed(text);
      if (line?.message === 'request' && line.requestId !== undefined) {
        if (logged.size >= MAX_PENDING) logged.clear();
        logged.set(line.requestId, line);
      } else if (line?.message === 'mail') {
        if (line.outcome !== 'nothing due') print(`mail ${line.outcome}${reasonOf(line)} ${inboxUrl}`);
      } else print(text);
    },

    answered({ method, path, status, milliseconds, requestId, refusedOrigin }: Answered): void {
      const line = logged.get(requestId) ?? {};
      logged.delete(requestId);
      const outcome = line.outcome === undefined || line.outcome === 'success' ? '' : ` ${line.outcome}`;
      print(`${method} ${path} ${status}${outcome} ${milliseconds} ms ${requestId}${reasonOf(line)}`);
      if (refusedOrigin === undefined || named.has(refusedOrigin)) return;
      named.add(refusedOrigin);
      print(
        `Pages of ${refusedOrigin} may not read these answers. To allow them, start with CORS_ORIGINS=${refusedOrigin} ${typed('start')}.`,
      );
    },
  };
}

function parsed(text: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf({ outcome, detail, failure }: LogLine): string {
  if (failure === undefined) return detail === undefined || detail === outcome ? '' : `: ${detail}`;
  const reasons = [];
  for (let one: Failure | undefined = failure; one !== undefined; one = one.cause)
    reasons.push(one.message ?? one.name ?? 'an error');
  return `: ${reasons.join(', because of ')}`;
}
