import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { User } from '../core/account.ts';
import { type MailRefusal, type MailRefusalMark, markAfterReport } from '../core/mail-refusal.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, outcomeOf, readItem, writeItem } from './database.ts';
import { userStore } from './users.ts';

/** Marks users who get no mail. The mark is in the user's row, which every sender reads anyway. */
export function mailRefusals({ client, nameOf }: Database): {
  /**
   * Marks the user who owns an address after a report of the mail service; see `markAfterReport`.
   *
   * @param email normalised
   * @returns false when nobody has the address
   * @throws ProblemError `unavailable`
   */
  add(email: string, reason: MailRefusal, now: number): Promise<boolean>;
} {
  const users = userStore({ client, nameOf });
  const rowOf = (userId: string) => ({ TableName: nameOf('users'), Key: writeItem({ userId }) });

  /** Only the mark and the address: the function's role may read nothing else of a user. */
  async function markOf(userId: string) {
    const command = new GetItemCommand({
      ...rowOf(userId),
      ProjectionExpression: 'userId, email, mailRefused, mailRefusedUntil, mailBounces',
      ConsistentRead: true,
    });
    const { Item } = await orUnavailable('DynamoDB', client.send(command));
    return readItem(Item) as (MailRefusalMark & Pick<User, 'userId' | 'email'>) | undefined;
  }

  return {
    async add(email, reason, now) {
      const userId = await users.ownerOf(email);
      const user = userId === undefined ? undefined : await markOf(userId);
      if (user?.email !== email) return false;
      const mark = markAfterReport(user, reason, now);
      if (mark === undefined) return true;
      const seen =
        user.mailBounces === undefined ? 'attribute_not_exists(mailBounces)' : 'mailBounces = :seen';
      const until =
        mark.mailRefusedUntil === undefined ? 'REMOVE mailRefusedUntil' : ', mailRefusedUntil = :until';
      const command = new UpdateItemCommand({
        ...rowOf(user.userId),
        UpdateExpression: `SET mailRefused = :reason, mailBounces = :bounces ${until}`,
        // Another report may have come first; then this one is decided again.
        ConditionExpression: `email = :email AND ${seen}`,
        ExpressionAttributeValues: writeItem({
          ':reason': mark.mailRefused,
          ':bounces': mark.mailBounces,
          ':until': mark.mailRefusedUntil,
          ':email': email,
          ':seen': user.mailBounces,
        }),
      });
      await outcomeOf(client.send(command));
      return true;
    },
  };
}
