import type { Brand } from '../brand.ts';
import type { Language } from '../core/language.ts';
import { durationIn } from '../messages/amounts.ts';
import { mailMessages } from '../messages/catalogue.ts';
import { greetedName } from './greeted-name.ts';
import { layOut, type Mail } from './layout.ts';

export type MailSettings = {
  brand: Brand;
  /** Where links lead; configuration, never a header. */
  appUrl: string;
};

/** To whom a mail goes, by the user's own words: escaped in HTML, and never in the subject. */
export type Addressee = { name: string; language: Language };

/**
 * The mail that carries the link to reset a password.
 *
 * @param minutes how long the link is valid
 */
export function resetLinkMail(
  { brand, appUrl }: MailSettings,
  { name, language }: Addressee,
  tag: string,
  minutes: number,
): Mail {
  const { greeting, reset, footer } = mailMessages[language];
  const lifetime = durationIn(language, minutes * 60, 'down');
  return layOut({
    language,
    brand,
    subject: reset.subject,
    preheader: reset.preheader(lifetime),
    greeting: greeting(greetedName(name)),
    opening: [reset.request],
    button: { text: reset.button, link: `${appUrl}/reset-password?tag=${tag}`, copy: reset.copy },
    closing: [reset.validity(lifetime), reset.notYou],
    footer: footer(brand.name),
  });
}

/**
 * The mail that carries the same link to the owner of an account that failed log-ins have locked until a reset. The link
 * lives for minutes and the lock for longer, so the mail says where to get another.
 *
 * @param minutes how long the link is valid
 */
export function lockedMail(
  { brand, appUrl }: MailSettings,
  { name, language }: Addressee,
  tag: string,
  minutes: number,
): Mail {
  const { greeting, reset, locked, footer } = mailMessages[language];
  const lifetime = durationIn(language, minutes * 60, 'down');
  return layOut({
    language,
    brand,
    subject: locked.subject,
    preheader: locked.preheader,
    greeting: greeting(greetedName(name)),
    opening: [locked.happened, locked.request],
    button: { text: reset.button, link: `${appUrl}/reset-password?tag=${tag}`, copy: reset.copy },
    closing: [reset.validity(lifetime), locked.later(`${appUrl}/forgot-password`)],
    footer: footer(brand.name),
  });
}

/** The notice to the owner after a reset. @see OWASP ASVS 5.0 6.3.7 */
export function passwordChangedMail({ brand, appUrl }: MailSettings, { name, language }: Addressee): Mail {
  const { greeting, changed, footer } = mailMessages[language];
  return layOut({
    language,
    brand,
    subject: changed.subject,
    preheader: changed.preheader,
    greeting: greeting(greetedName(name)),
    opening: [changed.happened, changed.notYou],
    button: { text: changed.button, link: `${appUrl}/forgot-password`, copy: changed.copy },
    closing: [],
    footer: footer(brand.name),
  });
}
