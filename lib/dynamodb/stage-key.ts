import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { STAGE_KEY, type StageKeyStore } from '../tokens/stage-key.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, writeItem } from './database.ts';

/** The stage key, a row in the table of keys. */
export function stageKeyStore({ client, nameOf }: Database): StageKeyStore {
  const TableName = nameOf('keys');
  return {
    async sealedStageKey() {
      const Key = writeItem({ kid: STAGE_KEY });
      const command = new GetItemCommand({ TableName, Key, ConsistentRead: true });
      return (await orUnavailable('DynamoDB', client.send(command))).Item?.sealed?.S;
    },

    async addStageKey(sealed) {
      const command = new PutItemCommand({
        TableName,
        Item: writeItem({ kid: STAGE_KEY, sealed }),
        ConditionExpression: 'attribute_not_exists(kid)',
      });
      await outcomeOf(client.send(command));
    },
  };
}
