import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { build } from 'esbuild';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import type { createCookieClient } from '../../client/src/cookies.ts';
import { gatehouseServer } from '../../client/src/server.ts';
import { root } from '../../tools/folders.ts';
import { freePort } from '../../tools/local/ports.ts';
import { overHttp } from '../harness/client.ts';
import { type Person, signedUp } from '../harness/people.ts';
import { chromiumPath, launch } from './chromium.ts';

// What a real browser sends along, and keeps from pages: nobody's idea of Sec-Fetch-Site, Origin and cookies but its own.

type Globals = { gatehouse: { createCookieClient: typeof createCookieClient } };

/** An application at `localhost`, which answers to `127.0.0.1` too: to a browser that is another site. */
async function application() {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const auth = gatehouseServer({ baseUrl: inject('stack').apiUrl, origin });
  const { outputFiles } = await build({
    entryPoints: [`${root}client/src/cookies.ts`],
    ...{ bundle: true, write: false, format: 'iife', globalName: 'gatehouse' },
  });
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const request = new Request(origin + incoming.url, {
      method: incoming.method ?? 'GET',
      headers: Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    });
    const response = await answer(request);
    for (const [name, value] of response.headers) if (name !== 'set-cookie') outgoing.setHeader(name, value);
    outgoing.setHeader('set-cookie', response.headers.getSetCookie());
    outgoing.writeHead(response.status).end(await response.text());
  });
  /** The pages, a form that the server gets itself, and what pages ask. */
  async function answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith('/api/auth')) return auth.handler(request);
    if (request.method === 'POST')
      return auth.send(request, '/login', Object.fromEntries(new URLSearchParams(await request.text())));
    const headers = { 'content-type': 'text/html', 'referrer-policy': 'no-referrer' };
    return new Response(`<!doctype html><title>page</title><script>${outputFiles[0]?.text}</script>`, {
      headers,
    });
  }
  server.listen(port); // on all of this machine's names
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin, foreign: `http://127.0.0.1:${port}` };
}

describe.skipIf(chromiumPath === undefined)('a session in a cookie, in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  async function visit(url: string): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(url);
    return { context, page };
  }

  const welcome = (page: Page) =>
    page.evaluate(() =>
      (globalThis as unknown as Globals).gatehouse
        .createCookieClient()
        .welcome()
        .then(({ user }) => user.email)
        .catch(({ status }) => String(status)),
    );

  /** A form of a page, sent as a person does: the answer fills the window. */
  const sendForm = (page: Page, action: string, person: Person) =>
    Promise.all([
      page.waitForResponse(action),
      page.waitForURL(action), // else the next page that is opened interrupts this one
      page.evaluate(
        ([url = '', email = '', password = '']) => {
          const form = Object.assign(document.createElement('form'), { method: 'post', action: url });
          for (const [name, value] of Object.entries({ email, password }))
            form.append(Object.assign(document.createElement('input'), { name, value }));
          document.body.append(form);
          form.submit();
        },
        [action, person.email, person.password],
      ),
    ]).then(([response]) => response);

  test('is out of reach of scripts, outlives a reload, and is gone after a log-out', async () => {
    const { origin } = await application();
    const person = await signedUp(overHttp);
    const { context, page } = await visit(origin);
    const seen = await page.evaluate(async ({ email, password }) => {
      const client = (globalThis as unknown as Globals).gatehouse.createCookieClient();
      await client.logIn({ email, password });
      return [document.cookie, JSON.stringify([{ ...localStorage }, { ...sessionStorage }])];
    }, person);
    expect(seen).toEqual(['', '[{},{}]']);
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ name: 'gatehouse', httpOnly: true, sameSite: 'Lax', path: '/' });
    await page.reload();
    expect(await welcome(page)).toBe(person.email);
    await page.evaluate(() => (globalThis as unknown as Globals).gatehouse.createCookieClient().logOut());
    expect(await context.cookies()).toEqual([]);
    expect(await welcome(page)).toBe('401');
  });

  test('opens by a form of its own page, and by none of another site', async () => {
    const { origin, foreign } = await application();
    const person = await signedUp(overHttp);
    const { context, page } = await visit(foreign);
    const refused = await sendForm(page, `${origin}/log-in`, person);
    expect([refused.status(), await context.cookies()]).toEqual([403, []]);
    expect(await refused.request().headerValue('sec-fetch-site')).toBe('cross-site');

    await page.goto(origin);
    const taken = await sendForm(page, `${origin}/log-in`, person);
    expect(await taken.request().headerValue('origin')).toBe('null'); // the page sends no referrer
    expect([taken.status(), (await context.cookies()).length]).toEqual([200, 1]);

    await page.goto(foreign);
    const reached = await page.evaluate(async (url) => {
      const tries = [
        fetch(`${url}/api/auth/delete-account`, {
          method: 'POST',
          mode: 'no-cors',
          credentials: 'include',
          body: '{}',
        }),
        fetch(`${url}/api/auth/export`, { credentials: 'include' }),
      ];
      return (await Promise.allSettled(tries)).map((one) =>
        one.status === 'fulfilled' ? one.value.type : 'refused',
      );
    }, origin);
    expect(reached).toEqual(['opaque', 'refused']);
    await page.goto(origin);
    expect(await welcome(page)).toBe(person.email);
  });
});
