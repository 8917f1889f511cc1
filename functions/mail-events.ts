import type { SNSEvent } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { countMail } from '../lib/core/mail-budget.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { mailRefusals } from '../lib/dynamodb/mail-refusals.ts';
import { throttleStore } from '../lib/dynamodb/throttles.ts';
import { eachMailEvent } from '../lib/events/each-mail-event.ts';

const database = openDatabase(readConfig(process.env).tablePrefix);
const refusals = mailRefusals(database);
const store = throttleStore(database);

/** Mail events: blocks mail to an address after a permanent bounce or a complaint. */
export const handler = (event: SNSEvent) =>
  eachMailEvent(
    event,
    (email, reason) => refusals.add(email, reason, Date.now()),
    () => countMail({ store, clock: Date.now }, 'bounced'),
  );
