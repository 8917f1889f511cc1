import type { SNSEvent } from 'aws-lambda';
import * as v from 'valibot';
import { normaliseEmail } from '../core/email-address.ts';
import type { MailRefusal } from '../core/mail-refusal.ts';
import { describeError, log } from '../log.ts';
import { type MailEventOutcome, measure } from '../metrics.ts';
import { unavailable } from '../unavailable.ts';

const mail = v.object({ destination: v.array(v.string()) });

/** @see https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html */
const sesEvent = v.variant('eventType', [
  v.object({
    eventType: v.literal('Bounce'),
    mail,
    bounce: v.object({ bounceType: v.string(), bounceSubType: v.nullish(v.string()) }),
  }),
  v.object({
    eventType: v.literal('Complaint'),
    mail,
    complaint: v.object({ complaintFeedbackType: v.nullish(v.string()) }),
  }),
]);

/**
 * Handles what SES reports about mails that it had accepted. An event may come twice, since marking twice is harmless.
 *
 * The events are full of personal data: addresses, subjects, answers of foreign mail servers. Only the outcome and the id
 * of the notification are logged.
 *
 * @param refuse marks the owner of an address; false when nobody has it
 * @param countBounce counts a bounce, whether or not anybody has the address
 * @returns the outcome of each
 * @throws ProblemError `unavailable` when one could not be handled: Lambda then delivers them again
 */
export async function eachMailEvent(
  event: SNSEvent,
  refuse: (email: string, reason: MailRefusal) => Promise<boolean>,
  countBounce: () => Promise<void>,
): Promise<{ outcomes: MailEventOutcome[] }> {
  const outcomes: MailEventOutcome[] = [];
  for (const { Sns } of event.Records) {
    let outcome: MailEventOutcome = 'ignored';
    try {
      const refusal = readRefusal(Sns.Message);
      if (refusal && (await refuse(refusal.email, refusal.reason))) outcome = refusal.reason;
      if (refusal?.reason === 'bounced') await countBounce();
      log.info('mail-event', { messageId: Sns.MessageId, outcome });
    } catch (error) {
      outcome = 'failed';
      log.error('mail-event', { messageId: Sns.MessageId, outcome, failure: describeError(error) });
    }
    measure({ MailEvents: 1 }, { Outcome: outcome });
    outcomes.push(outcome);
  }
  // Without the cause: Lambda logs a thrown error as it is, and the cause may hold an address.
  if (outcomes.includes('failed'))
    throw unavailable('a mail event was not handled; the line before says why');
  return { outcomes };
}

/**
 * The address to block and why, if the message is a reason to block one. A full mailbox or an unreachable server isn't a
 * reason, and neither is the report that a mail isn't spam.
 */
function readRefusal(message: string): { email: string; reason: MailRefusal } | undefined {
  const { success, output } = v.safeParse(sesEvent, parseJson(message));
  if (!success) return undefined; // the confirmation of a new topic by SES, for example, is plain text
  const permanent =
    output.eventType === 'Bounce'
      ? isNewEvidence(output.bounce)
      : output.complaint.complaintFeedbackType !== 'not-spam';
  // Each of our mails goes to one address. The list of bounced recipients may name another one, to which it was forwarded.
  const [to = '', ...others] = output.mail.destination;
  const email = normaliseEmail(to);
  if (!permanent || email === undefined || others.length > 0) return undefined;
  return { email, reason: output.eventType === 'Bounce' ? 'bounced' : 'complained' };
}

/** SES reports a bounce also for a mail that it withheld because of its own suppression list: that isn't a new bounce. */
function isNewEvidence({
  bounceType,
  bounceSubType,
}: {
  bounceType: string;
  bounceSubType?: string | null | undefined;
}): boolean {
  return bounceType === 'Permanent' && bounceSubType !== 'OnAccountSuppressionList';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
