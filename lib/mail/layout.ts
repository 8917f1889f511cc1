import { type Brand, paletteOf } from '../brand.ts';
import type { Language } from '../core/language.ts';
import { Html, html } from '../html.ts';

export type Letter = {
  language: Language;
  brand: Brand;
  subject: string;
  /** What an inbox shows after the subject. */
  preheader: string;
  heading: string;
  greeting: string;
  /** Before the button. */
  opening: readonly string[];
  button: { text: string; link: string; copy: string };
  /** After the button. */
  closing: readonly string[];
  footer: string;
};

/** A mail's content; the text part says the same as the HTML part. */
export type Mail = { subject: string; text: string; html: string };

export function layOut(letter: Letter): Mail {
  return { subject: letter.subject, text: textOf(letter), html: htmlOf(letter).markup };
}

/** RFC 3986, appendix C: with angle brackets around it no mail program takes anything along, nor breaks the link. */
function textOf({ greeting, opening, button, closing, footer }: Letter): string {
  return `${[greeting, ...opening, `<${button.link}>`, ...closing].join('\n\n')}\n\n-- \n${footer}\n`;
}

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";
const TEXT = `${FONT};font-size:16px;line-height:24px;color:#16181d;margin:0 0 16px`;
const SMALL = `${FONT};font-size:13px;line-height:20px;color:#4d535c;margin:0`;
const HEADING = `${FONT};font-size:22px;line-height:28px;font-weight:bold;color:#16181d;margin:0 0 16px`;
/** Keeps the beginning of the mail from following the preheader in the inbox. */
const PADDING = new Html('&#847;&zwnj;&nbsp;'.repeat(60));

/**
 * Tables and inlined styles, since Outlook draws with Word and Gmail drops what it does not know; the style sheet holds
 * only what may be lost: the dark colours, and less room around on a phone.
 */
function htmlOf({
  language,
  brand,
  subject,
  preheader,
  heading,
  greeting,
  opening,
  button,
  closing,
  footer,
}: Letter): Html {
  const { fill, onFill, onLight, onDark } = paletteOf(brand.color);
  return html`<!doctype html>
<html lang="${language}" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<meta name="x-apple-disable-message-reformatting" content="">
<title>${subject}</title>
<style>
:root { color-scheme: light dark }
@media (prefers-color-scheme: dark) {
.ground { background: #111215 !important } .card { background: #1b1d22 !important } .text { color: #eceef2 !important }
.quiet { color: #b3b9c3 !important } .accent { color: ${onDark} !important } .in-light { display: none !important } .in-dark { display: block !important; max-height: none !important } }
@media (max-width: 480px) { .card { padding: 24px 20px !important } }
</style>
</head>
<body class="ground" style="margin:0;padding:0;background:#f3f4f6">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${preheader}${PADDING}</div>
<table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f3f4f6">
<tr><td align="center" style="padding:24px 12px">
<!--[if mso]><table role="presentation" width="560" cellpadding="0" cellspacing="0" border="0"><tr><td><![endif]-->
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px">
<tr><td class="text" style="${FONT};font-size:18px;line-height:24px;font-weight:bold;color:#16181d;padding:0 8px 16px">${logoOf(brand)}</td></tr>
<tr><td class="card" bgcolor="#ffffff" style="background:#ffffff;border-radius:12px;padding:32px">
<h1 class="text" style="${HEADING}">${heading}</h1>
<p class="text" style="${TEXT}">${greeting}</p>
${opening.map((paragraph) => html`<p class="text" style="${TEXT}">${paragraph}</p>\n`)}<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 16px">
<tr><td align="center" bgcolor="${fill}" style="background:${fill};border:1px solid ${onLight};border-radius:8px;mso-padding-alt:12px 24px">
<a href="${button.link}" style="${FONT};font-size:16px;line-height:24px;font-weight:bold;color:${onFill};display:inline-block;padding:12px 24px;text-decoration:none">${button.text}</a>
</td></tr>
</table>
<p class="quiet" style="${SMALL}">${button.copy}</p>
<p style="${SMALL};margin:0 0 16px;word-break:break-all"><a href="${button.link}" class="accent" style="color:${onLight}">${breakable(button.link)}</a></p>
${closing.map((paragraph) => html`<p class="text" style="${TEXT}">${paragraph}</p>\n`)}</td></tr>
<tr><td class="quiet" style="${SMALL};padding:16px 8px 0">${footer}</td></tr>
</table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr>
</table>
</body>
</html>
`;
}

/** Gmail and Outlook show no picture that is held in its URL. Which of two is seen, the style sheet says. */
function logoOf({ name, logoUrl, logoDarkUrl }: Brand): Html | string {
  if (!logoUrl?.startsWith('https:')) return name;
  const size = 'border:0;height:40px;max-width:100%';
  if (!logoDarkUrl?.startsWith('https:'))
    return html`<img src="${logoUrl}" alt="${name}" height="40" style="display:block;${size}">`;
  return html`<img class="in-light" src="${logoUrl}" alt="${name}" height="40" style="display:block;${size}">
<!--[if !mso]><!--><img class="in-dark" src="${logoDarkUrl}" alt="${name}" height="40" style="display:none;max-height:0;${size}"><!--<![endif]-->`;
}

/** The text of a link with places to break it, which Yahoo and AOL need: they drop `word-break`. */
function breakable(link: string): Html {
  const parts = link.match(/.{1,16}/gs) ?? [];
  return html`${parts.map((part, index) => (index === 0 ? html`${part}` : html`<wbr>${part}`))}`;
}
