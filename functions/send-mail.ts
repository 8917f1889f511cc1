import type { DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { sendDueMail } from '../lib/core/reset-mail.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { resetRequestStore } from '../lib/dynamodb/reset-requests.ts';
import { throttleStore } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import { eachRecord } from '../lib/events/each-record.ts';
import { sesMailer } from '../lib/mail/ses.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const parts = {
  users: userStore(database),
  resetRequests: resetRequestStore(database),
  mailer: sesMailer(config.mailFrom, config, config.mailConfigurationSet),
  throttle: { store: throttleStore(database) },
  clock: Date.now,
  tagLifetime: config.tagLifetime,
};

/** Send mail: what the rows of `reset-tags` are due, from the table's stream. A record that fails is delivered again. */
export const handler = (event: DynamoDBStreamEvent): Promise<DynamoDBBatchResponse> =>
  eachRecord(event, (tagId) => sendDueMail(parts, tagId));
