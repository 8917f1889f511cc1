import {
  type AttributeValue,
  GetItemCommand,
  paginateScan,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { User, UserStore } from '../core/account.ts';
import type { AccountEvent, By } from '../core/account-event.ts';
import type { AccountAdministration, Change } from '../core/administer-account.ts';
import { orUnavailable } from '../unavailable.ts';
import { accountDeletion } from './account-deletion.ts';
import { type Database, outcomeOf, transact, writeItem } from './database.ts';
import { happens } from './journal.ts';
import { ifSound, logDamaged, type OnDamaged, readAnyRow } from './sound-rows.ts';
import { storedUser } from './stored-user.ts';
import { usersWithoutPasswords } from './users.ts';

/** Users as administrators see and change them, without the password hash, which the function's role can't read. */
export function administeredUsers(database: Database): UserStore {
  return usersWithoutPasswords(database, ['heldEmails']); // which a deletion frees
}

/**
 * An operator's writes to the tables of users and addresses.
 *
 * @param onDamaged receives each row that `one`, `all` and `page` leave out
 */
export function accountAdministration(
  database: Database,
  onDamaged: OnDamaged = logDamaged,
): AccountAdministration {
  const { client, nameOf } = database;
  const TableName = nameOf('users');

  function sound<K extends keyof User>(
    item: Record<string, AttributeValue>,
    attributes: readonly K[],
  ): Pick<User, K>[] {
    const user = readAnyRow(item);
    const of = { table: 'users', userId: String(user.userId) } as const;
    return ifSound(user, storedUser(attributes), of, onDamaged) as Pick<User, K>[];
  }

  async function* rows(attributes: readonly (keyof User)[]) {
    const pages = paginateScan({ client }, reading(TableName, attributes));
    for (;;) {
      const page = await orUnavailable('DynamoDB', pages.next());
      if (page.done) return;
      yield* page.value.Items ?? [];
    }
  }

  /** An update on condition that the account exists: otherwise DynamoDB would create a row with only the updated attributes. */
  async function update(
    userId: string,
    change: {
      expression: string;
      condition: string;
      names?: Record<string, string>;
      values?: object;
      /** Whether the account as it is now is another one to the caller. */
      isAnother?: (found: Record<string, unknown>) => boolean;
      /** What happens to the account by it. */
      event?: { by: By; is: AccountEvent };
    },
  ): Promise<Change> {
    const Update = {
      TableName,
      Key: writeItem({ userId }),
      UpdateExpression: change.expression,
      ConditionExpression: `attribute_exists(userId) AND ${change.condition}`,
      ...(change.names && { ExpressionAttributeNames: change.names }),
      ...(change.values && { ExpressionAttributeValues: writeItem({ ...change.values }) }),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    } as const;
    const { event } = change;
    const outcome = event
      ? await transact(database, [
          { Update },
          ...happens(nameOf, { userId, at: Date.now(), by: event.by }, event.is),
        ])
      : await outcomeOf(client.send(new UpdateItemCommand(Update)));
    if (outcome.applied) return 'changed';
    return outcome.found === undefined || change.isAnother?.(outcome.found) ? 'gone' : 'unchanged';
  }

  return {
    setStatus(userId, status, by) {
      const ending = status === 'disabled';
      return update(userId, {
        expression: `SET #status = :status${ending ? ' ADD credentialVersion :one' : ''}`,
        condition: '#status <> :status',
        names: { '#status': 'status' },
        values: { ':status': status, ...(ending && { ':one': 1 }) },
        event: { by, is: { type: ending ? 'user.disabled' : 'user.enabled' } },
      });
    },

    async endSessions(userId) {
      const change = await update(userId, {
        expression: 'ADD credentialVersion :one',
        condition: 'attribute_exists(userId)',
        values: { ':one': 1 },
      });
      return change === 'changed';
    },

    verifyEmail({ userId, email }, by) {
      return update(userId, {
        expression: 'SET emailVerified = :true',
        condition: 'email = :email AND (attribute_not_exists(emailVerified) OR emailVerified <> :true)',
        values: { ':true': true, ':email': email },
        isAnother: (found) => found.email !== email,
        event: { by, is: { type: 'user.verified' } },
      });
    },

    setRoles(userId, roles) {
      const names = { '#roles': 'roles' };
      if (roles.length === 0)
        return update(userId, { expression: 'REMOVE #roles', condition: 'attribute_exists(#roles)', names });
      return update(userId, {
        expression: 'SET #roles = :roles',
        condition: '(attribute_not_exists(#roles) OR #roles <> :roles)',
        names,
        values: { ':roles': roles },
      });
    },

    allowMail(userId) {
      return update(userId, {
        expression: 'REMOVE mailRefused, mailRefusedUntil, mailBounces',
        condition: 'attribute_exists(mailRefused)',
      });
    },

    async delete(account, tombstone, by) {
      const items = await accountDeletion(database, account, tombstone, by);
      return (await transact(database, items)).applied;
    },

    async one<K extends keyof User>(userId: string, attributes: readonly K[]) {
      const command = new GetItemCommand({ ...reading(TableName, attributes), Key: writeItem({ userId }) });
      const { Item } = await orUnavailable('DynamoDB', client.send(command));
      return Item && sound(Item, attributes)[0];
    },

    async *ids() {
      for await (const { userId } of rows([])) yield String(userId?.S);
    },

    async *all<K extends keyof User>(attributes: readonly K[]) {
      for await (const item of rows(attributes)) yield* sound(item, attributes);
    },

    async page<K extends keyof User>(
      attributes: readonly K[],
      { limit, after }: { limit: number; after: string | undefined },
    ) {
      const command = new ScanCommand({
        ...reading(TableName, attributes),
        Limit: limit + 1, // one more says whether there is a next page
        ...(after !== undefined && { ExclusiveStartKey: writeItem({ userId: after }) }),
      });
      const { Items = [], LastEvaluatedKey } = await orUnavailable('DynamoDB', client.send(command));
      const found = Items.slice(0, limit);
      // DynamoDB ends a page after a megabyte, whatever the limit is.
      const goesOn = Items.length > limit || LastEvaluatedKey !== undefined;
      return {
        users: found.flatMap((item) => sound(item, attributes)),
        last: goesOn ? found.at(-1)?.userId?.S : undefined, // of a damaged one, too
      };
    },
  };
}

/** Those attributes and the key, strongly consistent. */
function reading(TableName: string, wanted: readonly (keyof User)[]) {
  const attributes = [...new Set<keyof User>([...wanted, 'userId'])];
  return {
    TableName,
    ConsistentRead: true,
    ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
    // Placeholders for all names: `name` and `status` are reserved words.
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
}
