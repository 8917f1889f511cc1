import type { SNSEvent } from 'aws-lambda';
import { readConfig } from '../lib/config.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { refuseMail } from '../lib/dynamodb/mail-refusals.ts';
import { eachMailEvent } from '../lib/events/each-mail-event.ts';

const database = openDatabase(readConfig(process.env).tablePrefix);

/** Mail events: an address that bounced for good, or whose owner complained, is not mailed again. */
export const handler = (event: SNSEvent) =>
  eachMailEvent(event, (email, reason) => refuseMail(database, email, reason));
