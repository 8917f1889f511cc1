import type { Language } from '../core/language.ts';
import * as de from './de.ts';
import * as en from './en.ts';
import * as es from './es.ts';
import * as fr from './fr.ts';
import * as ja from './ja.ts';
import type { MailMessages, PageMessages } from './messages.ts';

// Two constants, so that a bundle holds only the one that it uses.

export const pageMessages: Record<Language, PageMessages> = {
  en: en.pages,
  de: de.pages,
  fr: fr.pages,
  es: es.pages,
  ja: ja.pages,
};

export const mailMessages: Record<Language, MailMessages> = {
  en: en.mails,
  de: de.mails,
  fr: fr.mails,
  es: es.mails,
  ja: ja.mails,
};

/** What each language calls itself. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: 'English',
  de: 'Deutsch',
  fr: 'Français',
  es: 'Español',
  ja: '日本語',
};
