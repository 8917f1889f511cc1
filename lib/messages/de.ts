import type { MailMessages, PageMessages } from './messages.ts';

export const pages: PageMessages = {
  reset: {
    title: 'Neues Passwort wählen',
    account: 'Konto',
    password: 'Neues Passwort',
    policy: (minimum) =>
      `Mindestens ${minimum} Zeichen. Ein paar Wörter, die sonst niemand zusammenstellen würde, sind leicht zu merken und schwer zu erraten.`,
    submit: 'Passwort speichern',
    done: 'Ihr Passwort wurde geändert',
    doneDetail: 'Sie wurden überall abgemeldet. Melden Sie sich ab jetzt mit dem neuen Passwort an.',
    logIn: 'Anmelden',
  },
  forget: {
    title: 'Passwort vergessen?',
    introduction:
      'Geben Sie die E-Mail-Adresse Ihres Kontos ein. Wir senden Ihnen einen Link, über den Sie ein neues Passwort wählen können.',
    email: 'E-Mail-Adresse',
    submit: 'Link senden',
    done: 'Sehen Sie in Ihr Postfach',
    doneDetail: (lifetime) =>
      `Wenn es zu der Adresse ein Konto gibt, ist eine E-Mail mit einem Link dorthin unterwegs. Der Link gilt ${lifetime}. Kommt keine E-Mail an, sehen Sie im Spam-Ordner nach und prüfen Sie die Adresse.`,
    again: 'Erneut senden',
    askedAgain: 'Erneut angefordert.',
    otherAddress: 'Andere Adresse verwenden',
  },
  account: {
    title: 'Ihre Passkeys',
    detail:
      'Passkeys fügen Sie in Ihrem Konto hinzu, sobald Sie angemeldet sind. Dort können Sie sie auch umbenennen und entfernen.',
    open: 'Website öffnen',
  },
  verify: {
    title: 'Bestätigen Sie Ihre E-Mail-Adresse',
    introduction:
      'Geben Sie das Passwort ein, das Sie bei der Registrierung gewählt haben, oder das Ihres Kontos.',
    password: 'Passwort',
    submit: 'Adresse bestätigen',
    done: 'Die Adresse ist bestätigt',
    doneDetail: 'Sie können sich damit anmelden.',
    wrongPassword: 'Dieses Passwort ist falsch.',
  },
  undo: {
    title: 'Änderung rückgängig machen',
    introduction:
      'Ihre frühere Adresse wird wiederhergestellt, Hinzugefügtes wird entfernt, und Sie werden überall abgemeldet. Wir senden Ihnen eine E-Mail, mit der Sie ein neues Passwort wählen.',
    submit: 'Rückgängig machen',
    done: 'Die Änderung wurde rückgängig gemacht',
    doneDetail:
      'Sie wurden überall abgemeldet. Wählen Sie ein neues Passwort mit der E-Mail, die zu Ihnen unterwegs ist.',
  },
  dead: {
    detail: 'Er wurde schon benutzt, durch einen neueren ersetzt oder ist abgelaufen.',
    open: 'Website öffnen',
  },
  link: {
    missing: 'Der Link ist unvollständig',
    missingDetail:
      'Öffnen Sie den Link aus der E-Mail noch einmal. Hilft das nicht, fordern Sie einen neuen an.',
    expired: 'Der Link ist abgelaufen',
    expiredDetail:
      'Links gelten nur kurze Zeit, damit niemand einen alten verwenden kann. Fordern Sie einen neuen an.',
    wrong: 'Der Link ist nicht mehr gültig',
    wrongDetail:
      'Vielleicht wurde er schon verwendet: Wenn Sie Ihr Passwort gerade geändert haben, melden Sie sich mit dem neuen an. Fordern Sie sonst einen neuen Link an.',
    again: 'Neuen Link anfordern',
  },
  fields: {
    passwordRequired: 'Geben Sie ein neues Passwort ein.',
    passwordTooShort: (minimum) =>
      `Dieses Passwort ist zu kurz: Geben Sie mindestens ${minimum} Zeichen ein.`,
    passwordTooLong:
      'Dieses Passwort ist zu lang: Höchstens 72 Byte lassen sich sicher speichern. Ein einfacher Buchstabe braucht ein Byte; Umlaute, andere Schriften und Emojis brauchen zwei bis vier.',
    passwordOver: (maximum) => `Dieses Passwort ist zu lang: Geben Sie höchstens ${maximum} Zeichen ein.`,
    passwordCommon:
      'Dieses Passwort ist leicht zu erraten: Es ist verbreitet oder besteht aus Ihrem Namen, Ihrer Adresse oder dem Namen dieses Dienstes. Wählen Sie ein anderes.',
    passwordBreached:
      'Dieses Passwort wurde in einem Datenleck eines anderen Dienstes gefunden. Wählen Sie ein anderes.',
    passwordUnusable: 'Dieses Passwort enthält Zeichen, die nicht möglich sind. Geben Sie ein anderes ein.',
    emailRequired: 'Geben Sie Ihre E-Mail-Adresse ein.',
    emailInvalid: 'Geben Sie eine E-Mail-Adresse wie name@example.com ein.',
  },
  trouble: {
    error: 'Fehler',
    title: 'Das hat nicht geklappt',
    unreadable:
      'Das Formular konnte nicht gelesen werden. Bitte senden Sie es von dieser Seite noch einmal ab.',
    tooLarge: 'Die Eingabe ist zu lang.',
    throttled: (wait) => `Aus Ihrem Netz kamen zu viele Anfragen. Versuchen Sie es in ${wait} noch einmal.`,
    unavailable: (wait) => `Der Dienst ist gerade nicht erreichbar. Versuchen Sie es in ${wait} noch einmal.`,
    internal: 'Bei uns ist ein Fehler aufgetreten. Bitte versuchen Sie es später noch einmal.',
  },
  script: {
    show: 'Passwort anzeigen',
    hide: 'Passwort verbergen',
    capsLock: 'Die Feststelltaste ist aktiv.',
    sending: 'Wird gesendet …',
    unreachable:
      'Der Dienst ist nicht erreichbar. Prüfen Sie Ihre Verbindung und versuchen Sie es noch einmal.',
    strength: 'Stärke:',
    strengths: ['zu kurz', 'schwach', 'mittel', 'gut', 'stark'],
    tooLong: 'zu lang',
  },
  languages: 'Sprache',
  terms: 'Nutzungsbedingungen',
  support: 'Hilfe',
};

export const mails: MailMessages = {
  greeting: (name) => (name === undefined ? 'Guten Tag,' : `Guten Tag ${name},`),
  subject: (brand, heading) => `${brand}: ${heading}`,
  copy: 'Funktioniert die Schaltfläche nicht, kopieren Sie diese Adresse in Ihren Browser:',
  buttons: {
    choosePassword: 'Neues Passwort wählen',
    resetPassword: 'Passwort zurücksetzen',
    takeBack: 'Das war ich nicht',
    verify: 'Adresse bestätigen',
    verifyNew: 'Neue Adresse bestätigen',
    openSite: 'Website öffnen',
  },
  purposes: {
    'reset-password': {
      heading: 'Setzen Sie Ihr Passwort zurück',
      preheader: (lifetime) => `Wählen Sie ein neues Passwort. Der Link gilt ${lifetime}.`,
      opening: [
        'jemand (hoffentlich Sie) möchte Ihr Passwort zurücksetzen. Öffnen Sie diesen Link, um ein neues zu wählen:',
      ],
      closing: (lifetime) => [
        `Der Link gilt ${lifetime} und funktioniert einmal.`,
        'Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Ihr Passwort bleibt, wie es ist.',
      ],
      when: (time, brand) => `Angefordert am ${time} für Ihr Konto bei ${brand}.`,
    },
    locked: {
      heading: 'Ihr Konto wurde gesperrt',
      preheader: () => 'Niemand kann sich mit einem Passwort anmelden, bis Sie ein neues wählen.',
      opening: [
        'für Ihr Konto wurde hundertmal hintereinander ein falsches Passwort eingegeben. Zum Schutz vor weiteren Versuchen kann sich niemand mehr mit einem Passwort anmelden, auch nicht mit dem richtigen. Wo Sie angemeldet sind, bleiben Sie angemeldet.',
        'Um das Konto zu entsperren, wählen Sie ein neues Passwort:',
      ],
      closing: (lifetime, page) => [
        `Der Link gilt ${lifetime} und funktioniert einmal.`,
        `Wenn der Link abgelaufen ist, fordern Sie einen neuen an: ${page}`,
      ],
      when: (time, brand) => `Gesperrt am ${time}: Ihr Konto bei ${brand}.`,
    },
    'new-password': {
      heading: 'Sie haben ein neues Passwort',
      preheader: () => 'Sie wurden überall sonst abgemeldet.',
      opening: [
        'jemand, der das Passwort Ihres Kontos kannte, hat es geändert. Sie wurden überall sonst abgemeldet.',
        'Wenn Sie das nicht waren, setzen Sie das Passwort sofort zurück:',
      ],
      closing: () => [],
      when: (time, brand) => `Geändert am ${time} in Ihrem Konto bei ${brand}.`,
    },
    'account-deleted': {
      heading: 'Ihr Konto wurde gelöscht',
      preheader: () => 'Dies ist die letzte E-Mail dazu.',
      opening: [
        'Ihr Konto wurde gelöscht, wie Sie es angemeldet verlangt haben. Sie wurden überall abgemeldet. Dies ist die letzte E-Mail dazu.',
        'Wenn Sie das nicht waren, hatte jemand Zugriff auf Ihr Konto. Bitte melden Sie sich bei uns. Mit dieser Adresse können Sie sich jederzeit neu registrieren:',
      ],
      closing: () => [],
      when: (time, brand) => `Gelöscht am ${time}: Ihr Konto bei ${brand}.`,
    },
    'totp-added': {
      heading: 'Eine Authenticator-App wurde hinzugefügt',
      preheader: () => 'Zum Anmelden ist jetzt ein Code der App nötig.',
      opening: [
        'zu Ihrem Konto wurde eine Authenticator-App hinzugefügt. Von jetzt an sind zum Anmelden Ihr Passwort und ein Code der App nötig. Überall sonst wurden Sie abgemeldet.',
        'Wenn Sie das nicht waren, kennt jemand Ihr Passwort. Machen Sie es hier rückgängig: Die App wird entfernt, alle werden abgemeldet, und Sie können ein neues Passwort wählen.',
      ],
      closing: (lifetime) => [`Der Link gilt ${lifetime} und nur einmal.`],
      when: (time, brand) => `Hinzugefügt am ${time} in Ihrem Konto bei ${brand}.`,
    },
    'totp-removed': {
      heading: 'Die Authenticator-App wurde entfernt',
      preheader: () => 'Zum Anmelden ist kein Code der App mehr nötig.',
      opening: [
        'die Authenticator-App wurde aus Ihrem Konto entfernt. Zum Anmelden ist kein Code der App mehr nötig.',
        'Wenn Sie das nicht waren, hatte jemand Zugriff auf Ihr Konto. Setzen Sie das Passwort sofort zurück:',
      ],
      closing: () => [],
      when: (time, brand) => `Entfernt am ${time} aus Ihrem Konto bei ${brand}.`,
    },
    'passkey-added': {
      heading: 'Ein Passkey wurde hinzugefügt',
      preheader: () => 'Wer ihn besitzt, kann sich ohne Ihr Passwort anmelden.',
      opening: [
        'zu Ihrem Konto wurde ein Passkey hinzugefügt. Wer ihn besitzt, kann sich ohne Ihr Passwort anmelden.',
        'Wenn Sie das nicht waren, machen Sie es hier rückgängig: Der Passkey wird entfernt, alle werden abgemeldet, und Sie können ein neues Passwort wählen.',
      ],
      closing: (lifetime) => [`Der Link gilt ${lifetime} und nur einmal.`],
      when: (time, brand) => `Hinzugefügt am ${time} in Ihrem Konto bei ${brand}.`,
    },
    'passkey-removed': {
      heading: 'Ein Passkey wurde entfernt',
      preheader: () => 'Er öffnet Ihr Konto nicht mehr.',
      opening: [
        'ein Passkey wurde aus Ihrem Konto entfernt. Die Sitzungen, die er geöffnet hat, sind beendet.',
        'Wenn Sie das nicht waren, hatte jemand Zugriff auf Ihr Konto. Setzen Sie das Passwort sofort zurück:',
      ],
      closing: () => [],
      when: (time, brand) => `Entfernt am ${time} aus Ihrem Konto bei ${brand}.`,
    },
    'passkey-copied': {
      heading: 'Eine Anmeldung mit einem Passkey wurde abgelehnt',
      preheader: () => 'Vielleicht gibt es eine Kopie Ihres Passkeys.',
      opening: [
        'jemand wollte sich mit einem Ihrer Passkeys anmelden. Wir haben das abgelehnt: Sein Zähler ist nicht gestiegen, wie er es bei jeder Benutzung tut. Vielleicht gibt es eine Kopie des Passkeys.',
        'Entfernen Sie den Passkey in Ihrem Konto und fügen Sie einen neuen hinzu. Wenn Sie das nicht waren, setzen Sie auch das Passwort zurück:',
      ],
      closing: () => [],
      when: (time, brand) => `Abgelehnt am ${time}: Ihr Konto bei ${brand}.`,
    },
    'factors-removed': {
      heading: 'Ihre zweiten Faktoren wurden entfernt',
      preheader: () => 'Zum Anmelden genügt jetzt Ihr Passwort.',
      opening: [
        'unser Support hat alle zweiten Faktoren Ihres Kontos entfernt: Apps, Passkeys und Wiederherstellungscodes. Bis Sie wieder einen hinzufügen, genügt zum Anmelden Ihr Passwort. Sie wurden überall abgemeldet.',
        'Wenn Sie nicht darum gebeten haben, setzen Sie das Passwort sofort zurück und sagen Sie uns Bescheid:',
      ],
      closing: () => [],
      when: (time, brand) => `Entfernt am ${time} aus Ihrem Konto bei ${brand}.`,
    },
    'recovery-code-used': {
      heading: 'Ein Wiederherstellungscode wurde benutzt',
      preheader: () => 'Jemand hat sich mit einem Ihrer Wiederherstellungscodes ausgewiesen.',
      opening: [
        'für Ihr Konto wurde ein Wiederherstellungscode anstelle eines Codes Ihrer Authenticator-App benutzt.',
        'Wenn Sie das nicht waren, hat jemand Ihr Passwort und Ihre Wiederherstellungscodes. Setzen Sie das Passwort sofort zurück und erstellen Sie dann neue Wiederherstellungscodes:',
      ],
      closing: (_lifetime, _page, left) => [
        left === 0
          ? 'Kein Wiederherstellungscode ist mehr übrig: Erstellen Sie neue in Ihrem Konto.'
          : `Übrige Wiederherstellungscodes: ${left}.`,
      ],
      when: (time, brand) => `Benutzt am ${time} für Ihr Konto bei ${brand}.`,
    },
    'recovery-codes-replaced': {
      heading: 'Sie haben neue Wiederherstellungscodes',
      preheader: () => 'Die alten Wiederherstellungscodes gelten nicht mehr.',
      opening: [
        'für Ihr Konto wurden neue Wiederherstellungscodes erstellt. Die alten gelten nicht mehr.',
        'Wenn Sie das nicht waren, hatte jemand Zugriff auf Ihr Konto. Setzen Sie das Passwort sofort zurück:',
      ],
      closing: () => [],
      when: (time, brand) => `Erstellt am ${time} für Ihr Konto bei ${brand}.`,
    },
    'password-breached': {
      heading: 'Ihr Passwort wurde in einem Datenleck gefunden',
      preheader: () => 'Wählen Sie ein neues, hier und überall, wo Sie es sonst benutzen.',
      opening: [
        'Sie haben sich soeben mit einem Passwort angemeldet, das in einem Datenleck gefunden wurde, höchstwahrscheinlich dem eines anderen Dienstes, bei dem Sie oder jemand anderes es benutzt hat. Kriminelle probieren solche Passwörter überall aus.',
        'Bitte wählen Sie ein neues Passwort, hier und überall, wo Sie es sonst benutzen:',
      ],
      closing: () => [],
      when: (time, brand) => `Gefunden am ${time}, bei der Anmeldung an Ihrem Konto bei ${brand}.`,
    },
    'password-changed': {
      heading: 'Ihr Passwort wurde geändert',
      preheader: () => 'Sie wurden überall abgemeldet.',
      opening: [
        'das Passwort Ihres Kontos wurde geändert, und Sie wurden überall abgemeldet.',
        'Wenn Sie das nicht waren, hat vielleicht jemand Zugriff auf Ihr Postfach. Setzen Sie das Passwort sofort zurück:',
      ],
      closing: () => [],
      when: (time, brand) => `Geändert am ${time} in Ihrem Konto bei ${brand}.`,
    },
    'verify-sign-up': {
      heading: 'Bestätigen Sie Ihre E-Mail-Adresse',
      preheader: (lifetime) => `Noch ein Schritt, dann ist Ihr Konto bereit. Der Link gilt ${lifetime}.`,
      opening: [
        'jemand (hoffentlich Sie) hat sich mit dieser E-Mail-Adresse registriert. Öffnen Sie zum Abschluss diesen Link und geben Sie das Passwort ein, das Sie gewählt haben:',
      ],
      closing: (lifetime) => [
        `Der Link gilt ${lifetime}.`,
        'Wenn Sie sich nicht registriert haben, ignorieren Sie diese E-Mail und geben Sie den Code niemandem: Ohne ihn entsteht kein Konto.',
      ],
      when: (time, brand) => `Angefordert am ${time} bei ${brand}.`,
    },
    'sign-up-taken': {
      heading: 'Sie haben bereits ein Konto',
      preheader: () => 'Jemand wollte sich mit Ihrer E-Mail-Adresse registrieren.',
      opening: [
        'jemand (vielleicht Sie) wollte sich mit dieser E-Mail-Adresse registrieren, die bereits ein Konto hat. Es wurde nichts geändert.',
        'Wenn Sie es waren und Ihr Passwort nicht mehr wissen, wählen Sie ein neues:',
      ],
      closing: () => ['Wenn Sie es nicht waren, brauchen Sie nichts zu tun.'],
      when: (time, brand) => `Versucht am ${time} bei ${brand}.`,
    },
    'verify-account': {
      heading: 'Bestätigen Sie Ihre E-Mail-Adresse',
      preheader: (lifetime) => `Zeigen Sie, dass diese Adresse Ihnen gehört. Der Link gilt ${lifetime}.`,
      opening: [
        'mit dieser E-Mail-Adresse wurde ein Konto eröffnet. Wenn es Ihres ist, öffnen Sie diesen Link und geben Sie sein Passwort ein:',
      ],
      closing: (lifetime) => [
        `Der Link gilt ${lifetime}.`,
        'Wenn Sie kein Konto eröffnet haben, ignorieren Sie diese E-Mail und geben Sie den Code niemandem.',
      ],
      when: (time, brand) => `Angefordert am ${time} für Ihr Konto bei ${brand}.`,
    },
    'change-email': {
      heading: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      preheader: (lifetime) =>
        `Ihr Konto zieht zu dieser Adresse um, sobald Sie sie bestätigen. Der Link gilt ${lifetime}.`,
      opening: [
        'jemand (hoffentlich Sie) möchte mit einem Konto zu dieser E-Mail-Adresse umziehen. Öffnen Sie zur Bestätigung diesen Link und geben Sie das Passwort des Kontos ein:',
      ],
      closing: (lifetime) => [
        `Der Link gilt ${lifetime}.`,
        'Wenn Sie das nicht wollten, ignorieren Sie diese E-Mail und geben Sie den Code niemandem.',
      ],
      when: (time, brand) => `Angefordert am ${time} bei ${brand}.`,
    },
    'change-email-taken': {
      heading: 'Diese Adresse hat bereits ein Konto',
      preheader: () => 'Ein Konto kann nicht zu ihr umziehen.',
      opening: [
        'jemand (vielleicht Sie) wollte mit einem Konto zu dieser E-Mail-Adresse umziehen, die bereits ein Konto hat. Es wurde nichts geändert.',
      ],
      closing: () => ['Wenn Sie es nicht waren, brauchen Sie nichts zu tun.'],
      when: (time, brand) => `Versucht am ${time} bei ${brand}.`,
    },
    'address-being-changed': {
      heading: 'Ihre E-Mail-Adresse wird geändert',
      preheader: () => 'Wenn Sie es nicht waren, halten Sie es auf.',
      opening: [
        'jemand, der in Ihrem Konto angemeldet ist, möchte es zu einer anderen E-Mail-Adresse umziehen.',
        'Wenn Sie es waren, bestätigen Sie es in der E-Mail an die neue Adresse. Wenn Sie es nicht waren, halten Sie es hier auf: Sie werden überall abgemeldet und können ein neues Passwort wählen.',
      ],
      closing: (lifetime) => [`Der Link gilt ${lifetime} und nur einmal.`],
      when: (time, brand) => `Angefordert am ${time} in Ihrem Konto bei ${brand}.`,
    },
    'address-changed': {
      heading: 'Ihre E-Mail-Adresse wurde geändert',
      preheader: () => 'Wenn Sie es nicht waren, machen Sie es rückgängig.',
      opening: [
        'Ihr Konto ist zu einer anderen E-Mail-Adresse umgezogen. Dies ist nicht mehr die Adresse des Kontos.',
        'Wenn Sie es nicht waren, machen Sie es hier rückgängig: Ihre Adresse wird wiederhergestellt, alle werden abgemeldet, und Sie können ein neues Passwort wählen.',
      ],
      closing: (lifetime) => [`Der Link gilt ${lifetime} und nur einmal.`],
      when: (time, brand) => `Geändert am ${time} in Ihrem Konto bei ${brand}.`,
    },
    undone: {
      heading: 'Ihr Konto wurde wiederhergestellt',
      preheader: (lifetime) => `Wählen Sie ein neues Passwort. Der Link gilt ${lifetime}.`,
      opening: [
        'was jemand in Ihrem Konto geändert hatte, wurde rückgängig gemacht, und alle wurden abgemeldet. Wer auch immer es war, kennt vielleicht Ihr Passwort: Wählen Sie ein neues.',
      ],
      closing: (lifetime, page) => [
        `Der Link gilt ${lifetime} und nur einmal.`,
        `Wenn der Link abgelaufen ist, fordern Sie einen neuen an: ${page}`,
      ],
      when: (time, brand) => `Wiederhergestellt am ${time}: Ihr Konto bei ${brand}.`,
    },
  },
  code: (digits, lifetime) =>
    `Oder geben Sie diesen Code dort ein, wo Sie sich registriert haben oder angemeldet sind: ${digits}. Er gilt ${lifetime}.`,
  logIn: (page) => `Falls Sie vergessen hatten, dass Sie ein Konto haben, melden Sie sich hier an: ${page}`,
  footer: (brand) => `Sie erhalten diese E-Mail, weil zu dieser Adresse ein Konto bei ${brand} gehört.`,
  footerOfStranger: (brand) =>
    `Sie erhalten diese E-Mail, weil jemand diese Adresse bei ${brand} angegeben hat.`,
};
