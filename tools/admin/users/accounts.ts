// What can be done to one user, or to the sessions of all.
import { TransactWriteItemsCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { User } from '../../../lib/core/account.ts';
import { normaliseEmail } from '../../../lib/core/email-address.ts';
import { type Database, outcomeOf, transactionOutcomeOf, writeItem } from '../../../lib/dynamodb/database.ts';
import { userStore } from '../../../lib/dynamodb/users.ts';
import { inParallel } from './parallel.ts';
import { usersWith } from './table.ts';

/**
 * The user whom an address or a user id names.
 *
 * @throws Error when nobody has it, or it is neither
 */
export async function findUser(database: Database, who: string): Promise<User> {
  const users = userStore(database);
  const isAddress = who.includes('@');
  const email = isAddress ? normaliseEmail(who) : undefined;
  if (isAddress && email === undefined) throw new Error(`"${who}" is no address that an account can have.`);
  const userId = email === undefined ? who : await users.ownerOf(email);
  const user = userId === undefined ? undefined : await users.get(userId);
  if (user === undefined) throw new Error(`No user has the ${isAddress ? 'address' : 'id'} "${who}".`);
  return user;
}

/**
 * Lets a user in nowhere, by nothing: status and version change in one write, so that every session and every mailed
 * link is dead at the next request.
 *
 * @returns false when the user was disabled already
 * @throws Error when the user is gone
 */
export function disable(database: Database, user: User): Promise<boolean> {
  return setStatus(database, user, {
    from: 'active',
    to: 'disabled',
    alsoDo: ' ADD credentialVersion :one',
    values: { ':one': 1 },
  });
}

/**
 * Lets a disabled user log in again; the sessions from before stay dead.
 *
 * @returns false when the user was not disabled
 * @throws Error when the user is gone
 */
export function enable(database: Database, user: User): Promise<boolean> {
  return setStatus(database, user, { from: 'disabled', to: 'active', alsoDo: '', values: {} });
}

async function setStatus(
  { client, nameOf }: Database,
  { userId }: User,
  change: {
    from: User['status'];
    to: User['status'];
    alsoDo: string;
    values: Record<string, number>;
  },
): Promise<boolean> {
  const command = new UpdateItemCommand({
    TableName: nameOf('users'),
    Key: writeItem({ userId }),
    UpdateExpression: `SET #status = :to${change.alsoDo}`,
    ConditionExpression: '#status = :from',
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: writeItem({ ':from': change.from, ':to': change.to, ...change.values }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  const outcome = await outcomeOf(client.send(command));
  if (!outcome.applied && outcome.found === undefined) throw gone(userId);
  return outcome.applied;
}

/**
 * Ends all sessions of a user and answers every open reset mail, in one write.
 *
 * @throws Error when the user is gone
 */
export async function endSessions(database: Database, { userId }: Pick<User, 'userId'>): Promise<void> {
  if (!(await raiseVersion(database, userId))) throw gone(userId);
}

async function raiseVersion({ client, nameOf }: Database, userId: string): Promise<boolean> {
  const command = new UpdateItemCommand({
    TableName: nameOf('users'),
    Key: writeItem({ userId }),
    UpdateExpression: 'ADD credentialVersion :one',
    ConditionExpression: 'attribute_exists(userId)', // an update of nobody would make a user out of a number
    ExpressionAttributeValues: writeItem({ ':one': 1 }),
  });
  return (await outcomeOf(client.send(command))).applied;
}

const AT_ONCE = 32;

/**
 * Ends the sessions of everybody. Whoever signs up while it runs may keep the new session.
 *
 * @returns of how many users
 */
export async function endAllSessions(
  database: Database,
  progress: (done: number) => void = () => undefined,
): Promise<number> {
  let done = 0;
  await inParallel(AT_ONCE, usersWith(database, ['userId']), async ({ userId }) => {
    if (!(await raiseVersion(database, userId))) return; // deleted meanwhile
    done += 1;
    progress(done);
  });
  return done;
}

/**
 * Deletes a user and frees the address, both or neither. Sessions and mailed links die with the user: each use of them
 * reads the user first, and TTL removes their rows.
 *
 * @throws Error when the two rows do not belong together (any more)
 */
export async function deleteUser({ client, nameOf }: Database, { userId, email }: User): Promise<void> {
  const command = new TransactWriteItemsCommand({
    TransactItems: [
      {
        Delete: {
          TableName: nameOf('users'),
          Key: writeItem({ userId }),
          ConditionExpression: 'email = :email',
          ExpressionAttributeValues: writeItem({ ':email': email }),
        },
      },
      {
        Delete: {
          TableName: nameOf('emails'),
          Key: writeItem({ email }),
          ConditionExpression: 'userId = :userId',
          ExpressionAttributeValues: writeItem({ ':userId': userId }),
        },
      },
    ],
    ClientRequestToken: crypto.randomUUID(),
  });
  const outcome = await transactionOutcomeOf(() => client.send(command));
  if (outcome.applied) return;
  const table = outcome.position === 0 ? 'users' : 'emails';
  throw new Error(
    `Nothing was deleted: in ${nameOf(table)} user ${userId} and ${email} do not belong together; look with \`show\`.`,
  );
}

function gone(userId: string): Error {
  return new Error(`User ${userId} was deleted meanwhile.`);
}
