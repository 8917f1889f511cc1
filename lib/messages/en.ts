import type { MailMessages, PageMessages } from './messages.ts';

export const pages: PageMessages = {
  reset: {
    title: 'Choose a new password',
    account: 'Account',
    password: 'New password',
    policy: (minimum) =>
      `At least ${minimum} characters. A few words that nobody else would put together are easy to remember and hard to guess.`,
    submit: 'Set the password',
    done: 'Your password was changed',
    doneDetail: 'You were logged out everywhere. Log in with the new password from now on.',
    logIn: 'Log in',
  },
  forget: {
    title: 'Forgot your password?',
    introduction:
      'Enter the email address of your account. We will send you a link to choose a new password.',
    email: 'Email address',
    submit: 'Send the link',
    done: 'Check your inbox',
    doneDetail: (lifetime) =>
      `If this address has an account, an email with a link is on its way. The link is valid for ${lifetime}. If nothing arrives, check your spam folder and the address.`,
    again: 'Send again',
    askedAgain: 'Requested again.',
    otherAddress: 'Use another address',
  },
  account: {
    title: 'Your passkeys',
    detail: 'You add, rename and remove passkeys in your account, once you are logged in.',
    open: 'Open the website',
  },
  verify: {
    title: 'Confirm your email address',
    introduction: 'Enter the password that you chose at sign-up, or that of your account.',
    password: 'Password',
    submit: 'Confirm the address',
    done: 'The address is confirmed',
    doneDetail: 'You can log in with it.',
    wrongPassword: 'This password is wrong.',
  },
  undo: {
    title: 'Take the change back',
    introduction:
      'Your former address is restored, what was added is removed, and you are logged out everywhere. We send you an email to choose a new password.',
    submit: 'Take it back',
    done: 'The change was taken back',
    doneDetail:
      'You were logged out everywhere. Choose a new password with the email that is on its way to you.',
  },
  dead: { detail: 'It was used, replaced by a newer one, or has run out of time.', open: 'Open the website' },
  link: {
    missing: 'The link is incomplete',
    missingDetail: 'Open the link in the email again. If that does not help, ask for a new one.',
    expired: 'The link has expired',
    expiredDetail: 'Links are valid for a short time, so that nobody can use an old one. Ask for a new one.',
    wrong: 'The link is no longer valid',
    wrongDetail:
      'It may have been used already: if you have just changed your password, log in with the new one. Otherwise, ask for a new link.',
    again: 'Ask for a new link',
  },
  fields: {
    passwordRequired: 'Enter a new password.',
    passwordTooShort: (minimum) => `This password is too short: enter at least ${minimum} characters.`,
    passwordTooLong:
      'This password is too long: at most 72 bytes can be kept safe. A letter takes one byte; accents, other scripts and emoji take two to four.',
    passwordOver: (maximum) => `This password is too long: enter at most ${maximum} characters.`,
    passwordCommon:
      'This password is easy to guess: it is common, or made of your name, your address or the name of this service. Choose another one.',
    passwordBreached: 'This password was found in a data breach of some other service. Choose another one.',
    passwordUnusable: 'This password contains characters that cannot be used. Enter another one.',
    emailRequired: 'Enter your email address.',
    emailInvalid: 'Enter an email address such as name@example.com.',
  },
  trouble: {
    error: 'Error',
    title: 'That did not work',
    unreadable: 'The form could not be read. Please send it again from this page.',
    tooLarge: 'What was entered is too long.',
    throttled: (wait) => `There were too many requests from your network. Try again in ${wait}.`,
    unavailable: (wait) => `The service cannot be reached at the moment. Try again in ${wait}.`,
    internal: 'Something went wrong on our side. Please try again later.',
  },
  script: {
    show: 'Show password',
    hide: 'Hide password',
    capsLock: 'Caps Lock is on.',
    sending: 'Sending …',
    unreachable: 'The service cannot be reached. Check your connection and try again.',
    strength: 'Strength:',
    strengths: ['too short', 'weak', 'fair', 'good', 'strong'],
    tooLong: 'too long',
  },
  languages: 'Language',
  terms: 'Terms',
  support: 'Help',
};

export const mails: MailMessages = {
  greeting: (name) => (name === undefined ? 'Hello,' : `Hello ${name},`),
  subject: (brand, heading) => `${brand}: ${heading}`,
  copy: 'If the button does not work, copy this address into your browser:',
  buttons: {
    choosePassword: 'Choose a new password',
    resetPassword: 'Reset the password',
    takeBack: 'It was not me',
    verify: 'Confirm the address',
    verifyNew: 'Confirm the new address',
    openSite: 'Open the website',
  },
  purposes: {
    'reset-password': {
      heading: 'Reset your password',
      preheader: (lifetime) => `Choose a new password. The link is valid for ${lifetime}.`,
      opening: ['Someone (hopefully you) asked to reset your password. To choose a new one, open this link:'],
      closing: (lifetime) => [
        `The link is valid for ${lifetime} and works once.`,
        'If you did not ask for this, ignore this email: your password stays as it is.',
      ],
      when: (time, brand) => `Requested on ${time} for your account with ${brand}.`,
    },
    locked: {
      heading: 'Your account was locked',
      preheader: () => 'Nobody can log in with a password until you choose a new one.',
      opening: [
        'Somebody entered a wrong password for your account a hundred times in a row. To keep guessers out, nobody can log in with a password any more, not even with the right one. Wherever you are logged in, you stay logged in.',
        'To unlock the account, choose a new password:',
      ],
      closing: (lifetime, page) => [
        `The link is valid for ${lifetime} and works once.`,
        `If the link has expired, ask for a new one: ${page}`,
      ],
      when: (time, brand) => `Locked on ${time}: your account with ${brand}.`,
    },
    'new-password': {
      heading: 'You have a new password',
      preheader: () => 'You were logged out everywhere else.',
      opening: [
        'Somebody who knew the password of your account changed it. You were logged out everywhere else.',
        'If it was not you, reset the password at once:',
      ],
      closing: () => [],
      when: (time, brand) => `Changed on ${time} in your account with ${brand}.`,
    },
    'account-deleted': {
      heading: 'Your account was deleted',
      preheader: () => 'This is the last email about it.',
      opening: [
        'Your account was deleted, as you asked while you were logged in. You were logged out everywhere. This is the last email about it.',
        'If it was not you, somebody had access to your account. Please tell us. You can sign up again with this address at any time:',
      ],
      closing: () => [],
      when: (time, brand) => `Deleted on ${time}: your account with ${brand}.`,
    },
    'totp-added': {
      heading: 'An authenticator app was added',
      preheader: () => 'Log-ins now need a code of the app.',
      opening: [
        'An authenticator app was added to your account. From now on, a log-in needs your password and a code of the app. You were logged out everywhere else.',
        'If it was not you, somebody knows your password. Take it back here: the app is removed, everybody is logged out, and you can choose a new password.',
      ],
      closing: (lifetime) => [`The link is valid for ${lifetime} and works once.`],
      when: (time, brand) => `Added on ${time} to your account with ${brand}.`,
    },
    'totp-removed': {
      heading: 'The authenticator app was removed',
      preheader: () => 'Log-ins no longer need a code of the app.',
      opening: [
        'The authenticator app was removed from your account. A log-in no longer needs a code of the app.',
        'If it was not you, somebody had access to your account. Reset the password at once:',
      ],
      closing: () => [],
      when: (time, brand) => `Removed on ${time} from your account with ${brand}.`,
    },
    'passkey-added': {
      heading: 'A passkey was added',
      preheader: () => 'Whoever holds it can log in without your password.',
      opening: [
        'A passkey was added to your account. Whoever holds it can log in without your password.',
        'If it was not you, take it back here: the passkey is removed, everybody is logged out, and you can choose a new password.',
      ],
      closing: (lifetime) => [`The link is valid for ${lifetime} and works once.`],
      when: (time, brand) => `Added on ${time} to your account with ${brand}.`,
    },
    'passkey-removed': {
      heading: 'A passkey was removed',
      preheader: () => 'It no longer opens your account.',
      opening: [
        'A passkey was removed from your account, and the sessions that it opened have ended.',
        'If it was not you, somebody had access to your account. Reset the password at once:',
      ],
      closing: () => [],
      when: (time, brand) => `Removed on ${time} from your account with ${brand}.`,
    },
    'passkey-copied': {
      heading: 'A log-in with a passkey was refused',
      preheader: () => 'There may be a copy of your passkey.',
      opening: [
        'Somebody tried to log in with one of your passkeys. We refused it: its counter did not rise as it does with each use, so there may be a copy of the passkey.',
        'Remove the passkey in your account and add a new one. If it was not you, reset the password as well:',
      ],
      closing: () => [],
      when: (time, brand) => `Refused on ${time}: your account with ${brand}.`,
    },
    'factors-removed': {
      heading: 'Your second factors were removed',
      preheader: () => 'Log-ins need your password alone.',
      opening: [
        'Our support removed every second factor of your account: apps, passkeys and recovery codes. A log-in needs your password alone until you add one again. You were logged out everywhere.',
        'If you did not ask for this, reset the password at once and tell us:',
      ],
      closing: () => [],
      when: (time, brand) => `Removed on ${time} from your account with ${brand}.`,
    },
    'recovery-code-used': {
      heading: 'A recovery code was used',
      preheader: () => 'Somebody logged in with one of your recovery codes.',
      opening: [
        'One of the recovery codes of your account was used in place of a code of your authenticator app.',
        'If it was not you, somebody has your password and your recovery codes. Reset the password at once, then make new recovery codes:',
      ],
      closing: (_lifetime, _page, left) => [
        left === 0
          ? 'No recovery code is left: make new ones in your account.'
          : `Recovery codes left: ${left}.`,
      ],
      when: (time, brand) => `Used on ${time} for your account with ${brand}.`,
    },
    'recovery-codes-replaced': {
      heading: 'You have new recovery codes',
      preheader: () => 'The old recovery codes no longer work.',
      opening: [
        'New recovery codes were made for your account. The old ones no longer work.',
        'If it was not you, somebody had access to your account. Reset the password at once:',
      ],
      closing: () => [],
      when: (time, brand) => `Made on ${time} for your account with ${brand}.`,
    },
    'password-breached': {
      heading: 'Your password was found in a data breach',
      preheader: () => 'Choose a new one, here and wherever else you use it.',
      opening: [
        'You have just logged in with a password that was found in a data breach, most likely of another service where you or someone else used it. Criminals try such passwords everywhere.',
        'Please choose a new password, here and wherever else you use it:',
      ],
      closing: () => [],
      when: (time, brand) => `Found on ${time}, when you logged in to your account with ${brand}.`,
    },
    'password-changed': {
      heading: 'Your password was changed',
      preheader: () => 'You were logged out everywhere.',
      opening: [
        'The password of your account was changed, and you were logged out everywhere.',
        'If it was not you, someone may have access to your mailbox. Reset the password at once:',
      ],
      closing: () => [],
      when: (time, brand) => `Changed on ${time} in your account with ${brand}.`,
    },
    'verify-sign-up': {
      heading: 'Confirm your email address',
      preheader: (lifetime) => `One more step and your account is ready. The link is valid for ${lifetime}.`,
      opening: [
        'Someone (hopefully you) signed up with this email address. To finish, open this link and enter the password that you chose:',
      ],
      closing: (lifetime) => [
        `The link is valid for ${lifetime}.`,
        'If you did not sign up, ignore this email, and give the code to nobody: without it there will be no account.',
      ],
      when: (time, brand) => `Requested on ${time} at ${brand}.`,
    },
    'sign-up-taken': {
      heading: 'You already have an account',
      preheader: () => 'Somebody tried to sign up with your email address.',
      opening: [
        'Somebody (perhaps you) tried to sign up with this email address, which already has an account. Nothing was changed.',
        'If it was you and you do not know your password any more, choose a new one:',
      ],
      closing: () => ['If it was not you, you need not do anything.'],
      when: (time, brand) => `Tried on ${time} at ${brand}.`,
    },
    'verify-account': {
      heading: 'Confirm your email address',
      preheader: (lifetime) => `Show that this address is yours. The link is valid for ${lifetime}.`,
      opening: [
        'An account was opened with this email address. If it is yours, open this link and enter its password:',
      ],
      closing: (lifetime) => [
        `The link is valid for ${lifetime}.`,
        'If you did not open an account, ignore this email, and give the code to nobody.',
      ],
      when: (time, brand) => `Requested on ${time} for your account with ${brand}.`,
    },
    'change-email': {
      heading: 'Confirm your new email address',
      preheader: (lifetime) =>
        `Your account moves to this address as soon as you confirm it. The link is valid for ${lifetime}.`,
      opening: [
        'Somebody (hopefully you) wants to move an account to this email address. To confirm it, open this link and enter the password of the account:',
      ],
      closing: (lifetime) => [
        `The link is valid for ${lifetime}.`,
        'If you did not ask for this, ignore this email, and give the code to nobody.',
      ],
      when: (time, brand) => `Requested on ${time} at ${brand}.`,
    },
    'change-email-taken': {
      heading: 'This address already has an account',
      preheader: () => 'An account cannot be moved to it.',
      opening: [
        'Somebody (perhaps you) wanted to move an account to this email address, which already has an account. Nothing was changed.',
      ],
      closing: () => ['If it was not you, you need not do anything.'],
      when: (time, brand) => `Tried on ${time} at ${brand}.`,
    },
    'address-being-changed': {
      heading: 'Your email address is being changed',
      preheader: () => 'If it was not you, stop it.',
      opening: [
        'Somebody who is logged in to your account wants to move it to another email address.',
        'If it was you, confirm it in the email to the new address. If it was not you, stop it here: you will be logged out everywhere and can choose a new password.',
      ],
      closing: (lifetime) => [`The link is valid for ${lifetime} and works once.`],
      when: (time, brand) => `Requested on ${time} in your account with ${brand}.`,
    },
    'address-changed': {
      heading: 'Your email address was changed',
      preheader: () => 'If it was not you, take it back.',
      opening: [
        'Your account was moved to another email address. This is no longer the address of the account.',
        'If it was not you, take it back here: your address is restored, everybody is logged out, and you can choose a new password.',
      ],
      closing: (lifetime) => [`The link is valid for ${lifetime} and works once.`],
      when: (time, brand) => `Changed on ${time} in your account with ${brand}.`,
    },
    undone: {
      heading: 'Your account was restored',
      preheader: (lifetime) => `Choose a new password. The link is valid for ${lifetime}.`,
      opening: [
        'What somebody had changed in your account was taken back, and everybody was logged out. Whoever it was may know your password: choose a new one.',
      ],
      closing: (lifetime, page) => [
        `The link is valid for ${lifetime} and works once.`,
        `If the link has expired, ask for a new one: ${page}`,
      ],
      when: (time, brand) => `Restored on ${time}: your account with ${brand}.`,
    },
  },
  code: (digits, lifetime) =>
    `Or enter this code where you signed up or are logged in: ${digits}. It is valid for ${lifetime}.`,
  logIn: (page) => `If you have forgotten that you have an account, log in here: ${page}`,
  footer: (brand) => `You received this email because this address has an account with ${brand}.`,
  footerOfStranger: (brand) => `You received this email because somebody entered this address at ${brand}.`,
};
