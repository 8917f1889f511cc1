import { readFileSync } from 'node:fs';

type Notification = { Records: { Sns: { Message: string; MessageId: string } }[] };
type Report = {
  eventType: string;
  bounce?: { bounceType: string; bounceSubType?: string; bouncedRecipients: unknown[] };
  mail: { destination: string[] };
};

const file = new URL('../../events/mail/mail-events.json', import.meta.url);
const example = readFileSync(file, 'utf8');

/** The example of events/mail with another message. */
export function notification(...messages: string[]): Notification {
  const Records = messages.flatMap((Message) => {
    const { Records: records } = JSON.parse(example) as Notification;
    return records.map((record) => ({ ...record, Sns: { ...record.Sns, Message } }));
  });
  return { Records };
}

/** The report of the example, for this address. */
function bounceOf(address: string, bounceType: string, bounceSubType = 'General'): Report {
  const [record] = (JSON.parse(example) as Notification).Records;
  const text = (record?.Sns.Message ?? '').replaceAll(
    'ada@example.com',
    JSON.stringify(address).slice(1, -1),
  );
  const report = JSON.parse(text) as Report;
  return { ...report, bounce: { bouncedRecipients: [], ...report.bounce, bounceType, bounceSubType } };
}

function complaintOf(address: string, complaintFeedbackType?: string): object {
  const { bounce: _, ...report } = bounceOf(address, 'Permanent');
  const complaint = {
    complainedRecipients: [{ emailAddress: address }],
    ...(complaintFeedbackType && { complaintFeedbackType }),
  };
  return { ...report, eventType: 'Complaint', complaint };
}

/** What SES reports, as SNS delivers it. */
export const sesReports = {
  bounced: (address: string, type = 'Permanent', subType = 'General') =>
    notification(JSON.stringify(bounceOf(address, type, subType))),
  complained: (address: string, feedback?: string) =>
    notification(JSON.stringify(complaintOf(address, feedback))),
  bouncedForMany: (...addresses: string[]) => {
    const report = bounceOf('', 'Permanent');
    return notification(JSON.stringify({ ...report, mail: { ...report.mail, destination: addresses } }));
  },
};
