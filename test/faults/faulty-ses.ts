import { createServer, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

/** What SES can do instead of sending a mail. */
export type SesFault =
  | 'refuses the address'
  | 'throttles'
  | 'rejects'
  | 'is down'
  | 'never answers'
  | 'sends, but its answer is lost'
  | 'sends, but its answer to a mail is lost'
  | 'sends, and answers 500';

export type FaultySes = {
  url: string;
  /** What goes wrong from now on; `undefined`: nothing. */
  fault: SesFault | undefined;
  /** How many requests have come so far. */
  requests: number;
  stop(): Promise<void>;
};

/** The API of SES in front of the inbox. Its errors repeat the recipient, as those of SES do. */
export async function startFaultySes(inboxUrl: string): Promise<FaultySes> {
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    ses.requests += 1;
    const recipient = new URLSearchParams(body.toString()).get('Destination.ToAddresses.member.1');
    if (ses.fault === 'never answers') return;
    if (ses.fault === 'is down') return void outgoing.socket?.destroy();
    if (ses.fault === 'throttles') return refuse(outgoing, 'Throttling', `Rate exceeded for ${recipient}`);
    if (ses.fault === 'rejects') return refuse(outgoing, 'MessageRejected', `${recipient} is not verified`);
    if (ses.fault === 'refuses the address')
      return refuse(outgoing, 'InvalidParameterValue', `Illegal address: ${recipient}`);
    const onward = request(
      inboxUrl + incoming.url,
      { method: 'POST', headers: incoming.headers },
      async (answer) => {
        const bytes = await buffer(answer);
        const lost = ses.fault === 'sends, but its answer to a mail is lost' && recipient !== null;
        if (lost || ses.fault === 'sends, but its answer is lost') outgoing.socket?.destroy();
        else if (ses.fault === 'sends, and answers 500') outgoing.writeHead(500).end();
        else outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(bytes);
      },
    );
    onward.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const ses: FaultySes = {
    url: `http://127.0.0.1:${port}`,
    fault: undefined,
    requests: 0,
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
  return ses;
}

function refuse(outgoing: ServerResponse, code: string, message: string): void {
  outgoing
    .writeHead(400, { 'content-type': 'text/xml' })
    .end(
      `<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type>` +
        `<Code>${code}</Code><Message>${message}</Message></Error><RequestId>test</RequestId></ErrorResponse>`,
    );
}
