import { setTimeout as pause } from 'node:timers/promises';
import { inject } from 'vitest';

/** A mail as the SES inbox stores it. */
export type Mail = {
  subject: string;
  from: string;
  destination: { to: string[]; cc: string[]; bcc: string[] };
  body: { text: string; html: string };
};

// All files share one inbox: each reads what came since it began, in place of the thousands from before.
const since = Math.floor(Date.now() / 1000) - 1;

/** All mails since this file of tests began, oldest first. */
export async function mails(): Promise<Mail[]> {
  const response = await fetch(`${inject('stack').inboxUrl}/store?since=${since}`);
  return ((await response.json()) as { emails: Mail[] }).emails;
}

/** All mails to an address so far, oldest first. */
export const mailsTo = async (address: string): Promise<Mail[]> =>
  (await mails()).filter(({ destination }) => destination.to.includes(address));

/** The mails to an address as soon as there are this many; fails after half a minute. */
export async function awaitMails(address: string, count: number): Promise<Mail[]> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const found = await mailsTo(address);
    if (found.length >= count) return found;
    if (Date.now() > deadline) throw new Error(`${found.length} of ${count} mails came within 30 s`);
    await pause(50);
  }
}

/** The tag in the link of a reset mail. */
export const tagIn = (mail: Mail | undefined) => linkIn(mail, 'reset-password');

/** The tag in the link to a page. */
export function linkIn(mail: Mail | undefined, page: 'reset-password' | 'verify-email' | 'undo'): string {
  const tag = new RegExp(`/${page}\\?tag=([\\w-]+)`).exec(mail?.body.text ?? '')?.[1];
  if (tag === undefined) throw new Error(`${mail?.subject ?? 'no mail'} has no link to ${page}`);
  return tag;
}

/** The code of eight digits. */
export function digitsIn(mail: Mail | undefined): string {
  const code = /(?<![\w-])\d{8}(?![\w-])/.exec(mail?.body.text.replaceAll(/<[^>]*>/g, '') ?? '')?.[0];
  if (code === undefined) throw new Error(`${mail?.subject ?? 'no mail'} has no code`);
  return code;
}
