import type { Purpose } from '../core/purpose.ts';

/**
 * The words of the pages. A text that a language lacks does not compile. Times and amounts come in words of the
 * language already (`lib/messages/amounts.ts`).
 */
export type PageMessages = {
  reset: {
    title: string;
    /** Before the address of the account, in a field that is only shown. */
    account: string;
    password: string;
    /** What the policy asks for. @param minimum characters */
    policy(minimum: string): string;
    submit: string;
    done: string;
    doneDetail: string;
    /** The link to where one logs in. */
    logIn: string;
  };
  forget: {
    title: string;
    introduction: string;
    email: string;
    submit: string;
    done: string;
    /** @param lifetime of the link, as in "30 minutes" */
    doneDetail(lifetime: string): string;
    /** The button that asks for another email to the same address. */
    again: string;
    /** After that button was used. */
    askedAgain: string;
    /** The link back to the form. */
    otherAddress: string;
  };
  /** The page that password managers send people to who want to add or manage passkeys. */
  account: { title: string; detail: string; open: string };
  /** The page of the link that verifies an address. */
  verify: {
    title: string;
    introduction: string;
    password: string;
    submit: string;
    done: string;
    doneDetail: string;
    wrongPassword: string;
  };
  /** The page of the link by which a change is taken back. */
  undo: { title: string; introduction: string; submit: string; done: string; doneDetail: string };
  /** What a refused link of these two pages leads to. */
  dead: { detail: string; open: string };
  link: {
    missing: string;
    missingDetail: string;
    expired: string;
    expiredDetail: string;
    wrong: string;
    wrongDetail: string;
    /** The link to the page that asks for a new mail. */
    again: string;
  };
  fields: {
    passwordRequired: string;
    passwordTooShort(minimum: string): string;
    passwordTooLong: string;
    /** Where characters are counted and not bytes. */
    passwordOver: (maximum: string) => string;
    passwordCommon: string;
    passwordBreached: string;
    passwordUnusable: string;
    emailRequired: string;
    emailInvalid: string;
  };
  trouble: {
    /** Before the title of a page whose form was refused, for who hears the title first. */
    error: string;
    unreadable: string;
    tooLarge: string;
    throttled(wait: string): string;
    unavailable(wait: string): string;
    internal: string;
    title: string;
  };
  script: {
    show: string;
    hide: string;
    capsLock: string;
    sending: string;
    unreachable: string;
    /** Before one of the words below, with what its language puts between. */
    strength: string;
    /** From too short to strong. */
    strengths: readonly [tooShort: string, weak: string, fair: string, good: string, strong: string];
    tooLong: string;
  };
  /** The name of the list of languages. */
  languages: string;
  /** Links at the foot of every page. */
  terms: string;
  support: string;
};

/** The words of the mails. */
export type MailMessages = {
  /** @param name nothing where the name had better not be shown */
  greeting(name: string | undefined): string;
  /** @param brand the name of the service. @param heading of the mail */
  subject(brand: string, heading: string): string;
  /** Before the link in full, for where the button does not work. */
  copy: string;
  buttons: Record<MailButton, string>;
  purposes: Record<Purpose, PurposeMessages>;
  /** The code that says the same as the link. @param lifetime of the code */
  code(digits: string, lifetime: string): string;
  /** @param page where one logs in */
  logIn(page: string): string;
  /** Why the mail came. @param brand the name of the service */
  footer(brand: string): string;
  /** The same where the address has no account, or not yet. */
  footerOfStranger(brand: string): string;
};

/** What the button of a mail leads to; which mail has which is in `lib/mail/templates.ts`. */
export type MailButton =
  | 'choosePassword'
  /** Where another mail is asked for, in which a password can be chosen. */
  | 'resetPassword'
  | 'takeBack'
  | 'verify'
  | 'verifyNew'
  | 'openSite';

/** The words of one kind of mail. */
type PurposeMessages = {
  heading: string;
  /** What an inbox shows after the subject. @param lifetime of the link, as in "30 minutes" */
  preheader(lifetime: string): string;
  /** The paragraphs before the button; after the greeting, so that German begins in lower case. */
  opening: readonly string[];
  /**
   * The paragraphs after the button.
   *
   * @param page where to ask for a new link
   * @param left how many recovery codes are left, of the notice that one was used
   */
  closing(lifetime: string, page: string, left: number): readonly string[];
  /** When it happened, and where. @param time with its zone */
  when(time: string, brand: string): string;
};
