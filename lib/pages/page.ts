import { createHash } from 'node:crypto';
import type { Brand } from '../brand.ts';
import { LANGUAGES, type Language } from '../core/language.ts';
import { Html, html } from '../html.ts';
import { numberIn } from '../messages/amounts.ts';
import { LANGUAGE_NAMES, pageMessages } from '../messages/catalogue.ts';
import { enhance, type ScriptWords } from './enhance.ts';
import { strengthOf } from './strength.ts';
import { styleOf } from './style.ts';
import type { ForgetForm, ResetForm, View } from './view.ts';

export type PageSettings = { brand: Brand; passwordMinimum: number };

/** A whole page, and the headers that a browser is to hold it to. */
export type Page = { page: Html; headers: Record<string, string> };

/** Writes pages of one brand. What is the same on all of them is made once. */
export function pageWriter(settings: PageSettings): (view: View, language: Language) => Page {
  const { brand } = settings;
  const style = styleOf(brand);
  const script = `(${enhance})(${strengthOf})`;
  const headers = pageHeaders(style, script, brand.logoUrl);

  return (view, language) => {
    const messages = pageMessages[language];
    const failed = view.alert !== undefined || view.form?.error !== undefined;
    const page = html`<!doctype html>
<html lang="${language}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${failed && `${messages.trouble.error}: `}${view.title} – ${brand.name}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>${brand.logoUrl === undefined ? brand.name : html`<img src="${brand.logoUrl}" alt="${brand.name}">`}</header>
<main>
<h1>${view.title}</h1>
${view.paragraphs.map((paragraph) => html`<p>${paragraph}</p>\n`)}${view.form ? formOf(view.form, view.alert, language, settings) : view.alert && html`<p class="alert" role="alert">${view.alert}</p>\n`}${
  view.link && html`<p class="next"><a href="${view.link.to}">${view.link.text}</a></p>\n`
}</main>
${view.form && languagesOf(view.form, language)}<script>${new Html(script)}</script>
</body>
</html>
`;
    return { page, headers };
  };
}

function formOf(
  form: ResetForm | ForgetForm,
  alert: string | undefined,
  language: Language,
  settings: PageSettings,
): Html {
  const messages = pageMessages[language];
  const { brand, passwordMinimum: minimum } = settings;
  const email = form.email ?? '';
  const words: ScriptWords = { ...messages.script, brand: brand.name, minimum, known: [email, brand.name] };
  const submit = form.kind === 'reset' ? messages.reset.submit : messages.forget.submit;
  // The page's own address without its query: with a stage in the path or without, and with a slash at its end or without.
  return html`<form method="post" action="?lang=${language}" data-script="${JSON.stringify(words)}">
<p id="alert" class="alert" role="alert"${new Html(alert === undefined ? ' hidden' : '')}>${alert}</p>
${form.kind === 'reset' ? passwordField(form, language, minimum) : emailField(form, language)}
<button class="main">${submit}</button>
</form>
`;
}

function passwordField({ tag, email, error }: ResetForm, language: Language, minimum: number): Html {
  const messages = pageMessages[language];
  // The address is there for password managers too, which keep the new password under it. No upper limit on the field:
  // what a browser would cut off in silence is refused in words.
  return html`<input type="hidden" name="tag" value="${tag}">
${
  email !== undefined &&
  html`<div class="field">
<label for="username">${messages.reset.account}</label>
<input id="username" name="username" type="email" value="${email}" autocomplete="username" readonly>
</div>`
}
<div class="field">
<label for="password">${messages.reset.password}</label>
<p id="policy" class="hint">${messages.reset.policy(numberIn(language, minimum))}</p>
${fieldError(error)}
<input id="password" name="password" type="password" autocomplete="new-password" autocapitalize="none" spellcheck="false" required minlength="${minimum}" aria-describedby="policy field-error"${faulty(error)}>
<button type="button" id="show" class="small" aria-controls="password" hidden>${messages.script.show}</button>
<div id="strength"></div>
</div>`;
}

function emailField({ email, error }: ForgetForm, language: Language): Html {
  return html`<div class="field">
<label for="email">${pageMessages[language].forget.email}</label>
${fieldError(error)}
<input id="email" name="email" type="email" value="${email}" autocomplete="username" autocapitalize="none" spellcheck="false" required aria-describedby="field-error"${faulty(error)}>
</div>`;
}

function fieldError(error: string | undefined): Html {
  return html`<p id="field-error" class="error"${new Html(error === undefined ? ' hidden' : '')}>${error}</p>`;
}

function faulty(error: string | undefined): Html {
  return new Html(error === undefined ? '' : ' aria-invalid="true" autofocus');
}

/** The same form in the other languages, for whoever's browser asks for a wrong one. */
function languagesOf(form: ResetForm | ForgetForm, current: Language): Html {
  const tag = form.kind === 'reset' ? `&tag=${encodeURIComponent(form.tag)}` : '';
  const items = LANGUAGES.map((language) => {
    const name = LANGUAGE_NAMES[language];
    const link = html`<a href="?lang=${language}${tag}" hreflang="${language}">${name}</a>`;
    const item = language === current ? html`<strong aria-current="true">${name}</strong>` : link;
    return html`<li lang="${language}">${item}</li>`;
  });
  return html`<footer>
<nav aria-label="${pageMessages[current].languages}"><ul>${items}</ul></nav>
</footer>
`;
}

/**
 * Nothing but the page's own style and script, by their hashes; forms go nowhere but back; nobody may frame it; and text
 * is never made into markup or code.
 *
 * @see https://www.w3.org/TR/CSP3/ and https://www.w3.org/TR/trusted-types/
 */
function pageHeaders(style: string, script: string, logoUrl: string | undefined): Record<string, string> {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  const logo =
    logoUrl === undefined
      ? []
      : [`img-src ${logoUrl.startsWith('data:') ? 'data:' : new URL(logoUrl).origin}`];
  const policy = [
    "default-src 'none'",
    `style-src ${hash(style)}`,
    `script-src ${hash(script)}`,
    "connect-src 'self'",
    ...logo,
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Frame-Options': 'DENY',
  };
}
