// `npm run mails`: every mail in every language, in the browser, as the code and the variables BRAND_* make it now.
// Nothing is sent. MAILS_PORT moves it.
import { createServer, type RequestListener } from 'node:http';
import { readConfig } from '../../lib/config.ts';
import { LANGUAGES, type Language } from '../../lib/core/language.ts';
import { PURPOSES, type Purpose, rulesOf } from '../../lib/core/purpose.ts';
import { Html, html } from '../../lib/html.ts';
import type { Mail } from '../../lib/mail/layout.ts';
import { writeMail } from '../../lib/mail/templates.ts';
import { LANGUAGE_NAMES } from '../../lib/messages/catalogue.ts';
import { typed } from '../folders.ts';
import { localEnvironment } from '../local/environment.ts';
import { OperatorError } from './command-line/operator-error.ts';
import { program, run } from './command-line/run.ts';

const DEFAULT_PORT = 8006;

const NAME = typed('mails');
const main = program(
  NAME,
  'Shows every email in every language, in the browser. It listens on port 8006; MAILS_PORT changes that.',
)
  .argument('[name]', 'the name in the greeting', 'Ada Lovelace')
  .action((name: string) => serve(name));

await run(NAME, main);

/** @throws OperatorError when the port can't be had; ConfigError for a wrong setting */
function serve(name: string): Promise<void> {
  const port = Number(process.env.MAILS_PORT ?? DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new OperatorError('MAILS_PORT must be a number from 0 to 65535.');
  const server = createServer(pagesFor(name));
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = `Port ${port} is taken: set MAILS_PORT to another one.`;
      reject(error.code === 'EADDRINUSE' || error.code === 'EACCES' ? new OperatorError(taken) : error);
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      console.log(`http://localhost:${typeof address === 'object' ? address?.port : port}`);
      resolve();
    });
  });
}

function pagesFor(name: string): RequestListener {
  const config = readConfig({ ...process.env, ...localEnvironment(process.env), TABLE_PREFIX: 'none' });
  const kinds = Object.fromEntries(
    (Object.keys(PURPOSES) as Purpose[]).map((purpose) => [purpose, mailOf(purpose)]),
  );

  function mailOf(purpose: Purpose) {
    const { link: hasLink, code: hasCode } = rulesOf(purpose);
    const code = { digits: '12345678', minutes: 10 };
    const link = { tag: 'A'.repeat(64), minutes: config.tagLifetime / 60_000 };
    return (language: Language): Mail =>
      writeMail(config, {
        purpose,
        name,
        language,
        at: Date.now(),
        ...(hasLink && { link }),
        ...(hasCode && { code }),
      });
  }

  return (request, response) => {
    const [, kind = '', language, part] =
      /^\/([\w-]+)\.(\w\w)\.(html|txt)$/.exec(request.url?.replace(/\?.*/, '') ?? '') ?? [];
    const write = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    const known = LANGUAGES.find((one) => one === language);
    if (request.url === '/')
      return void response.setHeader('Content-Type', 'text/html').end(overview().markup);
    if (!write || !known) return void response.writeHead(404).end('There is no such email.\n');
    const mail = write(known);
    response.setHeader('Content-Type', `text/${part === 'html' ? 'html' : 'plain'}; charset=utf-8`);
    response.end(part === 'html' ? mail.html : `${mail.subject}\n\n${mail.text}`);
  };

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
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Emails of ${config.brand.name}</title>
<style>${new Html(`:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif } section { display: grid; gap: 0 1rem;
grid-template-columns: minmax(0, 3fr) minmax(0, 2fr) } h2, p { grid-column: 1 / -1; margin: 1rem 0 0 } iframe { width: 100%;
height: 36rem; border: 1px solid } pre { white-space: pre-wrap; overflow-wrap: anywhere }`)}</style>
<h1>Emails of ${config.brand.name}</h1>
${mails}
</html>
`;
  }
}
