// Lambda's part, in a process of its own: imports the handler from the folder that it runs in, and gives it the
// events that it is sent. Its argument is the handler as the function's configuration names it.
import { pathToFileURL } from 'node:url';

type Handler = (event: unknown, context: unknown) => Promise<unknown>;

const [file, name] = (process.argv[2] ?? '').split(/\.(?=[^.]*$)/);
const module = (await import(pathToFileURL(`${process.cwd()}/${file}.js`).href)) as Record<string, Handler>;
const handler = module[name ?? ''];
if (handler === undefined || handler.length > 2) throw new Error(`${process.argv[2]} is no handler`);

process.on('message', async ({ id, event }: { id: number; event: unknown }) => {
  const context = { awsRequestId: `deployed-${id}`, getRemainingTimeInMillis: () => 30_000 };
  try {
    process.send?.({ id, result: await handler(event, context) });
  } catch (error) {
    process.send?.({ id, error: String((error as Error).stack) });
  }
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
