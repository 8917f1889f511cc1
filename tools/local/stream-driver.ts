// A local event source mapping, as Lambda has it: delivers the records of a table's stream to a function,
// by the filters, batch size and age limit of serverless.yml.
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import type { StreamMapping } from '../deploy/service.ts';
import { passes } from './event-filter.ts';
import { streamRecords } from './stream-records.ts';

export interface DriveStreamOptions {
  /** Address of the local DynamoDB. */
  readonly endpoint: string;
  readonly table: string;
  readonly mapping: StreamMapping;
  /** Runs the function. Resolves to its answer, rejects when it failed or timed out. */
  readonly invoke: (records: readonly DynamoDBRecord[]) => Promise<unknown>;
  /** The file with the position; without one, every start reads the stream from its beginning. */
  readonly checkpointFile?: string;
  /** The file for records that could not be delivered, one JSON object on each line. */
  readonly deadLetterFile?: string;
  /** How often one record is tried, about two minutes by default: here it is broken code that fails, not SES. */
  readonly maxAttempts?: number;
  /** How a complaint begins. */
  readonly says?: string;
  readonly log?: (sentence: string) => void;
}

const pollEvery = 100; // ms
const longestPause = 10_000; // ms between two attempts

/** Delivers records until it is stopped. At least once: a record may come again after a crash. */
export function driveStream(options: DriveStreamOptions): { stop(): Promise<void> } {
  const { endpoint, table, checkpointFile, log = () => undefined } = options;
  const stream = streamRecords(endpoint, table, checkpointFile);
  const stopped = new AbortController();
  const delivery = deliverer(options, stopped.signal);

  async function run(): Promise<void> {
    let complained = false;
    while (!stopped.signal.aborted) {
      try {
        for (const page of await stream.nextPages()) {
          await delivery(page.records);
          page.done();
        }
        complained = false;
        await pause(pollEvery, undefined, { signal: stopped.signal });
      } catch (error) {
        if (stopped.signal.aborted) break;
        if (!complained) log(`the stream of ${table} cannot be read: ${(error as Error).message}`);
        complained = true;
        await pause(1000, undefined, { signal: stopped.signal }).catch(() => undefined);
      }
    }
  }

  const running = run();
  return {
    async stop() {
      stopped.abort(new Error('stopped'));
      await running;
      stream.close();
    },
  };
}

/** Delivers the records of a page that pass the filters, in order; what fails for too long is parked. */
function deliverer(options: DriveStreamOptions, stopped: AbortSignal) {
  const { mapping, invoke, deadLetterFile, maxAttempts = 18, log = () => undefined } = options;
  const { says = 'email not sent yet' } = options;
  const { batchSize = 100, filterPatterns = [], maximumRecordAgeInSeconds = -1 } = mapping;

  return async (records: readonly DynamoDBRecord[]): Promise<void> => {
    const wanted = records.filter((record) => filterPatterns.some((pattern) => passes(pattern, record)));
    for (let start = 0; start < wanted.length; start += batchSize) {
      await deliver(wanted.slice(start, start + batchSize));
    }
  };

  async function deliver(batch: readonly DynamoDBRecord[]): Promise<void> {
    let rest = batch;
    for (let attempt = 1; rest.length > 0; attempt += 1) {
      stopped.throwIfAborted();
      const { left, reason } = await attemptOn(rest);
      if (left.length < rest.length) attempt = 1; // the record in front is another one now
      rest = left;
      const [first] = rest;
      if (first === undefined) return;
      if (attempt >= maxAttempts || isTooOld(first)) {
        park(first, reason);
        rest = rest.slice(1);
        attempt = 0;
        continue;
      }
      if (attempt === 1) log(`${says}, trying again: ${reason}`);
      await pause(Math.min(longestPause, 125 * 2 ** attempt), undefined, { signal: stopped });
    }
  }

  /** One invocation, or several when a batch fails as a whole and can be split. */
  async function attemptOn(
    batch: readonly DynamoDBRecord[],
  ): Promise<{ left: readonly DynamoDBRecord[]; reason: string }> {
    try {
      const left = unfinished(batch, await invoke(batch));
      return { left, reason: 'the function reported a failed item' };
    } catch (error) {
      stopped.throwIfAborted();
      const reason = (error as Error).message;
      if (batch.length === 1 || mapping.bisectBatchOnFunctionError !== true) return { left: batch, reason };
      const middle = Math.ceil(batch.length / 2);
      const front = await attemptOn(batch.slice(0, middle));
      if (front.left.length > 0)
        return { left: [...front.left, ...batch.slice(middle)], reason: front.reason };
      return attemptOn(batch.slice(middle));
    }
  }

  /** By ReportBatchItemFailures: from the first record that failed on; an unknown one fails the whole batch. */
  function unfinished(batch: readonly DynamoDBRecord[], answer: unknown): readonly DynamoDBRecord[] {
    if (mapping.functionResponseType !== 'ReportBatchItemFailures') return [];
    const failures = (answer as DynamoDBBatchResponse | null)?.batchItemFailures ?? [];
    if (failures.length === 0) return [];
    const places = failures.map(({ itemIdentifier }) =>
      batch.findIndex((record) => record.dynamodb?.SequenceNumber === itemIdentifier),
    );
    return batch.slice(Math.max(0, Math.min(...places)));
  }

  function isTooOld(record: DynamoDBRecord): boolean {
    const writtenAt = record.dynamodb?.ApproximateCreationDateTime;
    if (maximumRecordAgeInSeconds < 0 || writtenAt === undefined) return false;
    return Date.now() / 1000 - writtenAt > maximumRecordAgeInSeconds;
  }

  function park(record: DynamoDBRecord, reason: string): void {
    log(`an email was given up: ${reason}${deadLetterFile === undefined ? '' : ` (${deadLetterFile})`}`);
    if (deadLetterFile === undefined) return;
    mkdirSync(dirname(deadLetterFile), { recursive: true });
    appendFileSync(deadLetterFile, `${JSON.stringify({ reason, record })}\n`, { mode: 0o600 });
  }
}
