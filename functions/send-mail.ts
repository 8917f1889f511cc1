import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { sendDueMail, sendWaiting } from '../lib/core/send-due-mail.ts';
import { latestMails } from '../lib/dynamodb/address-writes.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { mailRequestStore } from '../lib/dynamodb/mail-requests.ts';
import { outboxStore } from '../lib/dynamodb/outbox.ts';
import { pendingSignUpStore } from '../lib/dynamodb/pending-sign-ups.ts';
import { stageKeyStore } from '../lib/dynamodb/stage-key.ts';
import { throttleStore } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import { eachRecord, eachWaiting } from '../lib/events/each-record.ts';
import * as hooks from '../lib/hooks.ts';
import { sesMailer } from '../lib/mail/ses.ts';
import { migrationByMail } from '../lib/migration.ts';
import { mailCodes } from '../lib/tokens/mail-codes.ts';
import { openStageKey } from '../lib/tokens/open-keys.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const deps = {
  users: userStore(database),
  mailRequests: { ...mailRequestStore(database), ...outboxStore(database) },
  signUps: pendingSignUpStore(database),
  latest: latestMails(database),
  codes: mailCodes(openStageKey(config, stageKeyStore(database))),
  mailer: sesMailer(config.mailFrom, config, config.mailConfigurationSet),
  throttle: { store: throttleStore(database) },
  unverifiedMails: {
    limit: config.unverifiedMailsPerHour,
    pauses: config.mailConfigurationSet !== undefined,
  },
  clock: Date.now,
  tagLifetime: config.tagLifetime,
  migration: migrationByMail(hooks, config, database),
};

/** The event of the schedule, by which mails are sent that had to wait. */
type Sweep = { command: 'send-waiting' };

/** Half of the function's thirty seconds; the other half is more than one mail takes at worst. */
const SWEEP_MS = 15_000;

/**
 * Send mail: sends the mails that are due, for the records of the stream of `reset-tags` and, by a schedule, for the rows
 * that wait. Lambda delivers a failed record again.
 */
export async function handler(event: DynamoDBStreamEvent | Sweep): Promise<DynamoDBBatchResponse> {
  const send = (tagId: string) => sendDueMail(deps, tagId);
  if ('Records' in event) return eachRecord(event, send);
  const until = Date.now() + SWEEP_MS;
  return eachWaiting((handle) => sendWaiting(deps, handle, () => Date.now() < until), send);
}
