/**
 * Why a mail is sent. Each row of the outbox names one; a new kind of mail is a line here, a template in
 * `lib/mail/templates.ts` and its texts in each language.
 */
export const PURPOSES = {
  'reset-password': { link: 'reset', counted: true, evenDisabled: false },
  /** A hundred failed log-ins have locked the account until a reset. There is one such mail: those that anybody may ask for must not use it up. */
  locked: { link: 'reset', counted: false, evenDisabled: false },
  /** The password of a log-in was found in a breach. */
  'password-breached': { link: false, counted: false, evenDisabled: false },
  /** The owner changed it, knowing the old one. */
  'new-password': { link: false, counted: false, evenDisabled: true },
  'account-deleted': { link: false, counted: false, evenDisabled: true },
  'totp-added': { link: 'undo', counted: false, evenDisabled: true },
  'totp-removed': { link: false, counted: false, evenDisabled: true },
  'passkey-added': { link: 'undo', counted: false, evenDisabled: true },
  'passkey-removed': { link: false, counted: false, evenDisabled: true },
  /** A passkey whose counter did not rise: there may be a copy of it. */
  'passkey-copied': { link: false, counted: false, evenDisabled: true },
  /** By an operator. */
  'factors-removed': { link: false, counted: false, evenDisabled: true },
  'recovery-code-used': { link: false, counted: false, evenDisabled: true },
  'recovery-codes-replaced': { link: false, counted: false, evenDisabled: true },
  'password-changed': { link: false, counted: false, evenDisabled: true },
  /** A sign-up that waits for its address. */
  'verify-sign-up': { link: 'verify', code: true, counted: true, evenDisabled: false },
  /** In its place when the address has an account already. */
  'sign-up-taken': { link: false, counted: false, evenDisabled: true },
  'verify-account': { link: 'verify', code: true, counted: true, evenDisabled: false },
  /** To the new address. */
  'change-email': { link: 'verify', code: true, counted: true, evenDisabled: false },
  /** In its place when the new address has an account already. */
  'change-email-taken': { link: false, counted: false, evenDisabled: true },
  /** To the old address, as soon as a change is asked for. */
  'address-being-changed': { link: 'undo', counted: false, evenDisabled: true },
  /** To the old address, once it is no longer the account's. */
  'address-changed': { link: 'undo', counted: false, evenDisabled: true },
  /** To the address that an undo has restored. */
  undone: { link: 'reset', counted: false, evenDisabled: false },
} as const satisfies Record<string, Rules>;

type Rules = {
  /** What the secret is for that the mail carries in a link; without one it is a notice. */
  link: false | 'reset' | 'verify' | 'undo';
  /** Whether it carries a code of eight digits, too. */
  code?: true;
  /** Whether it is one of the five mails of this purpose that an address may be sent within an hour. */
  counted: boolean;
  /** Whether the owner of a disabled account is mailed, too. */
  evenDisabled: boolean;
};

export type Purpose = keyof typeof PURPOSES;

export const rulesOf = (purpose: Purpose): Rules => PURPOSES[purpose];
