import type { MailMessages, PageMessages } from './messages.ts';

// Before : ; ? and ! stands a space that does not break: U+00A0 or, narrower, U+202F.

export const pages: PageMessages = {
  reset: {
    title: 'Choisissez un nouveau mot de passe',
    account: 'Compte',
    password: 'Nouveau mot de passe',
    policy: (minimum) =>
      `Au moins ${minimum} caractères. Quelques mots que personne d’autre n’assemblerait sont faciles à retenir et difficiles à deviner.`,
    submit: 'Enregistrer le mot de passe',
    done: 'Votre mot de passe a été modifié',
    doneDetail: 'Toutes vos sessions ont été fermées. Connectez-vous désormais avec le nouveau mot de passe.',
    logIn: 'Se connecter',
  },
  forget: {
    title: 'Mot de passe oublié\u202f?',
    introduction:
      'Saisissez l’adresse e-mail de votre compte. Nous vous enverrons un lien pour choisir un nouveau mot de passe.',
    email: 'Adresse e-mail',
    submit: 'Envoyer le lien',
    done: 'Consultez votre boîte de réception',
    doneDetail: (lifetime) =>
      `Si un compte correspond à cette adresse, un e-mail contenant un lien est en route. Le lien est valable ${lifetime}. Si aucun e-mail n’arrive, regardez dans les courriers indésirables et vérifiez l’adresse.`,
    again: 'Renvoyer le lien',
    askedAgain: 'Nouvelle demande envoyée.',
    otherAddress: 'Utiliser une autre adresse',
  },
  account: {
    title: 'Vos clés d’accès',
    detail: 'Vous ajoutez, renommez et supprimez vos clés d’accès dans votre compte, une fois connecté.',
    open: 'Ouvrir le site',
  },
  verify: {
    title: 'Confirmez votre adresse e-mail',
    introduction: 'Saisissez le mot de passe choisi lors de l’inscription, ou celui de votre compte.',
    password: 'Mot de passe',
    submit: 'Confirmer l’adresse',
    done: 'L’adresse est confirmée',
    doneDetail: 'Vous pouvez vous connecter avec elle.',
    wrongPassword: 'Ce mot de passe est incorrect.',
  },
  undo: {
    title: 'Annuler la modification',
    introduction:
      'Votre ancienne adresse est rétablie, ce qui a été ajouté est supprimé et vous êtes déconnecté partout. Nous vous envoyons un e-mail pour choisir un nouveau mot de passe.',
    submit: 'Annuler la modification',
    done: 'La modification a été annulée',
    doneDetail:
      'Vous avez été déconnecté partout. Choisissez un nouveau mot de passe avec l’e-mail qui vous parviendra.',
  },
  dead: { detail: 'Il a été utilisé, remplacé par un plus récent ou a expiré.', open: 'Ouvrir le site' },
  link: {
    missing: 'Le lien est incomplet',
    missingDetail:
      'Ouvrez de nouveau le lien reçu par e-mail. Si cela ne suffit pas, demandez-en un nouveau.',
    expired: 'Le lien a expiré',
    expiredDetail:
      'Les liens ne sont valables que peu de temps, afin que personne ne puisse en utiliser un ancien. Demandez-en un nouveau.',
    wrong: 'Le lien n’est plus valable',
    wrongDetail:
      'Il a peut-être déjà été utilisé\u202f: si vous venez de modifier votre mot de passe, connectez-vous avec le nouveau. Sinon, demandez un nouveau lien.',
    again: 'Demander un nouveau lien',
  },
  fields: {
    passwordRequired: 'Saisissez un nouveau mot de passe.',
    passwordTooShort: (minimum) =>
      `Ce mot de passe est trop court\u202f: saisissez au moins ${minimum} caractères.`,
    passwordTooLong:
      'Ce mot de passe est trop long\u202f: 72 bytes au plus peuvent être conservés en toute sécurité. Une lettre simple occupe un byte\u202f; les lettres accentuées, les autres écritures et les émojis en occupent deux à quatre.',
    passwordOver: (maximum) => `Ce mot de passe est trop long : saisissez au plus ${maximum} caractères.`,
    passwordCommon:
      'Ce mot de passe est facile à deviner : il est courant, ou composé de votre nom, de votre adresse ou du nom de ce service. Choisissez-en un autre.',
    passwordBreached:
      'Ce mot de passe figure dans une fuite de données d’un autre service. Choisissez-en un autre.',
    passwordUnusable: 'Ce mot de passe contient des caractères inutilisables. Saisissez-en un autre.',
    emailRequired: 'Saisissez votre adresse e-mail.',
    emailInvalid: 'Saisissez une adresse e-mail telle que nom@example.com.',
  },
  trouble: {
    error: 'Erreur',
    title: 'Cela n’a pas fonctionné',
    unreadable: 'Le formulaire n’a pas pu être lu. Veuillez l’envoyer de nouveau depuis cette page.',
    tooLarge: 'La saisie est trop longue.',
    throttled: (wait) => `Trop de demandes proviennent de votre réseau. Réessayez dans ${wait}.`,
    unavailable: (wait) => `Le service est momentanément indisponible. Réessayez dans ${wait}.`,
    internal: 'Une erreur s’est produite de notre côté. Veuillez réessayer plus tard.',
  },
  script: {
    show: 'Afficher le mot de passe',
    hide: 'Masquer le mot de passe',
    capsLock: 'La touche Verr. Maj. est activée.',
    sending: 'Envoi en cours…',
    unreachable: 'Le service est injoignable. Vérifiez votre connexion et réessayez.',
    strength: 'Robustesse\u202f:',
    strengths: ['trop court', 'faible', 'moyenne', 'bonne', 'forte'],
    tooLong: 'trop long',
  },
  languages: 'Langue',
  terms: 'Conditions d’utilisation',
  support: 'Aide',
};

export const mails: MailMessages = {
  greeting: (name) => (name === undefined ? 'Bonjour,' : `Bonjour ${name},`),
  subject: (brand, heading) => `${brand}\u202f: ${heading}`,
  copy: 'Si le bouton ne fonctionne pas, copiez cette adresse dans votre navigateur\u202f:',
  buttons: {
    choosePassword: 'Choisir un nouveau mot de passe',
    resetPassword: 'Réinitialiser le mot de passe',
    takeBack: 'Ce n’était pas moi',
    verify: 'Confirmer l’adresse',
    verifyNew: 'Confirmer la nouvelle adresse',
    openSite: 'Ouvrir le site',
  },
  purposes: {
    'reset-password': {
      heading: 'Réinitialisez votre mot de passe',
      preheader: (lifetime) => `Choisissez un nouveau mot de passe. Le lien est valable ${lifetime}.`,
      opening: [
        'Quelqu’un (vous-même, nous l’espérons) a demandé à réinitialiser votre mot de passe. Pour en choisir un nouveau, ouvrez ce lien\u202f:',
      ],
      closing: (lifetime) => [
        `Le lien est valable ${lifetime} et ne fonctionne qu’une fois.`,
        'Si vous n’êtes pas à l’origine de cette demande, ignorez cet e-mail\u202f: votre mot de passe reste inchangé.',
      ],
      when: (time, brand) => `Demande du ${time} pour votre compte ${brand}.`,
    },
    locked: {
      heading: 'Votre compte a été verrouillé',
      preheader: () =>
        'Personne ne peut se connecter avec un mot de passe tant que vous n’en avez pas choisi un nouveau.',
      opening: [
        'Un mot de passe erroné a été saisi cent fois de suite pour votre compte. Pour le protéger, plus personne ne peut se connecter avec un mot de passe, même correct. Là où vous êtes connecté, vous le restez.',
        'Pour déverrouiller le compte, choisissez un nouveau mot de passe\u202f:',
      ],
      closing: (lifetime, page) => [
        `Le lien est valable ${lifetime} et ne fonctionne qu’une fois.`,
        `Si le lien a expiré, demandez-en un nouveau\u202f: ${page}`,
      ],
      when: (time, brand) => `Verrouillé le ${time}\u202f: votre compte ${brand}.`,
    },
    'new-password': {
      heading: 'Vous avez un nouveau mot de passe',
      preheader: () => 'Toutes vos autres sessions ont été fermées.',
      opening: [
        'Quelqu’un qui connaissait le mot de passe de votre compte l’a modifié. Toutes vos autres sessions ont été fermées.',
        'Si ce n’était pas vous, réinitialisez immédiatement le mot de passe\u202f:',
      ],
      closing: () => [],
      when: (time, brand) => `Modification du ${time} sur votre compte ${brand}.`,
    },
    'account-deleted': {
      heading: 'Votre compte a été supprimé',
      preheader: () => 'Ceci est le dernier e-mail à son sujet.',
      opening: [
        'Votre compte a été supprimé, comme vous l’avez demandé alors que vous étiez connecté. Toutes vos sessions ont été fermées. Ceci est le dernier e-mail à son sujet.',
        'Si ce n’était pas vous, quelqu’un a eu accès à votre compte. Veuillez nous le signaler. Vous pouvez à tout moment vous inscrire de nouveau avec cette adresse\u202f:',
      ],
      closing: () => [],
      when: (time, brand) => `Suppression du ${time}\u202f: votre compte ${brand}.`,
    },
    'totp-added': {
      heading: 'Une application d’authentification a été ajoutée',
      preheader: () => 'La connexion demande maintenant un code de l’application.',
      opening: [
        'Une application d’authentification a été ajoutée à votre compte. Désormais, la connexion demande votre mot de passe et un code de l’application. Vous avez été déconnecté partout ailleurs.',
        'Si ce n’était pas vous, quelqu’un connaît votre mot de passe. Annulez-le ici : l’application est retirée, tout le monde est déconnecté et vous pouvez choisir un nouveau mot de passe.',
      ],
      closing: (lifetime) => [`Le lien est valable ${lifetime} et une seule fois.`],
      when: (time, brand) => `Ajoutée le ${time} à votre compte ${brand}.`,
    },
    'totp-removed': {
      heading: 'L’application d’authentification a été retirée',
      preheader: () => 'La connexion ne demande plus de code de l’application.',
      opening: [
        'L’application d’authentification a été retirée de votre compte. La connexion ne demande plus de code de l’application.',
        'Si ce n’était pas vous, quelqu’un a eu accès à votre compte. Réinitialisez le mot de passe immédiatement :',
      ],
      closing: () => [],
      when: (time, brand) => `Retirée le ${time} de votre compte ${brand}.`,
    },
    'passkey-added': {
      heading: 'Une clé d’accès a été ajoutée',
      preheader: () => 'Qui la détient peut se connecter sans votre mot de passe.',
      opening: [
        'Une clé d’accès a été ajoutée à votre compte. Qui la détient peut se connecter sans votre mot de passe.',
        'Si ce n’était pas vous, annulez-le ici : la clé d’accès est retirée, tout le monde est déconnecté et vous pouvez choisir un nouveau mot de passe.',
      ],
      closing: (lifetime) => [`Le lien est valable ${lifetime} et une seule fois.`],
      when: (time, brand) => `Ajoutée le ${time} à votre compte ${brand}.`,
    },
    'passkey-removed': {
      heading: 'Une clé d’accès a été retirée',
      preheader: () => 'Elle n’ouvre plus votre compte.',
      opening: [
        'Une clé d’accès a été retirée de votre compte, et les sessions qu’elle avait ouvertes sont terminées.',
        'Si ce n’était pas vous, quelqu’un a eu accès à votre compte. Réinitialisez le mot de passe immédiatement :',
      ],
      closing: () => [],
      when: (time, brand) => `Retirée le ${time} de votre compte ${brand}.`,
    },
    'passkey-copied': {
      heading: 'Une connexion avec une clé d’accès a été refusée',
      preheader: () => 'Il existe peut-être une copie de votre clé d’accès.',
      opening: [
        'Quelqu’un a tenté de se connecter avec une de vos clés d’accès. Nous l’avons refusé : son compteur n’a pas augmenté comme il le fait à chaque usage, il en existe donc peut-être une copie.',
        'Retirez la clé d’accès dans votre compte et ajoutez-en une nouvelle. Si ce n’était pas vous, réinitialisez aussi le mot de passe :',
      ],
      closing: () => [],
      when: (time, brand) => `Refusée le ${time} : votre compte ${brand}.`,
    },
    'factors-removed': {
      heading: 'Vos seconds facteurs ont été retirés',
      preheader: () => 'La connexion ne demande plus que votre mot de passe.',
      opening: [
        'Notre assistance a retiré tous les seconds facteurs de votre compte : applications, clés d’accès et codes de secours. Jusqu’à ce que vous en ajoutiez un, la connexion ne demande que votre mot de passe. Vous avez été déconnecté partout.',
        'Si vous ne l’avez pas demandé, réinitialisez le mot de passe immédiatement et prévenez-nous :',
      ],
      closing: () => [],
      when: (time, brand) => `Retirés le ${time} de votre compte ${brand}.`,
    },
    'recovery-code-used': {
      heading: 'Un code de secours a été utilisé',
      preheader: () => 'Quelqu’un a utilisé un de vos codes de secours.',
      opening: [
        'Un code de secours de votre compte a été utilisé à la place d’un code de votre application d’authentification.',
        'Si ce n’était pas vous, quelqu’un a votre mot de passe et vos codes de secours. Réinitialisez le mot de passe immédiatement, puis créez de nouveaux codes de secours :',
      ],
      closing: (_lifetime, _page, left) => [
        left === 0
          ? 'Il ne reste aucun code de secours : créez-en de nouveaux dans votre compte.'
          : `Codes de secours restants : ${left}.`,
      ],
      when: (time, brand) => `Utilisé le ${time} pour votre compte ${brand}.`,
    },
    'recovery-codes-replaced': {
      heading: 'Vous avez de nouveaux codes de secours',
      preheader: () => 'Les anciens codes de secours ne fonctionnent plus.',
      opening: [
        'De nouveaux codes de secours ont été créés pour votre compte. Les anciens ne fonctionnent plus.',
        'Si ce n’était pas vous, quelqu’un a eu accès à votre compte. Réinitialisez le mot de passe immédiatement :',
      ],
      closing: () => [],
      when: (time, brand) => `Créés le ${time} pour votre compte ${brand}.`,
    },
    'password-breached': {
      heading: 'Votre mot de passe figure dans une fuite de données',
      preheader: () => 'Choisissez-en un autre, ici et partout où vous l’utilisez.',
      opening: [
        'Vous venez de vous connecter avec un mot de passe qui figure dans une fuite de données, très probablement celle d’un autre service où vous ou quelqu’un d’autre l’avez utilisé. Des criminels essaient ces mots de passe partout.',
        'Choisissez un nouveau mot de passe, ici et partout où vous utilisez l’ancien\u202f:',
      ],
      closing: () => [],
      when: (time, brand) => `Constat du ${time}, lors d’une connexion à votre compte ${brand}.`,
    },
    'password-changed': {
      heading: 'Votre mot de passe a été modifié',
      preheader: () => 'Toutes vos sessions ont été fermées.',
      opening: [
        'Le mot de passe de votre compte a été modifié et toutes vos sessions ont été fermées.',
        'Si ce n’était pas vous, quelqu’un a peut-être accès à votre messagerie. Réinitialisez immédiatement le mot de passe\u202f:',
      ],
      closing: () => [],
      when: (time, brand) => `Modification du ${time} sur votre compte ${brand}.`,
    },
    'verify-sign-up': {
      heading: 'Confirmez votre adresse e-mail',
      preheader: (lifetime) => `Encore une étape et votre compte est prêt. Le lien est valable ${lifetime}.`,
      opening: [
        'Quelqu’un (vous, espérons-le) s’est inscrit avec cette adresse e-mail. Pour terminer, ouvrez ce lien et saisissez le mot de passe que vous avez choisi :',
      ],
      closing: (lifetime) => [
        `Le lien est valable ${lifetime}.`,
        'Si vous ne vous êtes pas inscrit, ignorez cet e-mail et ne donnez le code à personne : sans lui, aucun compte ne sera créé.',
      ],
      when: (time, brand) => `Demandé le ${time} auprès de ${brand}.`,
    },
    'sign-up-taken': {
      heading: 'Vous avez déjà un compte',
      preheader: () => 'Quelqu’un a essayé de s’inscrire avec votre adresse e-mail.',
      opening: [
        'Quelqu’un (peut-être vous) a essayé de s’inscrire avec cette adresse e-mail, qui a déjà un compte. Rien n’a été modifié.',
        'Si c’était vous et que vous ne connaissez plus votre mot de passe, choisissez-en un nouveau :',
      ],
      closing: () => ['Si ce n’était pas vous, vous n’avez rien à faire.'],
      when: (time, brand) => `Tenté le ${time} auprès de ${brand}.`,
    },
    'verify-account': {
      heading: 'Confirmez votre adresse e-mail',
      preheader: (lifetime) => `Montrez que cette adresse est la vôtre. Le lien est valable ${lifetime}.`,
      opening: [
        'Un compte a été ouvert avec cette adresse e-mail. Si c’est le vôtre, ouvrez ce lien et saisissez son mot de passe :',
      ],
      closing: (lifetime) => [
        `Le lien est valable ${lifetime}.`,
        'Si vous n’avez pas ouvert de compte, ignorez cet e-mail et ne donnez le code à personne.',
      ],
      when: (time, brand) => `Demandé le ${time} pour votre compte ${brand}.`,
    },
    'change-email': {
      heading: 'Confirmez votre nouvelle adresse e-mail',
      preheader: (lifetime) =>
        `Votre compte passe à cette adresse dès que vous la confirmez. Le lien est valable ${lifetime}.`,
      opening: [
        'Quelqu’un (vous, espérons-le) veut associer un compte à cette adresse e-mail. Pour confirmer, ouvrez ce lien et saisissez le mot de passe du compte :',
      ],
      closing: (lifetime) => [
        `Le lien est valable ${lifetime}.`,
        'Si vous n’avez rien demandé, ignorez cet e-mail et ne donnez le code à personne.',
      ],
      when: (time, brand) => `Demandé le ${time} auprès de ${brand}.`,
    },
    'change-email-taken': {
      heading: 'Cette adresse a déjà un compte',
      preheader: () => 'Aucun autre compte ne peut y passer.',
      opening: [
        'Quelqu’un (peut-être vous) voulait associer un compte à cette adresse e-mail, qui a déjà un compte. Rien n’a été modifié.',
      ],
      closing: () => ['Si ce n’était pas vous, vous n’avez rien à faire.'],
      when: (time, brand) => `Tenté le ${time} auprès de ${brand}.`,
    },
    'address-being-changed': {
      heading: 'Votre adresse e-mail va être modifiée',
      preheader: () => 'Si ce n’était pas vous, arrêtez-le.',
      opening: [
        'Quelqu’un qui est connecté à votre compte veut l’associer à une autre adresse e-mail.',
        'Si c’était vous, confirmez-le dans l’e-mail envoyé à la nouvelle adresse. Sinon, arrêtez-le ici : vous serez déconnecté partout et pourrez choisir un nouveau mot de passe.',
      ],
      closing: (lifetime) => [`Le lien est valable ${lifetime} et une seule fois.`],
      when: (time, brand) => `Demandé le ${time} dans votre compte ${brand}.`,
    },
    'address-changed': {
      heading: 'Votre adresse e-mail a été modifiée',
      preheader: () => 'Si ce n’était pas vous, annulez-le.',
      opening: [
        'Votre compte est passé à une autre adresse e-mail. Celle-ci n’est plus l’adresse du compte.',
        'Si ce n’était pas vous, annulez-le ici : votre adresse est rétablie, tout le monde est déconnecté et vous pouvez choisir un nouveau mot de passe.',
      ],
      closing: (lifetime) => [`Le lien est valable ${lifetime} et une seule fois.`],
      when: (time, brand) => `Modifié le ${time} dans votre compte ${brand}.`,
    },
    undone: {
      heading: 'Votre compte a été rétabli',
      preheader: (lifetime) => `Choisissez un nouveau mot de passe. Le lien est valable ${lifetime}.`,
      opening: [
        'Ce que quelqu’un avait modifié dans votre compte a été annulé et tout le monde a été déconnecté. Cette personne connaît peut-être votre mot de passe : choisissez-en un nouveau.',
      ],
      closing: (lifetime, page) => [
        `Le lien est valable ${lifetime} et une seule fois.`,
        `Si le lien a expiré, demandez-en un nouveau : ${page}`,
      ],
      when: (time, brand) => `Rétabli le ${time} : votre compte ${brand}.`,
    },
  },
  code: (digits, lifetime) =>
    `Ou saisissez ce code là où vous vous êtes inscrit ou êtes connecté : ${digits}. Il est valable ${lifetime}.`,
  logIn: (page) => `Si vous aviez oublié que vous avez un compte, connectez-vous ici : ${page}`,
  footer: (brand) => `Vous recevez cet e-mail car cette adresse est associée à un compte ${brand}.`,
  footerOfStranger: (brand) => `Vous recevez cet e-mail car quelqu’un a indiqué cette adresse sur ${brand}.`,
};
