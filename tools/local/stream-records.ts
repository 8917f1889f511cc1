// Reads a table's stream from where it was left, across restarts.
import { readFileSync } from 'node:fs';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  type _Record,
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import type { DynamoDBRecord } from 'aws-lambda';
import { writeFile } from '../write-file.ts';
import { localAccess } from './local-access.ts';

export interface StreamPage {
  readonly records: DynamoDBRecord[];
  /** Notes that everything up to this page's end was dealt with. */
  done(): void;
}

/** Which record of each shard was dealt with last. Belongs to one stream: a new table starts over. */
interface Checkpoint {
  readonly streamArn: string;
  readonly positions: Record<string, string>;
}

const describeEvery = 10_000; // ms; new shards are rare

/** Reads the stream of `table`, page by page. @throws the SDK's errors; the next call starts over from the checkpoint */
export function streamRecords(endpoint: string, table: string, checkpointFile: string | undefined) {
  const tables = new DynamoDBClient(localAccess(endpoint));
  const streams = new DynamoDBStreamsClient(localAccess(endpoint));
  const iterators = new Map<string, string | undefined>(); // undefined: a shard that has ended
  let checkpoint: Checkpoint | undefined;
  let describedAt = 0;

  async function describe(): Promise<Checkpoint> {
    if (checkpoint !== undefined && Date.now() - describedAt < describeEvery) return checkpoint;
    const { Table } = await tables.send(new DescribeTableCommand({ TableName: table }));
    const streamArn = Table?.LatestStreamArn;
    if (streamArn === undefined) throw new Error(`Table ${table} has no stream.`);
    if (checkpoint?.streamArn !== streamArn) {
      iterators.clear();
      checkpoint = readCheckpoint(checkpointFile, streamArn);
    }
    const { StreamDescription } = await streams.send(new DescribeStreamCommand({ StreamArn: streamArn }));
    for (const { ShardId } of StreamDescription?.Shards ?? []) {
      if (ShardId === undefined || iterators.has(ShardId)) continue;
      iterators.set(ShardId, await iteratorFrom(streamArn, ShardId, checkpoint.positions[ShardId]));
    }
    describedAt = Date.now();
    return checkpoint;
  }

  async function iteratorFrom(
    StreamArn: string,
    ShardId: string,
    position?: string,
  ): Promise<string | undefined> {
    const ask = (from: object) =>
      streams.send(new GetShardIteratorCommand({ StreamArn, ShardId, ...from } as never));
    if (position !== undefined) {
      try {
        return (await ask({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position }))
          .ShardIterator;
      } catch (error) {
        // The record was trimmed since: what is left starts after it.
        if ((error as Error).name !== 'TrimmedDataAccessException') throw error;
      }
    }
    return (await ask({ ShardIteratorType: 'TRIM_HORIZON' })).ShardIterator;
  }

  return {
    async nextPages(): Promise<StreamPage[]> {
      try {
        const { streamArn, positions } = await describe();
        const pages: StreamPage[] = [];
        for (const [shard, iterator] of iterators) {
          if (iterator === undefined) continue;
          const page = await streams.send(new GetRecordsCommand({ ShardIterator: iterator }));
          iterators.set(shard, page.NextShardIterator);
          const last = page.Records?.at(-1)?.dynamodb?.SequenceNumber;
          if (last === undefined) continue;
          pages.push({
            records: (page.Records ?? []).map((record) => asDelivered(record, streamArn)),
            done() {
              positions[shard] = last;
              if (checkpointFile !== undefined)
                writeFile(checkpointFile, JSON.stringify({ streamArn, positions }));
            },
          });
        }
        return pages;
      } catch (error) {
        // An iterator lives 15 minutes, less than a laptop sleeps: ask for new ones.
        iterators.clear();
        describedAt = 0;
        throw error;
      }
    },
    close() {
      tables.destroy();
      streams.destroy();
    },
  };
}

function readCheckpoint(file: string | undefined, streamArn: string): Checkpoint {
  try {
    const kept = JSON.parse(readFileSync(file ?? '', 'utf8')) as Checkpoint;
    if (kept.streamArn === streamArn) return kept;
  } catch {
    // none yet
  }
  return { streamArn, positions: {} };
}

/** A record as Lambda hands it over: times in epoch seconds, binary values in base64, and whose stream it is. */
function asDelivered(record: _Record, eventSourceARN: string): DynamoDBRecord {
  const text = JSON.stringify(
    { ...record, eventSourceARN },
    function (this: Record<string, unknown>, key, value) {
      const original = this[key];
      if (original instanceof Date) return original.getTime() / 1000;
      if (original instanceof Uint8Array) return Buffer.from(original).toString('base64');
      return value;
    },
  );
  return JSON.parse(text) as DynamoDBRecord;
}
