import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { refusing, unauthorized } from './interfered-api.ts';
import { letTokensExpire, REFRESH, tabsOf, type World, world } from './world.ts';

/** A server that is not ours: it answers 401 to everything, and tells what it was sent. */
async function foreignServer() {
  const authorizations: (string | undefined)[] = [];
  const server = createServer((incoming, outgoing) => {
    authorizations.push(incoming.headers.authorization);
    outgoing.writeHead(401).end('no');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, authorizations };
}

const stream = (text: string) => new Blob([text]).stream();

describe('authFetch to another origin', () => {
  test('sends no token, returns the 401 as it is, and refreshes nothing', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    const foreign = await foreignServer();
    letTokensExpire();

    expect((await tab.authFetch(foreign.url)).status).toBe(401);
    expect((await tab.authFetch(new URL(foreign.url))).status).toBe(401);
    expect((await tab.authFetch(new Request(foreign.url))).status).toBe(401);
    expect(foreign.authorizations).toEqual([undefined, undefined, undefined]);
    expect(here.api.count(REFRESH)).toBe(0);
  });

  test('to which ours has redirected gets no token, and its 401 refreshes nothing', async () => {
    const here = await world();
    const [tab] = await tabsOf(here, 1);
    const foreign = await foreignServer();
    here.api.next('/elsewhere', ({ send }) =>
      send({ status: 302, headers: { location: foreign.url }, body: '' }),
    );

    expect((await tab.authFetch(`${here.api.url}/elsewhere`)).status).toBe(401);
    expect(foreign.authorizations).toEqual([undefined]);
    expect(here.api.count(REFRESH)).toBe(0);
  });

  test('that is configured gets the token', async () => {
    const here = await world();
    const other = await foreignServer();
    const tab = here.open({ origins: [`${other.url}/`] });
    await tab.logIn(here.person);
    const token = await tab.accessToken();

    await tab.authFetch(`${other.url}/things`);
    expect(other.authorizations[0]).toBe(`Bearer ${token}`);
  });
});

describe('a server of ours that refuses every token', () => {
  test('gets one new token, not one for each request', async () => {
    const here = await world();
    const other = await foreignServer();
    const tab = here.open({ origins: [other.url] });
    await tab.logIn(here.person);

    for (let i = 0; i < 5; i++) expect((await tab.authFetch(other.url)).status).toBe(401);
    expect(here.api.count(REFRESH)).toBe(1);
    expect(other.authorizations).toHaveLength(6);
  });
});

describe('the body of a request whose token was refused', () => {
  async function refused(here: World) {
    const [tab] = await tabsOf(here, 1);
    const guard = refusing(await tab.accessToken());
    here.api.next('/things', guard, async ({ request, send }) =>
      send(request.body === 'the body' ? { status: 200, headers: {}, body: 'thanks' } : unauthorized),
    );
    return { tab, url: `${here.api.url}/things` };
  }
  const method = 'POST';

  test.for<[string, () => BodyInit]>([
    ['text', () => 'the body'],
    ['bytes', () => new TextEncoder().encode('the body')],
    ['a Blob', () => new Blob(['the body'])],
  ])('is sent again when it is %s', async ([, body]) => {
    const here = await world();
    const { tab, url } = await refused(here);
    const response = await tab.authFetch(url, { method, body: body() });
    expect(await response.text()).toBe('thanks');
  });

  test('is sent again when it is that of a Request', async () => {
    const here = await world();
    const { tab, url } = await refused(here);
    const response = await tab.authFetch(new Request(url, { method, body: 'the body' }));
    expect(await response.text()).toBe('thanks');
  });

  test('is not sent again when it is a stream: the 401 comes back, and the next call has a new token', async () => {
    const here = await world();
    const { tab, url } = await refused(here);
    const streaming = () => ({ method, body: stream('the body'), duplex: 'half' }) as RequestInit;

    expect((await tab.authFetch(url, streaming())).status).toBe(401);
    expect(here.api.count('/things')).toBe(1);
    expect(await (await tab.authFetch(url, streaming())).text()).toBe('thanks');
    expect(here.api.count(REFRESH)).toBe(1);
  });
});

test('authFetch keeps the headers it is given', async () => {
  const here = await world();
  const [tab] = await tabsOf(here, 1);
  const response = await tab.authFetch(`${here.api.url}/auth`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain', Authorization: 'Basic no' },
    body: 'no JSON',
  });
  expect(response.status).not.toBe(401);
});

test('a caller that gives up does not wait for the refresh, which goes on', async () => {
  const here = await world();
  const [tab] = await tabsOf(here, 1);
  letTokensExpire();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  here.api.next(REFRESH, async ({ forward, send }) => {
    await opened;
    send(await forward());
  });
  const giving = new AbortController();
  const request = tab.authFetch(`${here.api.url}/auth`, { method: 'POST', signal: giving.signal });
  giving.abort(new Error('enough'));

  await expect(request).rejects.toThrow('enough');
  open();
  await expect(tab.welcome()).resolves.toBeDefined();
  expect(here.api.count(REFRESH)).toBe(1);
});

test('without a session authFetch rejects with a 401 and asks nobody', async () => {
  const here = await world();
  await expect(here.open().authFetch(`${here.api.url}/auth`)).rejects.toMatchObject({ status: 401 });
  expect(here.api.seen).toEqual([]);
});
