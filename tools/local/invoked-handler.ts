// What `serverless invoke local` runs in place of a function: the same code, with its log lines on standard error, so that
// standard output has only the answer and can be piped into jq.
import { setSourceMapsSupport } from 'node:module';
import { liveFolder } from '../folders.ts';

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

/** A handler that runs the function of this name and keeps standard output free for its answer. */
export function invokedHandler(name: string): Handler {
  return async (event, context) => {
    setSourceMapsSupport(true);
    const write = process.stdout.write;
    process.stdout.write = process.stderr.write.bind(process.stderr);
    try {
      const module = (await import(`${liveFolder}functions/${name}.js`)) as { handler: Handler };
      return (await module.handler(event, context)) ?? null;
    } finally {
      process.stdout.write = write;
    }
  };
}
