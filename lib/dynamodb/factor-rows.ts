import { randomUUID } from 'node:crypto';
import { GetItemCommand, type TransactWriteItem, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import type { MailRequest } from '../core/mail-request.ts';
import type { Evidence, SessionKey } from '../core/session.ts';
import { measure } from '../metrics.ts';
import { orUnavailable } from '../unavailable.ts';
import { type Database, readItem, transactionOutcomeOf, writeItem } from './database.ts';
import { mailRequestItem } from './mail-requests.ts';

/** The sort keys of an account's other rows in the table of factors. No passkey has one of them: base64url has no `#`. */
export const TOTP = '#totp';
export const PENDING_TOTP = '#totp-pending';
export const RECOVERY_CODES = '#recovery-codes';

export type NameOf = Database['nameOf'];
export type Update = NonNullable<TransactWriteItem['Update']>;

/** Reads a row, strongly consistent. @throws ProblemError `unavailable` */
export async function readFactor(
  { client, nameOf }: Database,
  userId: string,
  factorId: string,
): Promise<Record<string, unknown> | undefined> {
  const Key = writeItem({ userId, factorId });
  const command = new GetItemCommand({ TableName: nameOf('factors'), Key, ConsistentRead: true });
  return readItem((await orUnavailable('DynamoDB', client.send(command))).Item);
}

/**
 * Applies all of the writes and the mail, or nothing.
 *
 * @returns as `transactionOutcomeOf`
 * @throws ProblemError `unavailable`
 */
export async function transactFactors(
  { client, nameOf }: Database,
  items: readonly (TransactWriteItem | undefined)[],
  mail: MailRequest | undefined,
) {
  const TransactItems = items.filter((item) => item !== undefined);
  if (mail) TransactItems.push({ Put: { TableName: nameOf('reset-tags'), Item: mailRequestItem(mail) } });
  // One token for all tries: a commit whose answer was lost isn't repeated, and doesn't conflict with itself.
  const command = { TransactItems, ClientRequestToken: randomUUID() };
  const outcome = await transactionOutcomeOf(() => client.send(new TransactWriteItemsCommand(command)));
  if (outcome.applied && mail) measure({ MailsDue: 1 });
  return outcome;
}

/** The update of a session's evidence, unless it has ended. @param version the account's next one, if the session outlives it */
export function raisedSession(
  nameOf: NameOf,
  { session, evidence }: { session: SessionKey; evidence: Evidence },
  version?: number,
): Update {
  const { amr, acr, authTime } = evidence;
  const carried = version !== undefined;
  return {
    TableName: nameOf('sessions'),
    Key: writeItem({ userId: session.userId, sessionId: session.sessionId }),
    UpdateExpression: `SET amr = :amr, acr = :acr, authTime = :time, lastUsedAt = :time${carried ? ', credentialVersion = :next' : ''}`,
    ConditionExpression: `attribute_exists(sessionId) AND attribute_not_exists(endedAt)${carried ? ' AND credentialVersion = :version' : ''}`,
    ExpressionAttributeValues: writeItem({
      ...{ ':amr': amr, ':acr': acr, ':time': authTime },
      ...(carried && { ':version': version, ':next': version + 1 }),
    }),
  };
}

/** DynamoDB deletes an empty set. The row stays, and shows that there were codes. */
export function hashesOf(item: Record<string, unknown> | undefined): string[] | undefined {
  return item && [...((item.hashes as Set<string> | undefined) ?? [])];
}
