// The bundled handlers behind a small HTTP server, without the gateway of `npm start` between: what load and soak run against.
// Started by bench/served.ts; PLACE says where the store and the bundles are.
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { eventOf, openFunctions, type Place } from './stack.ts';

const functions = await openFunctions(JSON.parse(process.env.PLACE ?? '{}') as Place);

const server = createServer(async (incoming, outgoing) => {
  if (incoming.url === '/memory') {
    globalThis.gc?.();
    return outgoing.end(JSON.stringify(process.memoryUsage()));
  }
  const result = await functions.answer(await eventFrom(incoming));
  outgoing.writeHead(result?.statusCode ?? 404, result?.headers as Record<string, string>).end(result?.body);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as { port: number }).port));
process.once('disconnect', () => process.exit()); // with whoever started it

async function eventFrom(incoming: IncomingMessage) {
  const body = await buffer(incoming);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
  );
  const event = eventOf({
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers,
    ...(headers['x-bench-address'] !== undefined && { sourceIp: headers['x-bench-address'] }),
  });
  return { ...event, body: body.length > 0 ? body.toString() : null };
}
