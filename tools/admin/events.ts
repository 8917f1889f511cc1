// `npm run events`: the events of accounts. `tail` follows the local stack; `replay` repeats what failed for too long, locally
// or with `--stage prod` (and `--region`, `--aws-profile`) at a deployed stage.
import type { RecordedEvent } from '../../lib/core/account-event.ts';
import { type EventBus, eventBridge } from '../../lib/events/event-bus.ts';
import { readService } from '../deploy/service.ts';
import { typed } from '../folders.ts';
import { keepEvents } from '../local/event-bus.ts';
import { ports } from '../local/ports.ts';
import { stackFolderOf } from '../local/stack-folder.ts';
import { awsSentence } from './command-line/aws-sentence.ts';
import { openPlace, type Place, type PlaceOptions } from './command-line/place.ts';
import { checkPlace, program, run, UsageError, withPlace } from './command-line/run.ts';
import { deadLettersIn } from './events/dead-letters.ts';
import { eventsWithin, noteAgain, publishAgain, type Window } from './events/replay.ts';
import { tail } from './events/tail.ts';

const NAME = typed('events');
const main = program(NAME, 'Shows the events of accounts, or publishes them again.');
let place: Place | undefined;

main
  .command('tail')
  .description(
    `prints the events of the local stack as they happen, one JSON object per line (needs EVENTS=on ${typed('start')})`,
  )
  .helpOption('--help', 'shows this help')
  .option('--from-start', 'prints the earlier events first')
  .action(({ fromStart = false }: { fromStart?: boolean }) =>
    tail(eventsFile(), {
      fromStart,
      began: () => process.stdout.write('tailing\n'),
      write: (line) => process.stdout.write(`${line}\n`),
    }),
  );

type ReplayOptions = PlaceOptions & { from?: string; to?: string; email?: boolean };

withPlace(main.command('replay'))
  .description(
    'records and publishes events again: those in the dead-letter queues, or those of a period; each keeps its eventId',
  )
  .option(
    '--from <time>',
    'replays a period instead of the queues; its start, such as 2026-11-27T03:00:00Z, at most 14 days ago',
  )
  .option('--to <time>', 'the end of the period; default: now')
  .option('--email', 'adds the address, as EVENTS_INCLUDE_EMAIL=on does')
  .action(async (options: ReplayOptions) => {
    checkPlace(options);
    const window = windowOf(options);
    place = await openPlace(options);
    console.log(await (window === undefined ? replayQueues(options) : replayWindow(options, window)));
  });

process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

await run(NAME, main, (error) => (place === undefined ? awsSentence(error) : place.explain(error)));

function eventsFile(): string {
  return `${stackFolderOf(ports(process.env).dynamodb)}events.jsonl`;
}

function windowOf({ from, to }: ReplayOptions): Window | undefined {
  if (from === undefined && to === undefined) return undefined;
  const window = { from: Date.parse(from ?? ''), to: to === undefined ? Date.now() : Date.parse(to) };
  if (Number.isNaN(window.from) || Number.isNaN(window.to))
    throw new UsageError('--from and --to take a time such as 2026-11-27T03:00:00Z; --to may be left out.');
  return window;
}

/** Replays all events within a time. A stage publishes events if it has their dead-letter queue. */
async function replayWindow(options: ReplayOptions, window: Window): Promise<string> {
  const { database } = place as Place;
  const events = await eventsWithin(database, window);
  const listens = options.stage === undefined || (await queueOf('unpublished-events', options)) !== undefined;
  const noted = await noteAgain(database, events);
  if (!listens) return `${noted} events were recorded again; EVENTS is off there, so none was published.`;
  const sent = await publishAgain(database, await busOf(options), events, options.email === true);
  return `${noted} events were recorded and ${sent} published again.`;
}

/** Replays what Lambda gave up on. Locally it never gives up. */
async function replayQueues(options: ReplayOptions): Promise<string> {
  if (options.stage === undefined)
    return 'The local stack has no dead-letter queues: name a period with --from.';
  const { database } = place as Place;
  const noted = await emptied('unnoted-activity', options, (events) => noteAgain(database, events));
  const sent = await emptied('unpublished-events', options, async (events) =>
    publishAgain(database, await busOf(options), events, options.email === true),
  );
  return `${noted} events were recorded and ${sent} published again; the queues are empty.`;
}

/** Handles the events of a queue's messages, and then removes the messages; none of them if it failed. */
async function emptied(
  queue: string,
  options: ReplayOptions,
  act: (events: readonly RecordedEvent[]) => Promise<number>,
): Promise<number> {
  const letters = await queueOf(queue, options);
  try {
    const count = await act(await eventsOfEntry(letters?.windows));
    await letters?.done();
    return count;
  } catch (error) {
    await letters?.failed();
    throw error;
  }
}

async function eventsOfEntry(windows: readonly Window[] = []): Promise<RecordedEvent[]> {
  const { database } = place as Place;
  const found = new Map<string, RecordedEvent>();
  for (const window of windows)
    for (const each of await eventsWithin(database, window)) found.set(each.eventId, each);
  return [...found.values()].toSorted((one, other) => one.at - other.at || one.order - other.order);
}

async function queueOf(name: string, { stage, region, awsProfile: profile }: ReplayOptions) {
  const service = await readService();
  const where = region ?? process.env.AWS_REGION ?? service.provider.region;
  return deadLettersIn(`${service.service}-${stage}-${name}`, { region: where, profile });
}

async function busOf({ stage, region, awsProfile }: ReplayOptions): Promise<EventBus> {
  if (stage === undefined) return keepEvents(eventsFile());
  const service = await readService();
  return eventBridge({
    region: region ?? process.env.AWS_REGION ?? service.provider.region,
    profile: awsProfile,
  });
}
