// Makes the local tables from the CloudFormation resources of serverless.yml.
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceInUseException,
  type TimeToLiveSpecification,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { namePrefix, readService, type Service } from '../deploy/service.ts';
import { localAccess } from './local-access.ts';

/** The properties of `AWS::DynamoDB::Table` that mean something on this machine. */
interface TableProperties {
  readonly TableName: string;
  readonly AttributeDefinitions: CreateTableCommandInput['AttributeDefinitions'];
  readonly KeySchema: CreateTableCommandInput['KeySchema'];
  readonly StreamSpecification?: { readonly StreamViewType: 'NEW_AND_OLD_IMAGES' };
  readonly TimeToLiveSpecification?: TimeToLiveSpecification;
}

export interface CreateTablesOptions {
  /** Address of a local DynamoDB, such as `http://127.0.0.1:8000`. */
  readonly endpoint: string;
  /** Takes the place of `<service>-<stage>` in the tables' names. */
  readonly prefix?: string;
  /** serverless.yml as it was read already; read now otherwise. */
  readonly service?: Service;
  /**
   * `false` for measurements: with each record that a stream has, Dynoxide takes longer for a write (0.6 ms at first, 9 ms after
   * 8,000 writes), and DynamoDB doesn't.
   */
  readonly streams?: boolean;
}

/** Makes those tables that do not exist yet, with streams and TTL, and returns all their names. */
export async function createTables(options: CreateTablesOptions): Promise<string[]> {
  const { endpoint, prefix, service, streams = true } = options;
  const client = new DynamoDBClient(localAccess(endpoint));
  try {
    const tables = tablesOf(service ?? (await readService()), prefix);
    await Promise.all(tables.map((table) => createTable(client, table, streams)));
    return tables.map(({ TableName }) => TableName);
  } finally {
    client.destroy();
  }
}

function tablesOf(service: Service, prefix = namePrefix(service)): TableProperties[] {
  return Object.values(service.resources.Resources)
    .filter(({ Type }) => Type === 'AWS::DynamoDB::Table')
    .map(({ Properties }) => Properties as unknown as TableProperties)
    .map((table) => ({ ...table, TableName: prefix + table.TableName.slice(namePrefix(service).length) }));
}

/** Tables that an earlier version made here have no stream yet. */
async function addStream(client: DynamoDBClient, { TableName, StreamSpecification }: TableProperties) {
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  if (Table?.LatestStreamArn !== undefined) return;
  await client.send(
    new UpdateTableCommand({
      TableName,
      StreamSpecification: { StreamEnabled: true, ...StreamSpecification },
    }),
  );
}

async function createTable(client: DynamoDBClient, table: TableProperties, streams: boolean): Promise<void> {
  const { TableName, AttributeDefinitions, KeySchema, TimeToLiveSpecification } = table;
  const StreamSpecification = streams ? table.StreamSpecification : undefined;
  try {
    await client.send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions,
        KeySchema,
        BillingMode: 'PAY_PER_REQUEST',
        ...(StreamSpecification && { StreamSpecification: { StreamEnabled: true, ...StreamSpecification } }),
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    if (StreamSpecification) await addStream(client, table);
  }
  if (TimeToLiveSpecification === undefined) return;
  const { TimeToLiveDescription } = await client.send(new DescribeTimeToLiveCommand({ TableName }));
  if (TimeToLiveDescription?.TimeToLiveStatus === 'ENABLED') return; // AWS refuses to enable it twice
  await client.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification }));
}
