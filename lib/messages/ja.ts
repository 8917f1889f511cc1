import type { MailMessages, PageMessages } from './messages.ts';

export const pages: PageMessages = {
  reset: {
    title: '新しいパスワードの設定',
    account: 'アカウント',
    password: '新しいパスワード',
    policy: (minimum) =>
      `${minimum}文字以上で入力してください。ほかの人が思いつかない単語をいくつか組み合わせると、覚えやすく、推測されにくくなります。`,
    submit: 'パスワードを設定する',
    done: 'パスワードを変更しました',
    doneDetail: 'すべての端末からログアウトしました。次回からは新しいパスワードでログインしてください。',
    logIn: 'ログイン',
  },
  forget: {
    title: 'パスワードをお忘れですか？',
    introduction:
      'アカウントのメールアドレスを入力してください。新しいパスワードを設定するためのリンクをお送りします。',
    email: 'メールアドレス',
    submit: 'リンクを送信する',
    done: 'メールをご確認ください',
    doneDetail: (lifetime) =>
      `入力されたアドレスのアカウントが存在する場合は、リンクを記載したメールをお送りします。リンクの有効期限は${lifetime}です。メールが届かない場合は、迷惑メールフォルダとメールアドレスをご確認ください。`,
    again: 'もう一度送信する',
    askedAgain: '再度受け付けました。',
    otherAddress: '別のアドレスを使用する',
  },
  link: {
    missing: 'リンクが不完全です',
    missingDetail:
      'メールに記載されたリンクをもう一度開いてください。それでも開けない場合は、新しいリンクをお求めください。',
    expired: 'リンクの有効期限が切れています',
    expiredDetail: '古いリンクが悪用されないよう、リンクは短時間のみ有効です。新しいリンクをお求めください。',
    wrong: 'このリンクは無効です',
    wrongDetail:
      'すでに使用された可能性があります。パスワードを変更したばかりの場合は、新しいパスワードでログインしてください。それ以外の場合は、新しいリンクをお求めください。',
    again: '新しいリンクを送信する',
  },
  fields: {
    passwordRequired: '新しいパスワードを入力してください。',
    passwordTooShort: (minimum) => `パスワードが短すぎます。${minimum}文字以上で入力してください。`,
    passwordTooLong:
      'パスワードが長すぎます。安全に保存できるのは72バイトまでです。英数字は1文字1バイト、かなや漢字は3バイト、絵文字は4バイト以上になります。',
    passwordOver: (maximum) => `パスワードが長すぎます。${maximum}文字以内で入力してください。`,
    passwordCommon:
      'このパスワードは推測されやすいものです。よく使われているか、お名前、メールアドレス、サービス名からできています。別のパスワードを選んでください。',
    passwordBreached:
      'このパスワードは他のサービスの情報漏えいで見つかっています。別のパスワードを選んでください。',
    passwordUnusable: '使用できない文字が含まれています。別のパスワードを入力してください。',
    emailRequired: 'メールアドレスを入力してください。',
    emailInvalid: 'name@example.com のような形式でメールアドレスを入力してください。',
  },
  trouble: {
    error: 'エラー',
    title: '処理できませんでした',
    unreadable: 'フォームを読み取れませんでした。お手数ですが、このページからもう一度送信してください。',
    tooLarge: '入力内容が長すぎます。',
    throttled: (wait) =>
      `お使いのネットワークからのリクエストが多すぎます。${wait}後にもう一度お試しください。`,
    unavailable: (wait) => `現在サービスをご利用いただけません。${wait}後にもう一度お試しください。`,
    internal: 'システムでエラーが発生しました。しばらくしてからもう一度お試しください。',
  },
  script: {
    show: 'パスワードを表示',
    hide: 'パスワードを隠す',
    capsLock: 'Caps Lockがオンになっています。',
    sending: '送信中…',
    unreachable: 'サービスに接続できません。接続を確認して、もう一度お試しください。',
    strength: '強度:',
    strengths: ['短すぎます', '弱い', '普通', '良い', '強い'],
    tooLong: '長すぎます',
  },
  languages: '言語',
  terms: '利用規約',
  support: 'ヘルプ',
};

export const mails: MailMessages = {
  greeting: (name) => (name === undefined ? 'ご利用者様' : `${name} 様`),
  subject: (brand, heading) => `【${brand}】${heading}`,
  copy: 'ボタンが動作しない場合は、次のアドレスをブラウザに貼り付けてください。',
  purposes: {
    'reset-password': {
      heading: 'パスワードの再設定',
      preheader: (lifetime) => `新しいパスワードを設定してください。リンクの有効期限は${lifetime}です。`,
      opening: [
        'パスワード再設定のご依頼を受け付けました。新しいパスワードを設定するには、次のリンクを開いてください。',
      ],
      button: '新しいパスワードを設定する',
      closing: (lifetime) => [
        `リンクの有効期限は${lifetime}で、一度だけ使用できます。`,
        'お心当たりのない場合は、このメールを破棄してください。パスワードは変更されません。',
      ],
      when: (time, brand) => `ご依頼日時：${time}（${brand}のアカウント）`,
    },
    locked: {
      heading: 'アカウントがロックされました',
      preheader: () => '新しいパスワードを設定するまで、パスワードではログインできません。',
      opening: [
        'お使いのアカウントで、パスワードの入力が100回続けて失敗しました。不正なログインを防ぐため、正しいパスワードでもログインできないようにしました。すでにログイン中の端末は、そのままお使いいただけます。',
        'ロックを解除するには、新しいパスワードを設定してください。',
      ],
      button: '新しいパスワードを設定する',
      closing: (lifetime, page) => [
        `リンクの有効期限は${lifetime}で、一度だけ使用できます。`,
        `リンクの有効期限が切れている場合は、こちらから再度お申し込みください：${page}`,
      ],
      when: (time, brand) => `ロック日時：${time}（${brand}のアカウント）`,
    },
    'password-changed': {
      heading: 'パスワードが変更されました',
      preheader: () => 'すべての端末からログアウトしました。',
      opening: [
        'お客様のアカウントのパスワードが変更され、すべての端末からログアウトしました。',
        'お心当たりのない場合は、第三者がお客様のメールにアクセスしている可能性があります。ただちにパスワードを再設定してください。',
      ],
      button: 'パスワードを再設定する',
      closing: () => [],
      when: (time, brand) => `変更日時：${time}（${brand}のアカウント）`,
    },
  },
  footer: (brand) => `このメールは、${brand}のアカウントに登録されたアドレスにお送りしています。`,
};
