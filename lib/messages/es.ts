import type { MailMessages, PageMessages } from './messages.ts';

export const pages: PageMessages = {
  reset: {
    title: 'Elija una contraseña nueva',
    account: 'Cuenta',
    password: 'Contraseña nueva',
    policy: (minimum) =>
      `Al menos ${minimum} caracteres. Unas cuantas palabras que nadie más juntaría son fáciles de recordar y difíciles de adivinar.`,
    submit: 'Guardar la contraseña',
    done: 'Su contraseña se ha cambiado',
    doneDetail:
      'Se ha cerrado su sesión en todos los dispositivos. A partir de ahora, inicie sesión con la contraseña nueva.',
    logIn: 'Iniciar sesión',
  },
  forget: {
    title: '¿Ha olvidado su contraseña?',
    introduction:
      'Introduzca la dirección de correo electrónico de su cuenta. Le enviaremos un enlace para elegir una contraseña nueva.',
    email: 'Correo electrónico',
    submit: 'Enviar el enlace',
    done: 'Revise su bandeja de entrada',
    doneDetail: (lifetime) =>
      `Si la dirección tiene una cuenta, recibirá en ella un correo con un enlace. El enlace es válido durante ${lifetime}. Si no llega ningún correo, mire en la carpeta de correo no deseado y compruebe la dirección.`,
    again: 'Enviar de nuevo',
    askedAgain: 'Solicitado de nuevo.',
    otherAddress: 'Usar otra dirección',
  },
  account: {
    title: 'Sus llaves de acceso',
    detail:
      'Las llaves de acceso se añaden, se renombran y se eliminan en su cuenta, una vez iniciada la sesión.',
    open: 'Abrir el sitio web',
  },
  verify: {
    title: 'Confirma tu dirección de correo',
    introduction: 'Introduce la contraseña que elegiste al registrarte, o la de tu cuenta.',
    password: 'Contraseña',
    submit: 'Confirmar la dirección',
    done: 'La dirección está confirmada',
    doneDetail: 'Ya puedes iniciar sesión con ella.',
    wrongPassword: 'Esta contraseña no es correcta.',
  },
  undo: {
    title: 'Deshacer el cambio',
    introduction:
      'Se restablece tu dirección anterior, se elimina lo añadido y se cierran todas las sesiones. Te enviamos un correo para elegir una contraseña nueva.',
    submit: 'Deshacer',
    done: 'El cambio se ha deshecho',
    doneDetail:
      'Se han cerrado todas las sesiones. Elige una contraseña nueva con el correo que está en camino.',
  },
  dead: { detail: 'Ya se usó, lo sustituyó uno más reciente o ha caducado.', open: 'Abrir el sitio web' },
  link: {
    missing: 'El enlace está incompleto',
    missingDetail: 'Vuelva a abrir el enlace del correo. Si no funciona, solicite uno nuevo.',
    expired: 'El enlace ha caducado',
    expiredDetail:
      'Los enlaces solo son válidos durante poco tiempo para que nadie pueda usar uno antiguo. Solicite uno nuevo.',
    wrong: 'El enlace ya no es válido',
    wrongDetail:
      'Es posible que ya se haya utilizado: si acaba de cambiar su contraseña, inicie sesión con la nueva. Si no, solicite un enlace nuevo.',
    again: 'Solicitar un enlace nuevo',
  },
  fields: {
    passwordRequired: 'Introduzca una contraseña nueva.',
    passwordTooShort: (minimum) =>
      `Esta contraseña es demasiado corta: introduzca al menos ${minimum} caracteres.`,
    passwordTooLong:
      'Esta contraseña es demasiado larga: solo se pueden guardar de forma segura 72 bytes como máximo. Una letra simple ocupa un byte; las letras con tilde, otros alfabetos y los emojis ocupan de dos a cuatro.',
    passwordOver: (maximum) =>
      `Esta contraseña es demasiado larga: introduzca como máximo ${maximum} caracteres.`,
    passwordCommon:
      'Esta contraseña es fácil de adivinar: es común, o está formada por su nombre, su dirección o el nombre de este servicio. Elija otra.',
    passwordBreached: 'Esta contraseña apareció en una filtración de datos de otro servicio. Elija otra.',
    passwordUnusable: 'Esta contraseña contiene caracteres que no se pueden usar. Introduzca otra.',
    emailRequired: 'Introduzca su dirección de correo electrónico.',
    emailInvalid: 'Introduzca una dirección de correo electrónico como nombre@example.com.',
  },
  trouble: {
    error: 'Error',
    title: 'No ha funcionado',
    unreadable: 'No se ha podido leer el formulario. Vuelva a enviarlo desde esta página.',
    tooLarge: 'El texto introducido es demasiado largo.',
    throttled: (wait) =>
      `Ha habido demasiadas solicitudes desde su red. Vuelva a intentarlo dentro de ${wait}.`,
    unavailable: (wait) =>
      `El servicio no está disponible en este momento. Vuelva a intentarlo dentro de ${wait}.`,
    internal: 'Se ha producido un error por nuestra parte. Vuelva a intentarlo más tarde.',
  },
  script: {
    show: 'Mostrar la contraseña',
    hide: 'Ocultar la contraseña',
    capsLock: 'La tecla Bloq Mayús está activada.',
    sending: 'Enviando…',
    unreachable: 'No se puede acceder al servicio. Compruebe su conexión y vuelva a intentarlo.',
    strength: 'Seguridad:',
    strengths: ['demasiado corta', 'débil', 'aceptable', 'buena', 'muy buena'],
    tooLong: 'demasiado larga',
  },
  languages: 'Idioma',
  terms: 'Condiciones de uso',
  support: 'Ayuda',
};

export const mails: MailMessages = {
  greeting: (name) => (name === undefined ? 'Hola:' : `Hola, ${name}:`),
  subject: (brand, heading) => `${brand}: ${heading}`,
  copy: 'Si el botón no funciona, copie esta dirección en su navegador:',
  buttons: {
    choosePassword: 'Elegir una contraseña nueva',
    resetPassword: 'Restablecer la contraseña',
    takeBack: 'No fui yo',
    verify: 'Confirmar la dirección',
    verifyNew: 'Confirmar la nueva dirección',
    openSite: 'Abrir el sitio web',
  },
  purposes: {
    'reset-password': {
      heading: 'Restablezca su contraseña',
      preheader: (lifetime) => `Elija una contraseña nueva. El enlace es válido durante ${lifetime}.`,
      opening: [
        'Alguien (esperamos que usted) ha solicitado restablecer su contraseña. Para elegir una nueva, abra este enlace:',
      ],
      closing: (lifetime) => [
        `El enlace es válido durante ${lifetime} y solo funciona una vez.`,
        'Si no lo ha solicitado usted, ignore este correo: su contraseña seguirá siendo la misma.',
      ],
      when: (time, brand) => `Solicitado el ${time} para su cuenta en ${brand}.`,
    },
    locked: {
      heading: 'Su cuenta se ha bloqueado',
      preheader: () => 'Nadie puede iniciar sesión con una contraseña hasta que elija una nueva.',
      opening: [
        'Se ha introducido una contraseña incorrecta para su cuenta cien veces seguidas. Para protegerla, ya nadie puede iniciar sesión con una contraseña, ni siquiera con la correcta. Donde tenga la sesión iniciada, seguirá abierta.',
        'Para desbloquear la cuenta, elija una contraseña nueva:',
      ],
      closing: (lifetime, page) => [
        `El enlace es válido durante ${lifetime} y solo funciona una vez.`,
        `Si el enlace ha caducado, pida uno nuevo: ${page}`,
      ],
      when: (time, brand) => `Bloqueada el ${time}: su cuenta en ${brand}.`,
    },
    'new-password': {
      heading: 'Tiene una contraseña nueva',
      preheader: () => 'Se ha cerrado su sesión en todos los demás dispositivos.',
      opening: [
        'Alguien que conocía la contraseña de su cuenta la ha cambiado. Se ha cerrado su sesión en todos los demás dispositivos.',
        'Si no ha sido usted, restablezca la contraseña de inmediato:',
      ],
      closing: () => [],
      when: (time, brand) => `Cambiada el ${time} en su cuenta en ${brand}.`,
    },
    'account-deleted': {
      heading: 'Su cuenta se ha eliminado',
      preheader: () => 'Este es el último correo sobre ella.',
      opening: [
        'Su cuenta se ha eliminado, tal como usted lo pidió con la sesión iniciada. Se ha cerrado su sesión en todos los dispositivos. Este es el último correo sobre ella.',
        'Si no ha sido usted, alguien ha tenido acceso a su cuenta. Por favor, avísenos. Puede volver a registrarse con esta dirección cuando quiera:',
      ],
      closing: () => [],
      when: (time, brand) => `Eliminada el ${time}: su cuenta en ${brand}.`,
    },
    'totp-added': {
      heading: 'Se ha añadido una aplicación de autenticación',
      preheader: () => 'Para iniciar sesión ahora hace falta un código de la aplicación.',
      opening: [
        'Se ha añadido una aplicación de autenticación a su cuenta. A partir de ahora, para iniciar sesión hacen falta su contraseña y un código de la aplicación. Se ha cerrado su sesión en todos los demás sitios.',
        'Si no ha sido usted, alguien conoce su contraseña. Deshágalo aquí: se quita la aplicación, se cierran todas las sesiones y puede elegir una contraseña nueva.',
      ],
      closing: (lifetime) => [`El enlace es válido durante ${lifetime} y funciona una vez.`],
      when: (time, brand) => `Añadida el ${time} a su cuenta de ${brand}.`,
    },
    'totp-removed': {
      heading: 'Se ha quitado la aplicación de autenticación',
      preheader: () => 'Para iniciar sesión ya no hace falta un código de la aplicación.',
      opening: [
        'Se ha quitado la aplicación de autenticación de su cuenta. Para iniciar sesión ya no hace falta un código de la aplicación.',
        'Si no ha sido usted, alguien ha tenido acceso a su cuenta. Restablezca la contraseña de inmediato:',
      ],
      closing: () => [],
      when: (time, brand) => `Quitada el ${time} de su cuenta de ${brand}.`,
    },
    'passkey-added': {
      heading: 'Se ha añadido una llave de acceso',
      preheader: () => 'Quien la tenga puede iniciar sesión sin su contraseña.',
      opening: [
        'Se ha añadido una llave de acceso a su cuenta. Quien la tenga puede iniciar sesión sin su contraseña.',
        'Si no ha sido usted, deshágalo aquí: se quita la llave de acceso, se cierran todas las sesiones y puede elegir una contraseña nueva.',
      ],
      closing: (lifetime) => [`El enlace es válido durante ${lifetime} y funciona una vez.`],
      when: (time, brand) => `Añadida el ${time} a su cuenta de ${brand}.`,
    },
    'passkey-removed': {
      heading: 'Se ha quitado una llave de acceso',
      preheader: () => 'Ya no abre su cuenta.',
      opening: [
        'Se ha quitado una llave de acceso de su cuenta y se han cerrado las sesiones que había abierto.',
        'Si no ha sido usted, alguien ha tenido acceso a su cuenta. Restablezca la contraseña de inmediato:',
      ],
      closing: () => [],
      when: (time, brand) => `Quitada el ${time} de su cuenta de ${brand}.`,
    },
    'passkey-copied': {
      heading: 'Se ha rechazado un inicio de sesión con una llave de acceso',
      preheader: () => 'Puede que haya una copia de su llave de acceso.',
      opening: [
        'Alguien ha intentado iniciar sesión con una de sus llaves de acceso. Lo hemos rechazado: su contador no ha aumentado como lo hace con cada uso, así que puede que haya una copia de la llave.',
        'Quite la llave de acceso en su cuenta y añada una nueva. Si no ha sido usted, restablezca también la contraseña:',
      ],
      closing: () => [],
      when: (time, brand) => `Rechazado el ${time}: su cuenta de ${brand}.`,
    },
    'factors-removed': {
      heading: 'Se han quitado sus segundos factores',
      preheader: () => 'Para iniciar sesión basta su contraseña.',
      opening: [
        'Nuestro equipo de asistencia ha quitado todos los segundos factores de su cuenta: aplicaciones, llaves de acceso y códigos de recuperación. Hasta que añada uno, para iniciar sesión basta su contraseña. Se ha cerrado su sesión en todas partes.',
        'Si no lo ha pedido, restablezca la contraseña de inmediato y avísenos:',
      ],
      closing: () => [],
      when: (time, brand) => `Quitados el ${time} de su cuenta de ${brand}.`,
    },
    'recovery-code-used': {
      heading: 'Se ha usado un código de recuperación',
      preheader: () => 'Alguien ha usado uno de sus códigos de recuperación.',
      opening: [
        'Se ha usado un código de recuperación de su cuenta en lugar de un código de su aplicación de autenticación.',
        'Si no ha sido usted, alguien tiene su contraseña y sus códigos de recuperación. Restablezca la contraseña de inmediato y cree después nuevos códigos de recuperación:',
      ],
      closing: (_lifetime, _page, left) => [
        left === 0
          ? 'No queda ningún código de recuperación: cree nuevos en su cuenta.'
          : `Códigos de recuperación restantes: ${left}.`,
      ],
      when: (time, brand) => `Usado el ${time} en su cuenta de ${brand}.`,
    },
    'recovery-codes-replaced': {
      heading: 'Tiene nuevos códigos de recuperación',
      preheader: () => 'Los códigos de recuperación anteriores ya no funcionan.',
      opening: [
        'Se han creado nuevos códigos de recuperación para su cuenta. Los anteriores ya no funcionan.',
        'Si no ha sido usted, alguien ha tenido acceso a su cuenta. Restablezca la contraseña de inmediato:',
      ],
      closing: () => [],
      when: (time, brand) => `Creados el ${time} para su cuenta de ${brand}.`,
    },
    'password-breached': {
      heading: 'Su contraseña apareció en una filtración de datos',
      preheader: () => 'Elija otra, aquí y en los demás sitios donde la use.',
      opening: [
        'Acaba de iniciar sesión con una contraseña que apareció en una filtración de datos, muy probablemente de otro servicio en el que usted u otra persona la usó. Los delincuentes prueban esas contraseñas en todas partes.',
        'Elija una contraseña nueva, aquí y en los demás sitios donde la use:',
      ],
      closing: () => [],
      when: (time, brand) => `Detectado el ${time}, al iniciar sesión en su cuenta en ${brand}.`,
    },
    'password-changed': {
      heading: 'Su contraseña se ha cambiado',
      preheader: () => 'Se ha cerrado su sesión en todos los dispositivos.',
      opening: [
        'La contraseña de su cuenta se ha cambiado y se ha cerrado su sesión en todos los dispositivos.',
        'Si no ha sido usted, es posible que alguien tenga acceso a su correo. Restablezca la contraseña de inmediato:',
      ],
      closing: () => [],
      when: (time, brand) => `Cambiada el ${time} en su cuenta en ${brand}.`,
    },
    'verify-sign-up': {
      heading: 'Confirma tu dirección de correo',
      preheader: (lifetime) =>
        `Un paso más y tu cuenta estará lista. El enlace es válido durante ${lifetime}.`,
      opening: [
        'Alguien (esperamos que tú) se registró con esta dirección de correo. Para terminar, abre este enlace e introduce la contraseña que elegiste:',
      ],
      closing: (lifetime) => [
        `El enlace es válido durante ${lifetime}.`,
        'Si no te registraste, ignora este correo y no des el código a nadie: sin él no habrá cuenta.',
      ],
      when: (time, brand) => `Solicitado el ${time} en ${brand}.`,
    },
    'sign-up-taken': {
      heading: 'Ya tienes una cuenta',
      preheader: () => 'Alguien intentó registrarse con tu dirección de correo.',
      opening: [
        'Alguien (quizá tú) intentó registrarse con esta dirección de correo, que ya tiene una cuenta. No se ha cambiado nada.',
        'Si fuiste tú y ya no sabes tu contraseña, elige una nueva:',
      ],
      closing: () => ['Si no fuiste tú, no tienes que hacer nada.'],
      when: (time, brand) => `Intentado el ${time} en ${brand}.`,
    },
    'verify-account': {
      heading: 'Confirma tu dirección de correo',
      preheader: (lifetime) =>
        `Demuestra que esta dirección es tuya. El enlace es válido durante ${lifetime}.`,
      opening: [
        'Se abrió una cuenta con esta dirección de correo. Si es tuya, abre este enlace e introduce su contraseña:',
      ],
      closing: (lifetime) => [
        `El enlace es válido durante ${lifetime}.`,
        'Si no abriste ninguna cuenta, ignora este correo y no des el código a nadie.',
      ],
      when: (time, brand) => `Solicitado el ${time} para tu cuenta de ${brand}.`,
    },
    'change-email': {
      heading: 'Confirma tu nueva dirección de correo',
      preheader: (lifetime) =>
        `Tu cuenta pasará a esta dirección en cuanto la confirmes. El enlace es válido durante ${lifetime}.`,
      opening: [
        'Alguien (esperamos que tú) quiere pasar una cuenta a esta dirección de correo. Para confirmarlo, abre este enlace e introduce la contraseña de la cuenta:',
      ],
      closing: (lifetime) => [
        `El enlace es válido durante ${lifetime}.`,
        'Si no lo pediste, ignora este correo y no des el código a nadie.',
      ],
      when: (time, brand) => `Solicitado el ${time} en ${brand}.`,
    },
    'change-email-taken': {
      heading: 'Esta dirección ya tiene una cuenta',
      preheader: () => 'No se puede pasar otra cuenta a ella.',
      opening: [
        'Alguien (quizá tú) quería pasar una cuenta a esta dirección de correo, que ya tiene una cuenta. No se ha cambiado nada.',
      ],
      closing: () => ['Si no fuiste tú, no tienes que hacer nada.'],
      when: (time, brand) => `Intentado el ${time} en ${brand}.`,
    },
    'address-being-changed': {
      heading: 'Tu dirección de correo se va a cambiar',
      preheader: () => 'Si no fuiste tú, detenlo.',
      opening: [
        'Alguien con la sesión abierta en tu cuenta quiere pasarla a otra dirección de correo.',
        'Si fuiste tú, confírmalo en el correo enviado a la nueva dirección. Si no fuiste tú, detenlo aquí: se cerrarán todas las sesiones y podrás elegir una contraseña nueva.',
      ],
      closing: (lifetime) => [`El enlace es válido durante ${lifetime} y funciona una vez.`],
      when: (time, brand) => `Solicitado el ${time} en tu cuenta de ${brand}.`,
    },
    'address-changed': {
      heading: 'Tu dirección de correo se ha cambiado',
      preheader: () => 'Si no fuiste tú, deshazlo.',
      opening: [
        'Tu cuenta ha pasado a otra dirección de correo. Esta ya no es la dirección de la cuenta.',
        'Si no fuiste tú, deshazlo aquí: se restablecerá tu dirección, se cerrarán todas las sesiones y podrás elegir una contraseña nueva.',
      ],
      closing: (lifetime) => [`El enlace es válido durante ${lifetime} y funciona una vez.`],
      when: (time, brand) => `Cambiado el ${time} en tu cuenta de ${brand}.`,
    },
    undone: {
      heading: 'Tu cuenta se ha restablecido',
      preheader: (lifetime) => `Elige una contraseña nueva. El enlace es válido durante ${lifetime}.`,
      opening: [
        'Se ha deshecho lo que alguien había cambiado en tu cuenta y se han cerrado todas las sesiones. Quien fuera quizá conozca tu contraseña: elige una nueva.',
      ],
      closing: (lifetime, page) => [
        `El enlace es válido durante ${lifetime} y funciona una vez.`,
        `Si el enlace ha caducado, pide uno nuevo: ${page}`,
      ],
      when: (time, brand) => `Restablecido el ${time}: tu cuenta de ${brand}.`,
    },
  },
  code: (digits, lifetime) =>
    `O introduce este código donde te registraste o donde tienes la sesión abierta: ${digits}. Es válido durante ${lifetime}.`,
  logIn: (page) => `Si habías olvidado que tienes una cuenta, inicia sesión aquí: ${page}`,
  footer: (brand) => `Recibe este correo porque esta dirección tiene una cuenta en ${brand}.`,
  footerOfStranger: (brand) => `Recibe este correo porque alguien ha indicado esta dirección en ${brand}.`,
};
