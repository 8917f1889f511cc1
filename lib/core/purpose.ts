/**
 * The kinds of mail. Each row of the outbox has one; a new kind is a line here, a template in
 * `lib/mail/templates.ts` and its texts in each language.
 */
export const PURPOSES = {
  'reset-password': { link: 'reset', counted: true, evenDisabled: false },
  /** A hundred failed log-ins locked the account. Not counted, so that mails that anybody may request can't use up its quota. */
  locked: { link: 'reset', counted: false, evenDisabled: false },
  /** The password of a log-in was found in a breach. */
  'password-breached': { link: false, counted: false, evenDisabled: false },
  /** The owner changed the password, with the old one. */
  'new-password': { link: false, counted: false, evenDisabled: true },
  'account-deleted': { link: false, counted: false, evenDisabled: true },
  'totp-added': { link: 'undo', counted: false, evenDisabled: true },
  'totp-removed': { link: false, counted: false, evenDisabled: true },
  'passkey-added': { link: 'undo', counted: false, evenDisabled: true },
  'passkey-removed': { link: false, counted: false, evenDisabled: true },
  /** The counter of a passkey didn't rise, so there may be a copy of it. */
  'passkey-copied': { link: false, counted: false, evenDisabled: true },
  /** An operator removed all factors. */
  'factors-removed': { link: false, counted: false, evenDisabled: true },
  'recovery-code-used': { link: false, counted: false, evenDisabled: true },
  'recovery-codes-replaced': { link: false, counted: false, evenDisabled: true },
  'password-changed': { link: false, counted: false, evenDisabled: true },
  /** A sign-up that waits for its address to be verified. */
  'verify-sign-up': { link: 'verify', code: true, counted: true, evenDisabled: false },
  /** The mail instead, when the address has an account already. */
  'sign-up-taken': { link: false, counted: false, evenDisabled: true },
  'verify-account': { link: 'verify', code: true, counted: true, evenDisabled: false },
  /** To the new address. */
  'change-email': { link: 'verify', code: true, counted: true, evenDisabled: false },
  /** The mail instead, when the new address has an account already. */
  'change-email-taken': { link: false, counted: false, evenDisabled: true },
  /** To the old address, as soon as a change is requested. */
  'address-being-changed': { link: 'undo', counted: false, evenDisabled: true },
  /** To the old address, once it is no longer the account's. */
  'address-changed': { link: 'undo', counted: false, evenDisabled: true },
  /** To the address that an undo has restored. */
  undone: { link: 'reset', counted: false, evenDisabled: false },
} as const satisfies Record<string, Rules>;

type Rules = {
  /** What the link in the mail is for; a mail without a link is a notice. */
  link: false | 'reset' | 'verify' | 'undo';
  /** Whether the mail also has a code of eight digits. */
  code?: true;
  /** Whether it counts towards the five mails of this purpose that an address may get within an hour. */
  counted: boolean;
  /** Whether the owner of a disabled account gets it, too. */
  evenDisabled: boolean;
};

export type Purpose = keyof typeof PURPOSES;

export const rulesOf = (purpose: Purpose): Rules => PURPOSES[purpose];
