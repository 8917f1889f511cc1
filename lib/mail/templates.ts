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
  /** The base URL of links, from the configuration and never from a request's header. */
  appUrl: string;
  /** The app's log-in page. */
  loginUrl?: string | undefined;
};

/** The button of each kind of mail. */
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

/** The path of the button's link below `appUrl`, to which a mail with a tag adds it. */
const PATHS: Record<MailButton, string> = {
  choosePassword: '/reset-password',
  resetPassword: '/forgot-password',
  takeBack: '/undo',
  verify: '/verify-email',
  verifyNew: '/verify-email',
  openSite: '',
};

/** Mails to an address without an account, or without one yet. */
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
    // Somebody who signs up with a stranger's address also chooses the name, which may be an insult or an advertisement.
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
