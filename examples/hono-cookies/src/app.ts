// An application that renders its pages on the server, and keeps the session in an HttpOnly cookie. Its forms work without
// JavaScript; a page with scripts asks /api/auth/… by `gatehouse-client/cookies`.
import { gatehouseServer, localPath } from 'gatehouse-client/server';
import { type Context, Hono } from 'hono';
import { html } from 'hono/html';
import { secureHeaders } from 'hono/secure-headers';

const { GATEHOUSE_URL = 'http://localhost:3000', ORIGIN = 'http://localhost:8080' } = process.env;

const auth = gatehouseServer({ baseUrl: GATEHOUSE_URL, origin: ORIGIN });

export const app = new Hono();

app.use(secureHeaders());
app.all('/api/auth/*', (c) => auth.handler(c.req.raw));

app.get('/', async (c) => {
  const visit = auth.visit(c.req.raw);
  const claims = await visit.claims();
  if (claims === undefined) return c.redirect('/log-in?to=/', 303);
  const { sessions } = await visit.client.sessions(); // any operation of the account
  return page(
    c,
    'You',
    html`<p>You are ${claims.userName}, logged in on ${sessions.length} devices.</p>
      <form method="post" action="/log-out"><button>Log out</button></form>`,
    visit.cookies(),
  );
});

app.get('/log-in', (c) => page(c, 'Log in', logInForm(localPath(c.req.query('to')))));

app.post('/log-in', async (c) => {
  const { email = '', password = '', to } = await formOf(c);
  const answer = await auth.send(c.req.raw, '/login', { email, password });
  if (answer.ok) return goTo(c, to, answer);
  const { code, challenge = '', message } = await answer.json();
  if (code === 'second-factor-required') return page(c, 'One more step', codeForm(localPath(to), challenge));
  return page(c, 'Log in', logInForm(localPath(to), message), [], answer.status);
});

app.post('/second-factor', async (c) => {
  const { challenge = '', code = '', to } = await formOf(c);
  const proof = /^\d{6}$/.test(code) ? { code } : { recoveryCode: code };
  const answer = await auth.send(c.req.raw, '/login/second-factor', { challenge, ...proof });
  if (answer.ok) return goTo(c, to, answer);
  const { message } = await answer.json();
  return page(c, 'One more step', codeForm(localPath(to), challenge, message), [], answer.status);
});

app.post('/log-out', async (c) => goTo(c, '/log-in', await auth.send(c.req.raw, '/logout', {})));

type Form = Partial<Record<string, string>>;
const formOf = async (c: Context) => (await c.req.parseBody()) as Form;

/** Sends the browser on, with the cookies of an answer, and to no other site. */
function goTo(c: Context, to: string | undefined, answer: Response): Response {
  for (const line of answer.headers.getSetCookie()) c.header('set-cookie', line, { append: true });
  return c.redirect(localPath(to), 303);
}

function page(
  c: Context,
  title: string,
  content: ReturnType<typeof html>,
  cookies: readonly string[] = [],
  status = 200,
) {
  for (const line of cookies) c.header('set-cookie', line, { append: true });
  c.header('cache-control', 'no-store'); // it shows somebody's data
  c.status(status as 200);
  return c.html(html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      ${content}
    </main>
  </body>
</html>`);
}

const alert = (message: string | undefined) => (message ? html`<p role="alert">${message}</p>` : '');

const logInForm = (to: string, message?: string) => html`${alert(message)}
  <form method="post" action="/log-in">
    <input type="hidden" name="to" value="${to}">
    <label>Email <input name="email" type="email" autocomplete="username" required></label>
    <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
    <button>Log in</button>
  </form>`;

const codeForm = (to: string, challenge: string, message?: string) => html`${alert(message)}
  <form method="post" action="/second-factor">
    <input type="hidden" name="to" value="${to}">
    <input type="hidden" name="challenge" value="${challenge}">
    <label>Code from your app, or a recovery code <input name="code" autocomplete="one-time-code" required></label>
    <button>Go on</button>
  </form>`;
