/**
 * The only logger. Each line is one JSON object, so that no value can forge a line.
 *
 * Callers choose what is logged field by field. Never log a body, header, query, token, address or the message of a foreign
 * error: SES, for example, repeats the recipient's address in its messages.
 */
export const log = {
  info: (message: string, fields: Fields) => write('INFO', message, fields),
  error: (message: string, fields: Fields) => write('ERROR', message, fields),
};

type Fields = Readonly<Record<string, unknown>>;

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'SILENT'];
// Lambda's own setting of a function's log level comes first, since Lambda itself filters by it.
const { AWS_LAMBDA_LOG_LEVEL, LOG_LEVEL } = process.env;
const least = LEVELS.indexOf(AWS_LAMBDA_LOG_LEVEL || LOG_LEVEL || 'INFO'); // -1 for an unknown level: everything is logged

function write(level: 'INFO' | 'ERROR', message: string, fields: Fields): void {
  if (LEVELS.indexOf(level) < least) return;
  const line = { level, message, timestamp: new Date().toISOString(), ...fields };
  // Not through the console: Lambda's puts its own words before the line, which then isn't JSON.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

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

const OURS = new Set(['ProblemError', 'ConfigError', 'MailNotSentError', 'LeftOutError']);
const MAX_FRAMES = 5;

/** The places alone. A stack begins with the message, whose own lines may look like places. */
function framesOf({ stack = '', message }: Error): string[] {
  const end = stack.indexOf(`${message}\n    at `);
  if (end < 0 || stack.slice(0, end).includes('\n')) return [];
  const lines = stack.slice(end + message.length).split('\n');
  return lines.slice(1, MAX_FRAMES + 1).map((line) => line.trim());
}
