// `npm start`: the whole service on this machine, until Ctrl-C.
import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from '../../lib/config.ts';
import { readService, type Service } from '../deploy/service.ts';
import { installed, typed } from '../folders.ts';
import { startApi } from './api.ts';
import { startDynoxide } from './dynoxide.ts';
import { functionEnvironment } from './environment.ts';
import { startEventBus } from './event-bus.ts';
import { homePage, type Place, placesOf } from './home.ts';
import { startInbox } from './inbox.ts';
import { pageFolder, startPage } from './page.ts';
import type { Part } from './part.ts';
import { isFree, type Ports, ports } from './ports.ts';
import { type StackFolder, takeStackFolder } from './stack-folder.ts';
import { driveStreams } from './streams.ts';
import { createTables } from './tables.ts';
import { openTerminal } from './terminal.ts';
import { untilAnswers } from './wait-for-http.ts';

const running: Array<{ stop(): Promise<void> }> = []; // in the order in which they are to be stopped
let folder: StackFolder | undefined;
let ending = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (ending) process.exit(130); // asked twice: at once. The parts notice.
    void end(0);
  });
}

// npm passes SIGTERM on to its shell only, which dies without a word to us; so may whoever ran `npx gatehouse dev`.
if (process.env.npm_lifecycle_event === 'start' || installed) {
  const shell = process.ppid;
  setInterval(() => process.ppid !== shell && !ending && void end(0), 250).unref();
}

try {
  await start();
} catch (error) {
  if (!ending) {
    console.error((error as Error).message);
    await end(1);
  }
}

async function start(): Promise<void> {
  const wanted = ports(process.env);
  const external = process.env.DYNAMODB_ENDPOINT ?? process.env.AWS_ENDPOINT_URL_DYNAMODB;
  folder = takeStackFolder(wanted.dynamodb);
  await requireFreePorts(wanted, external !== undefined, folder.crashed);

  const service = await readService();
  // Every function reads the settings at its first request. Report wrong ones before that.
  const { publishesEvents } = readConfig(functionEnvironment(service, 'send-mail', process.env));
  const bus = publishesEvents ? await busOf(folder.path) : undefined;

  const page = pageFolder();
  const places = placesOf({
    api: `http://localhost:${wanted.api}`,
    dynamodb: external ?? `http://localhost:${wanted.dynamodb}`,
    inbox: `http://localhost:${wanted.ses}`,
    ...(page !== undefined && { page: `http://localhost:${wanted.page}` }),
  });
  const terminal = openTerminal((line) => console.log(line), `http://localhost:${wanted.ses}`);
  const [api] = await Promise.all([
    started(
      startApi({
        port: wanted.api,
        service,
        // Lines of requests are asked of the functions unless somebody wants another level: the terminal shows them.
        env: {
          ...process.env,
          LOG_LEVEL: process.env.LOG_LEVEL ?? 'INFO',
          ...(bus && { AWS_ENDPOINT_URL_EVENTBRIDGE: bus }),
        },
        home: homePage(places),
        ...terminal,
      }),
      'first',
    ),
    startStorage(wanted, external, folder.path, service),
    started(startInbox({ port: wanted.ses })),
    ...(page === undefined
      ? []
      : [started(startPage({ port: wanted.page, folder: page, api: `http://localhost:${wanted.api}` }))]),
  ]);
  await api.invoke('rotate-keys', { command: 'rotate' }); // as a deployment does

  running.unshift(...driveStreams(api, service, { path: folder.path, events: publishesEvents }));

  await Promise.all(places.map(({ url }) => untilAnswers(url, 10)));
  if (ending) return;
  announce(places);
}

/** The bus to which functions send events: the configured one, or a local one. */
async function busOf(path: string): Promise<string> {
  const given = process.env.AWS_ENDPOINT_URL_EVENTBRIDGE;
  return given ?? (await started(startEventBus(`${path}events.jsonl`))).url;
}

function announce(places: readonly Place[]): void {
  for (const { name, url } of places) console.log(`${name.padEnd(9)}  ${url}`);
  console.log(`\nTry: ${tryThis(places[0]?.url ?? '')}\n`);
  console.log('ready');
}

async function startStorage(
  { dynamodb }: Ports,
  external: string | undefined,
  path: string,
  service: Service,
): Promise<void> {
  const endpoint =
    external ??
    (await started(startDynoxide({ port: dynamodb, file: `${path}dynoxide.db`, onEnd: endUnexpectedly })))
      .url;
  try {
    await createTables({ endpoint, service });
  } catch (error) {
    throw new Error(`The tables cannot be made at ${endpoint}: ${(error as Error).message}`);
  }
}

/** Registers a part to be stopped at the end, even if the end comes while it starts. */
async function started<P extends Part>(starting: Promise<P>, stops: 'first' | 'last' = 'last'): Promise<P> {
  const part = await starting;
  if (ending) await part.stop();
  else if (stops === 'first') running.unshift(part);
  else running.push(part);
  return part;
}

/** Right after a `kill -9` the parts of the killed stack need a moment to notice. */
async function requireFreePorts(wanted: Ports, externalDynamodb: boolean, crashed: boolean): Promise<void> {
  const needed: Array<[string, number]> = [
    ['PORT', wanted.api],
    ['SES_PORT', wanted.ses],
    ...(pageFolder() === undefined ? [] : ([['PAGE_PORT', wanted.page]] satisfies Array<[string, number]>)),
    ...(externalDynamodb ? [] : ([['DYNAMODB_PORT', wanted.dynamodb]] satisfies Array<[string, number]>)),
  ];
  for (const [variable, port] of needed) {
    const deadline = Date.now() + (crashed ? 5000 : 0);
    while (!(await isFree(port))) {
      if (Date.now() >= deadline) {
        throw new Error(
          `Port ${port} is in use: free it, or choose another one, as in ${variable}=${port + 100} ${typed('start')}.`,
        );
      }
      await pause(100);
    }
  }
}

function tryThis(api: string): string {
  const account = {
    name: 'Ada Lovelace',
    email: 'ada@example.com',
    password: 'correct horse battery staple',
    confirm: 'correct horse battery staple',
  };
  return `curl -i ${api}/auth/register -H 'Content-Type: application/json' -d '${JSON.stringify(account)}'`;
}

function endUnexpectedly(reason: string): void {
  if (ending) return;
  console.error(reason);
  void end(1);
}

async function end(code: number): Promise<void> {
  ending = true;
  for (const part of running) await part.stop().catch(() => undefined);
  folder?.release();
  process.exit(code);
}
