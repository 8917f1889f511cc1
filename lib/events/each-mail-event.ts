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
 * Handles what SES reports of mails that it had accepted. Marking twice is harmless, so that an event may come twice.
 *
 * The events are full of personal data: addresses, subjects, the words of strangers' mail servers. Of all that, what is
 * logged is the outcome and the name of the notification.
 *
 * @param refuse marks the owner of an address; false when nobody has it
 * @param countBounce counts a bounce, of whomever it was
 * @returns what became of each
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
  // Without the cause: Lambda logs what is thrown as it is, the words of others too.
  if (outcomes.includes('failed'))
    throw unavailable('a mail event was not handled; the line before says why');
  return { outcomes };
}

/**
 * Whom no mail may go to any more, if that is what the message says. A mailbox that is full or a server that is away
 * isn't a reason, nor is a reader who says that the mail isn't spam.
 */
function readRefusal(message: string): { email: string; reason: MailRefusal } | undefined {
  const { success, output } = v.safeParse(sesEvent, parsed(message));
  if (!success) return undefined; // SES's greeting to a new topic, for one, is plain text
  const permanent =
    output.eventType === 'Bounce'
      ? isNewEvidence(output.bounce)
      : output.complaint.complaintFeedbackType !== 'not-spam';
  // Each of our mails goes to one address. The list of who bounced may name another, to which it was forwarded.
  const [to = '', ...others] = output.mail.destination;
  const email = normaliseEmail(to);
  if (!permanent || email === undefined || others.length > 0) return undefined;
  return { email, reason: output.eventType === 'Bounce' ? 'bounced' : 'complained' };
}

/** A mail that SES itself withheld, since the address is on the account's list, says nothing that was not known before. */
function isNewEvidence({
  bounceType,
  bounceSubType,
}: {
  bounceType: string;
  bounceSubType?: string | null | undefined;
}): boolean {
  return bounceType === 'Permanent' && bounceSubType !== 'OnAccountSuppressionList';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
