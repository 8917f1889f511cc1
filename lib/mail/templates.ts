import type { Brand } from '../brand.ts';
import type { Purpose } from '../core/purpose.ts';
import type { MailToSend } from '../core/reset-mail.ts';
import { durationIn, momentIn } from '../messages/amounts.ts';
import { mailMessages } from '../messages/catalogue.ts';
import { greetedName } from './greeted-name.ts';
import { layOut, type Mail } from './layout.ts';

export type MailSettings = {
  brand: Brand;
  /** Where links lead; configuration, never a header. */
  appUrl: string;
};

/** Where the button of each kind of mail leads, below `appUrl`; a mail with a link of its own adds its tag. */
const PATHS: Record<Purpose, string> = {
  'reset-password': '/reset-password',
  locked: '/reset-password',
  'totp-added': '/forgot-password',
  'totp-removed': '/forgot-password',
  'passkey-added': '/forgot-password',
  'passkey-removed': '/forgot-password',
  'passkey-copied': '/forgot-password',
  'recovery-code-used': '/forgot-password',
  'recovery-codes-replaced': '/forgot-password',
  'password-changed': '/forgot-password',
  'password-breached': '/forgot-password',
  'new-password': '/forgot-password',
  'account-deleted': '',
};

/**
 * Writes a mail. Its texts are those of its purpose in `lib/messages`; the user's own name is escaped in HTML, and never
 * in the subject.
 *
 * @see OWASP ASVS 5.0 6.3.7 for the notices
 */
export function writeMail({ brand, appUrl }: MailSettings, mail: Omit<MailToSend, 'to'>): Mail {
  const { purpose, name, language, at, link } = mail;
  const { greeting, subject, copy, purposes, footer } = mailMessages[language];
  const texts = purposes[purpose];
  const lifetime = link ? durationIn(language, link.minutes * 60, 'down') : '';
  return layOut({
    language,
    brand,
    subject: subject(brand.name, texts.heading),
    preheader: texts.preheader(lifetime),
    heading: texts.heading,
    greeting: greeting(greetedName(name)),
    opening: texts.opening,
    button: { text: texts.button, link: `${appUrl}${PATHS[purpose]}${link ? `?tag=${link.tag}` : ''}`, copy },
    closing: [
      ...texts.closing(lifetime, `${appUrl}/forgot-password`, mail.recoveryCodesLeft ?? 0),
      texts.when(momentIn(language, at), brand.name),
    ],
    footer: footer(brand.name),
  });
}
