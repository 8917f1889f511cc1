import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';

/** What EventBridge can do instead of taking an event. */
type BusFault = 'is down' | 'throttles' | 'refuses every second event' | 'takes it, but its answer is lost';

type PutEvent = { source: string; type: string; detail: Record<string, unknown> };

export type TestBus = {
  url: string;
  /** What it has taken, in the order in which it came. */
  events: PutEvent[];
  /** What goes wrong from now on; `undefined`: nothing. */
  fault: BusFault | undefined;
  /** How many requests have come so far. */
  requests: number;
  stop(): Promise<void>;
};

type Request = { Entries: { Source: string; DetailType: string; Detail: string }[] };

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
export async function startTestBus(): Promise<TestBus> {
  const server = createServer(async (incoming, outgoing) => {
    bus.requests += 1;
    const { Entries } = (await json(incoming)) as Request;
    if (bus.fault === 'is down') return void outgoing.socket?.destroy();
    if (bus.fault === 'throttles')
      return void outgoing
        .writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }));
    let failed = 0;
    const outcomes = Entries.map(({ Source: source, DetailType: type, Detail }, index) => {
      if (bus.fault === 'refuses every second event' && index % 2 === 1) {
        failed += 1;
        return { ErrorCode: 'InternalFailure', ErrorMessage: 'try again' };
      }
      bus.events.push({ source, type, detail: JSON.parse(Detail) });
      return { EventId: randomUUID() };
    });
    if (bus.fault === 'takes it, but its answer is lost') return void outgoing.socket?.destroy();
    outgoing
      .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify({ FailedEntryCount: failed, Entries: outcomes }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const bus: TestBus = {
    ...{ url: `http://127.0.0.1:${port}`, events: [], fault: undefined, requests: 0 },
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
  return bus;
}
