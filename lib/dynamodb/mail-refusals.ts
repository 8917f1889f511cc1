import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { MailRefusal } from '../core/account.ts';
import { type Database, outcomeOf, writeItem } from './database.ts';
import { userStore } from './users.ts';

/**
 * Marks the user who owns an address as one to whom no mail goes. The mark stands in the user's row, which every
 * sender reads anyway. The first reason stays; marking again changes nothing.
 *
 * @param email normalised
 * @returns false when nobody has the address
 * @throws ProblemError `unavailable`
 */
export async function refuseMail(
  { client, nameOf }: Database,
  email: string,
  reason: MailRefusal,
): Promise<boolean> {
  const userId = await userStore({ client, nameOf }).ownerOf(email);
  if (userId === undefined) return false;
  const mark = new UpdateItemCommand({
    TableName: nameOf('users'),
    Key: writeItem({ userId }),
    UpdateExpression: 'SET mailRefused = if_not_exists(mailRefused, :reason)',
    ConditionExpression: 'email = :email',
    ExpressionAttributeValues: writeItem({ ':reason': reason, ':email': email }),
  });
  return (await outcomeOf(client.send(mark))).applied;
}
