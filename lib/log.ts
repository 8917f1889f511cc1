import { Logger } from '@aws-lambda-powertools/logger';

/**
 * The one logger: a JSON object a line, so that no value can forge a line.
 *
 * What is logged is chosen field by field. Never a body, header, query, token, address or the message of an error that
 * is not ours: SES, for one, repeats the recipient's address in its messages.
 */
export const log = new Logger();

/** What may be logged of an error: names, codes and places in the code; the message only where we wrote it. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: typeof error };
  const { code, $metadata, cause } = error as Error & { code?: unknown; $metadata?: { requestId?: string } };
  return {
    name: error.name,
    ...(OURS.has(error.name) && { message: error.message }),
    ...(typeof code === 'string' && { code }),
    ...($metadata?.requestId && { awsRequestId: $metadata.requestId }),
    frames: framesOf(error),
    ...(cause !== undefined && depth < 3 && { cause: describeError(cause, depth + 1) }),
  };
}

const OURS = new Set(['ProblemError', 'ConfigError', 'MailNotSentError', 'UndeliverableMailError']);
const MAX_FRAMES = 5;

/** The places alone. A stack begins with the message, whose own lines may look like places. */
function framesOf({ stack = '', message }: Error): string[] {
  const end = stack.indexOf(`${message}\n    at `);
  if (end < 0 || stack.slice(0, end).includes('\n')) return [];
  const lines = stack.slice(end + message.length).split('\n');
  return lines.slice(1, MAX_FRAMES + 1).map((line) => line.trim());
}
