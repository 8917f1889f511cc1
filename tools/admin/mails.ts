// `npm run mails`: every mail in every language, in the browser, as the code and the variables BRAND_* make it now.
// Nothing is sent. MAILS_PORT moves it.
import { createServer } from 'node:http';
import { readConfig } from '../../lib/config.ts';
import { LANGUAGES, type Language } from '../../lib/core/language.ts';
import { Html, html } from '../../lib/html.ts';
import type { Mail } from '../../lib/mail/layout.ts';
import { passwordChangedMail, resetLinkMail } from '../../lib/mail/templates.ts';
import { LANGUAGE_NAMES } from '../../lib/messages/catalogue.ts';
import { localEnvironment } from '../local/environment.ts';

const DEFAULT_PORT = 8006;

const config = readConfig({ ...process.env, ...localEnvironment(process.env), TABLE_PREFIX: 'none' });
const name = process.argv[2] ?? 'Ada Lovelace';
const kinds: Record<string, (language: Language) => Mail> = {
  'reset-link': (language) =>
    resetLinkMail(config, { name, language }, 'A'.repeat(64), config.tagLifetime / 60_000),
  'password-changed': (language) => passwordChangedMail(config, { name, language }),
};

const server = createServer((request, response) => {
  const [, kind = '', language, part] =
    /^\/([\w-]+)\.(\w\w)\.(html|txt)$/.exec(request.url?.replace(/\?.*/, '') ?? '') ?? [];
  const write = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  const known = LANGUAGES.find((one) => one === language);
  if (request.url === '/') return void response.setHeader('Content-Type', 'text/html').end(overview().markup);
  if (!write || !known) return void response.writeHead(404).end('There is no such mail.\n');
  const mail = write(known);
  response.setHeader('Content-Type', `text/${part === 'html' ? 'html' : 'plain'}; charset=utf-8`);
  response.end(part === 'html' ? mail.html : `${mail.subject}\n\n${mail.text}`);
});

function overview(): Html {
  const mails = Object.entries(kinds).flatMap(([kind, write]) =>
    LANGUAGES.map((language) => {
      const { subject, text } = write(language);
      const file = `${kind}.${language}`;
      return html`<section lang="${language}"><h2>${LANGUAGE_NAMES[language]}: ${subject}</h2>
<p><a href="${file}.html">HTML</a> <a href="${file}.txt">text</a></p>
<iframe src="${file}.html" title="${subject}" sandbox></iframe><pre>${text}</pre></section>`;
    }),
  );
  return html`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mails of ${config.brand.name}</title>
<style>${new Html(`:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif } section { display: grid; gap: 0 1rem;
grid-template-columns: minmax(0, 3fr) minmax(0, 2fr) } h2, p { grid-column: 1 / -1; margin: 1rem 0 0 } iframe { width: 100%;
height: 36rem; border: 1px solid } pre { white-space: pre-wrap; overflow-wrap: anywhere }`)}</style>
<h1>Mails of ${config.brand.name}</h1>
${mails}
</html>
`;
}

const port = Number(process.env.MAILS_PORT ?? DEFAULT_PORT);
server.listen(port, '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://localhost:${typeof address === 'object' ? address?.port : port}`);
});
