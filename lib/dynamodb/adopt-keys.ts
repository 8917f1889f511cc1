import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, writeItem } from './database.ts';
import { PUBLISHED } from './keys.ts';

/**
 * Upgrades the keys of version 0.1, which stored each public key with its sealed private key: copies the public keys into
 * the one item that functions read now. Does nothing if that item exists. The old rows stay, since their sealed keys are
 * still used.
 *
 * @throws ProblemError `unavailable`
 */
export async function adoptKeys({ client, nameOf }: Database): Promise<void> {
  const TableName = nameOf('keys');
  const scan = new ScanCommand({ TableName, ConsistentRead: true });
  const rows = ((await orUnavailable('DynamoDB', client.send(scan))).Items ?? []).map(readItem);
  if (rows.some((row) => row?.kid === PUBLISHED)) return;
  const newest = rows.find((row) => row?.kid === '#newest')?.newest;
  if (newest === undefined) return;
  const keys = rows.flatMap((row) => {
    if (row?.publicJwk === undefined) return [];
    const { kid, publicJwk, signsFrom, verifiesUntil } = row;
    return [[kid, { kid, publicJwk, signsFrom, ...(verifiesUntil !== undefined && { verifiesUntil }) }]];
  });
  await outcomeOf(
    client.send(
      new PutItemCommand({
        TableName,
        Item: writeItem({ kid: PUBLISHED, newest, keys: Object.fromEntries(keys) }),
        ConditionExpression: 'attribute_not_exists(kid)',
      }),
    ),
  );
}
