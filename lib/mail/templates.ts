import type { Brand } from '../brand.ts';
import type { Purpose } from '../core/purpose.ts';
import type { MailToSend } from '../core/send-due-mail.ts';
import { durationIn, momentIn } from '../messages/amounts.ts';
import { mailMessages } from '../messages/catalogue.ts';
import type { MailButton } from '../messages/messages.ts';
import { greetedName } from './greeted-name.ts';
import { layOut, type Mail } from './layout.ts';

export type MailSettings = {
  brand: Brand;
  /** Where links lead; configuration, never a header. */
  appUrl: string;
  /** Where one logs in. */
  loginUrl?: string | undefined;
};

/** What the button of each kind of mail offers. */
const BUTTONS: Record<Purpose, MailButton> = {
  'reset-password': 'choosePassword',
  locked: 'choosePassword',
  'totp-added': 'takeBack',
  'totp-removed': 'resetPassword',
  'passkey-added': 'takeBack',
  'passkey-removed': 'resetPassword',
  'passkey-copied': 'resetPassword',
  'factors-removed': 'resetPassword',
  'recovery-code-used': 'resetPassword',
  'recovery-codes-replaced': 'resetPassword',
  'password-changed': 'resetPassword',
  'password-breached': 'resetPassword',
  'new-password': 'resetPassword',
  'account-deleted': 'openSite',
  'verify-sign-up': 'verify',
  'sign-up-taken': 'resetPassword',
  'verify-account': 'verify',
  'change-email': 'verifyNew',
  'change-email-taken': 'openSite',
  'address-being-changed': 'takeBack',
  'address-changed': 'takeBack',
  undone: 'choosePassword',
};

/** Where it leads, below `appUrl`; a mail with a link of its own adds its tag. */
const PATHS: Record<MailButton, string> = {
  choosePassword: '/reset-password',
  resetPassword: '/forgot-password',
  takeBack: '/undo',
  verify: '/verify-email',
  verifyNew: '/verify-email',
  openSite: '',
};

/** Mails to an address that has no account, or not yet. */
const HAS_NO_ACCOUNT: readonly Purpose[] = ['verify-sign-up', 'change-email'];

/**
 * Writes a mail. Its texts are those of its purpose in `lib/messages`; the user's own name is escaped in HTML, and never
 * in the subject.
 *
 * @see OWASP ASVS 5.0 6.3.7 for the notices
 */
export function writeMail({ brand, appUrl, loginUrl }: MailSettings, mail: Omit<MailToSend, 'to'>): Mail {
  const { purpose, name, language, at, link, code } = mail;
  const { greeting, subject, copy, purposes, buttons, code: codeIs, logIn, ...rest } = mailMessages[language];
  const texts = purposes[purpose];
  const button = BUTTONS[purpose];
  const lifetime = link ? durationIn(language, link.minutes * 60, 'down') : '';
  return layOut({
    language,
    brand,
    subject: subject(brand.name, texts.heading),
    preheader: texts.preheader(lifetime),
    heading: texts.heading,
    // Whoever signs up with another's address chooses the name as well.
    greeting: greeting(purpose === 'sign-up-taken' ? undefined : greetedName(name)),
    opening: texts.opening,
    button: {
      text: buttons[button],
      link: `${appUrl}${PATHS[button]}${link ? `?tag=${link.tag}` : ''}`,
      copy,
    },
    closing: [
      ...(code ? [codeIs(code.digits, durationIn(language, code.minutes * 60, 'down'))] : []),
      ...(purpose === 'sign-up-taken' && loginUrl ? [logIn(loginUrl)] : []),
      ...texts.closing(lifetime, `${appUrl}/forgot-password`, mail.recoveryCodesLeft ?? 0),
      texts.when(momentIn(language, at), brand.name),
    ],
    footer: (HAS_NO_ACCOUNT.includes(purpose) ? rest.footerOfStranger : rest.footer)(brand.name),
  });
}
