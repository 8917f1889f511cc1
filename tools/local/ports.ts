// The ports of the local parts, and whether they are free.
import { createServer } from 'node:net';

export interface Ports {
  readonly api: number;
  readonly dynamodb: number;
  readonly ses: number;
  /** The port of a project's own page. */
  readonly page: number;
}

/** The ports that `PORT`, `DYNAMODB_PORT`, `SES_PORT` and `PAGE_PORT` name. @throws Error when one of them isn't a port */
export function ports(given: NodeJS.ProcessEnv): Ports {
  return {
    api: port(given, 'PORT', 3000),
    dynamodb: port(given, 'DYNAMODB_PORT', 8000),
    ses: port(given, 'SES_PORT', 8005),
    page: port(given, 'PAGE_PORT', 3001),
  };
}

function port(given: NodeJS.ProcessEnv, variable: string, usual: number): number {
  const value = given[variable];
  if (value === undefined || value === '') return usual;
  const number = Number(value);
  if (Number.isInteger(number) && number > 0 && number < 65_536) return number;
  throw new Error(`${variable} is "${value}", which isn't a valid port: set it to a number from 1 to 65535.`);
}

/** Whether nothing listens on this port, neither on 127.0.0.1 nor on ::1, either of which `localhost` may mean. */
export async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) {
    const code = await listenOnce(port, host);
    if (code === 'EADDRINUSE' || code === 'EACCES') return false;
  }
  return true;
}

/** A port that nothing uses at the moment. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object' ? resolve(address.port) : reject(),
      );
    });
  });
}

function listenOnce(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
