// The thread of one function: imports its bundle and runs its handler, as Lambda's runtime does.
import { setSourceMapsSupport } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

/** What the main thread sends. */
export interface Invocation {
  readonly id: number;
  readonly event: unknown;
  readonly functionName: string;
  /** When it is to be over, in milliseconds of the epoch. */
  readonly deadline: number;
}

/** What comes back: the answer or the failure of an invocation, or a piece of what the function printed. */
export type Report =
  | { readonly id: number; readonly answer: string | undefined }
  | { readonly id: number; readonly failure: string }
  | { readonly printed: string };

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

const report = (message: Report) => parentPort?.postMessage(message);

// By the same way as the answers: what is printed during an invocation arrives before its answer.
for (const stream of [process.stdout, process.stderr]) {
  stream.write = ((chunk: Uint8Array | string, ...rest: unknown[]) => {
    report({ printed: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString() });
    const done = rest.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    done?.();
    return true;
  }) as typeof stream.write;
}

setSourceMapsSupport(true);
const { handler } = (await import(workerData as string)) as { handler: Handler };

parentPort?.on('message', async ({ id, event, functionName, deadline }: Invocation) => {
  const context = {
    functionName,
    awsRequestId: String(id),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
  try {
    // Lambda passes JSON on as well.
    report({ id, answer: JSON.stringify(await handler(event, context)) });
  } catch (error) {
    report({ id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
