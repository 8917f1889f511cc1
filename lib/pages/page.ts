import type { Brand } from '../brand.ts';
import { LANGUAGES, type Language } from '../core/language.ts';
import { Html, html } from '../html.ts';
import { LANGUAGE_NAMES, pageMessages } from '../messages/catalogue.ts';
import type { PageMessages } from '../messages/messages.ts';
import { enhance, type ScriptWords } from './enhance.ts';
import { writeForm } from './form.ts';
import { iconOf } from './icon.ts';
import { pageHeaders } from './page-headers.ts';
import { strengthOf } from './strength.ts';
import { styleOf } from './style.ts';
import type { Form, Link, View } from './view.ts';

export type PageSettings = {
  brand: Brand;
  passwordMinimum: number;
  /** Full URLs, linked at the foot of every page. */
  termsUrl?: string | undefined;
  supportUrl?: string | undefined;
};

/** A page and its headers. */
export type Page = { page: Html; headers: Record<string, string> };

/** Makes the pages of one brand. Their common parts are made once. */
export function pageWriter(settings: PageSettings): (view: View, language: Language) => Page {
  const { brand, passwordMinimum } = settings;
  const style = styleOf(brand);
  const script = `(${enhance})(${strengthOf})`;
  const icon = iconOf(brand);
  const headers = pageHeaders(style, script, [icon, brand.logoUrl, brand.logoDarkUrl]);

  return (view, language) => {
    const messages = pageMessages[language];
    const failed = view.alert !== undefined || view.form?.field?.error !== undefined;
    const known = [view.form?.account ?? '', brand.name];
    const words: ScriptWords = { ...messages.script, brand: brand.name, minimum: passwordMinimum, known };
    const page = html`<!doctype html>
<html lang="${language}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="${icon}">
<title>${failed && `${messages.trouble.error}: `}${view.title} – ${brand.name}</title>
<style>${new Html(style)}</style>
</head>
<body>
<header>${logoOf(brand)}</header>
<main data-script="${JSON.stringify(words)}">
${contentOf(view, { language, passwordMinimum })}</main>
${footerOf(view.form, language, settings)}<script>${new Html(script)}</script>
</body>
</html>
`;
    return { page, headers };
  };
}

function contentOf(view: View, writing: { language: Language; passwordMinimum: number }): Html {
  const { title, done, address, notice, paragraphs, alert, form, link, other } = view;
  return html`<h1${new Html(done ? ' class="done"' : '')}>${title}</h1>
${address !== undefined && html`<p class="address"><bdi>${address}</bdi></p>\n`}${
  notice !== undefined && html`<p class="notice" role="status">${notice}</p>\n`
}${paragraphs.map((paragraph) => html`<p>${paragraph}</p>\n`)}${
  form
    ? writeForm(form, alert, writing)
    : alert !== undefined && html`<p class="alert" role="alert">${alert}</p>\n`
}${[link, other].map((one) => (one === undefined ? html`` : linkOf(one)))}`;
}

function linkOf({ to, text }: Link): Html {
  return html`<p class="next"><a href="${to}">${text}</a></p>\n`;
}

function logoOf({ name, logoUrl, logoDarkUrl }: Brand): Html {
  if (logoUrl === undefined) return html`<bdi>${name}</bdi>`;
  const dark =
    logoDarkUrl !== undefined && html`<source srcset="${logoDarkUrl}" media="(prefers-color-scheme: dark)">`;
  return html`<picture>${dark}<img src="${logoUrl}" alt="${name}"></picture>`;
}

/** Links to the same form in other languages, for people whose browser has the wrong one, and links to help. */
function footerOf(form: Form | undefined, language: Language, settings: PageSettings): Html {
  const messages = pageMessages[language];
  // No links for a form that is only a button to try again.
  const languages = form && (form.field ?? form.query.tag) && languagesOf(form, language, messages);
  const links = [
    { to: settings.termsUrl, text: messages.terms },
    { to: settings.supportUrl, text: messages.support },
  ].flatMap(({ to, text }) => (to === undefined ? [] : [html`<a href="${to}">${text}</a>\n`]));
  if (!languages && links.length === 0) return html``;
  return html`<footer>
${languages}${links.length > 0 && html`<p class="links">\n${links}</p>\n`}</footer>
`;
}

function languagesOf({ query }: Form, current: Language, messages: PageMessages): Html {
  const items = LANGUAGES.map((language) => {
    const name = LANGUAGE_NAMES[language];
    const link = html`<a href="?${new URLSearchParams({ lang: language, ...query }).toString()}" hreflang="${language}">${name}</a>`;
    const item = language === current ? html`<strong aria-current="true">${name}</strong>` : link;
    return html`<li lang="${language}">${item}</li>`;
  });
  return html`<nav aria-label="${messages.languages}"><ul>${items}</ul></nav>
`;
}
