import { setTimeout as pause } from 'node:timers/promises';
import { inject } from 'vitest';

/** A mail as the SES inbox stores it. */
export type Mail = {
  subject: string;
  from: string;
  destination: { to: string[]; cc: string[]; bcc: string[] };
  body: { text: string; html: string };
};

/** All mails to an address so far, oldest first. */
export async function mailsTo(address: string): Promise<Mail[]> {
  const response = await fetch(`${inject('stack').inboxUrl}/store`);
  const { emails } = (await response.json()) as { emails: Mail[] };
  return emails.filter(({ destination }) => destination.to.includes(address));
}

/** The mails to an address as soon as there are this many; fails after five seconds. */
export async function awaitMails(address: string, count: number): Promise<Mail[]> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const mails = await mailsTo(address);
    if (mails.length >= count) return mails;
    if (Date.now() > deadline) throw new Error(`${mails.length} of ${count} mails came within 5 s`);
    await pause(50);
  }
}

/** The tag in the link of a reset mail. */
export function tagIn(mail: Mail | undefined): string {
  const tag = /reset-password\?tag=([\w-]+)/.exec(mail?.body.text ?? '')?.[1];
  if (tag === undefined) throw new Error('the mail has no link with a tag');
  return tag;
}
