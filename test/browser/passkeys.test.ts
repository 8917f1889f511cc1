import { build } from 'esbuild';
import { decodeJwt } from 'jose';
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { withAccount } from '../../client/src/account.ts';
import type { createClient } from '../../client/src/index.ts';
import type * as passkeys from '../../client/src/passkeys.ts';
import { root } from '../../tools/folders.ts';
import { overHttp } from '../harness/client.ts';
import { bearer } from '../harness/passkeys.ts';
import { loggedIn, signedUp, type Tokens } from '../harness/people.ts';
import { chromiumPath, launch, visitor } from './chromium.ts';

// A real browser with an authenticator of its own: what it makes and signs is nobody's idea of the standard but its own.

type Globals = {
  gatehouse: typeof passkeys & { createClient: typeof createClient; withAccount: typeof withAccount };
};

/** What a page with passkeys does, in the browser: it asks for options, asks the authenticator, and sends its answer. */
type Asked = { status: number; json: Record<string, unknown> } | { refused: string };

type Ceremony = { kind: 'create' | 'get'; options: string; answer: string; member: string; token?: string };

function perform({ kind, options, answer, member, token }: Ceremony): Promise<Asked> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const post = async (path: string, body?: object) => {
    const response = await fetch(path, {
      method: 'POST',
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  };
  const ask = async () => {
    const { json } = await post(options);
    const parse = PublicKeyCredential as unknown as Record<string, (json: unknown) => never>;
    const credential =
      kind === 'create'
        ? await navigator.credentials.create({
            publicKey: parse.parseCreationOptionsFromJSON?.(json) as never,
          })
        : await navigator.credentials.get({ publicKey: parse.parseRequestOptionsFromJSON?.(json) as never });
    return post(answer, { [member]: (credential as PublicKeyCredential).toJSON() });
  };
  return ask().catch((error: Error) => ({ refused: error.name }));
}

const registration = {
  kind: 'create',
  options: '/auth/passkeys/options',
  answer: '/auth/passkeys',
  member: 'response',
} as const;
const logIn = {
  kind: 'get',
  options: '/auth/login/passkey/options',
  answer: '/auth/login/passkey',
  member: 'response',
} as const;
const stepUp = { ...logIn, answer: '/auth/step-up', member: 'passkey' } as const;

describe.skipIf(chromiumPath === undefined)('passkeys in Chromium', () => {
  let browser: Browser;
  const { APP_URL: appUrl = '' } = inject('stack').environment;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  /** A page of an origin, and the device of whoever looks at it. */
  async function pageOf(url: string): Promise<{ page: Page; cdp: CDPSession; authenticatorId: string }> {
    const context: BrowserContext = await visitor(browser);
    const page = await context.newPage();
    await page.goto(url);
    const cdp = await context.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return { page, cdp, authenticatorId };
  }

  async function withPasskey() {
    const person = await signedUp(overHttp);
    const tokens = await loggedIn(overHttp, person);
    const opened = await pageOf(`${appUrl}/account`);
    const added = await opened.page.evaluate(perform, { ...registration, token: tokens.accessToken });
    expect(added).toMatchObject({ status: 201, json: { passkey: { type: 'passkey' } } });
    return { tokens, ...opened };
  }

  test('one registers, logs in and steps up', async () => {
    const { tokens, page, cdp, authenticatorId } = await withPasskey();
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    expect(credentials).toEqual([expect.objectContaining({ isResidentCredential: true, rpId: 'localhost' })]);
    const sub = String(decodeJwt(tokens.accessToken).sub);
    const handle = Buffer.from(credentials[0]?.userHandle ?? '', 'base64').toString('hex');
    expect(handle).toBe(sub.replaceAll('-', ''));

    for (let nth = 1; nth <= 2; nth += 1) {
      const opened = (await page.evaluate(perform, logIn)) as { status: number; json: unknown };
      expect(opened.status).toBe(200);
      expect(decodeJwt((opened.json as Tokens).accessToken)).toMatchObject({ sub, acr: 'aal2' });
    }

    const raised = (await page.evaluate(perform, { ...stepUp, token: tokens.accessToken })) as {
      json: unknown;
    };
    expect(decodeJwt((raised.json as Tokens).accessToken)).toMatchObject({ sub, acr: 'aal2' });
    const headers = bearer(raised.json as Tokens);
    const { json } = await overHttp.send({ path: '/auth/passkeys/options', headers });
    expect((json as { excludeCredentials: unknown[] }).excludeCredentials).toHaveLength(1);
    // The device knows by that list that it has one already.
    const again = await page.evaluate(perform, {
      ...registration,
      token: (raised.json as Tokens).accessToken,
    });
    expect(again).toEqual({ refused: 'InvalidStateError' });
  });

  test('the client adds a passkey, logs in and steps up with it, and has the browser forget it', async () => {
    const person = await signedUp(overHttp);
    const { page, cdp, authenticatorId } = await pageOf(`${appUrl}/account`);
    const { outputFiles } = await build({
      stdin: {
        contents: `export { createClient } from './index.ts'; export { withAccount } from './account.ts'; export * from './passkeys.ts';`,
        resolveDir: `${root}client/src`,
        loader: 'ts',
      },
      ...{ bundle: true, write: false, format: 'iife', globalName: 'gatehouse' },
    });
    await page.evaluate(`${outputFiles[0]?.text}; globalThis.gatehouse = gatehouse;`);
    const seen = await page.evaluate(async ({ email, password }) => {
      const { createClient, withAccount, withPasskeys, hasPasskeys } = (globalThis as unknown as Globals)
        .gatehouse;
      const client = withPasskeys(withAccount(createClient({ baseUrl: '' })));
      const codeOf = (error: { code?: string; status: number }) => error.code ?? error.status;
      await client.logIn({ email, password });
      const { passkey } = await client.addPasskey('My laptop');
      const low = await client.removePasskey(passkey.factorId).catch(codeOf);
      await client.stepUpWithPasskey();
      const again = await client.addPasskey().catch(codeOf);
      const { user } = await client.logInWithPasskey();
      await client.renamePasskey(passkey.factorId, 'Laptop');
      const names = (await client.account()).factors.map(({ name }) => name);
      await client.removePasskey(passkey.factorId);
      const gone = await client.logInWithPasskey().catch(codeOf);
      return { supported: hasPasskeys(), low, again, email: user.email, names, gone };
    }, person);
    const expected = { supported: true, low: 'step-up-required', again: 0, names: ['Laptop'] };
    expect(seen).toMatchObject({ ...expected, email: person.email });
    expect(['unknown-credential', 0]).toContain(seen.gone); // 0: the browser had been told already
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    expect(credentials).toEqual([]);
  });

  test('whoever is not verified does not get in', async () => {
    const { page, cdp, authenticatorId } = await withPasskey();
    await cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    expect(await page.evaluate(perform, logIn)).toEqual({ refused: 'NotAllowedError' });
  });

  test('a page of another origin gets no passkey from the browser, and what it signs itself is refused', async () => {
    const { page, cdp, authenticatorId } = await withPasskey();
    // The same API under another name: as a page that looks like ours.
    const other = appUrl.replace('localhost', '127.0.0.1');
    await page.goto(`${other}/account`);
    expect(await page.evaluate(perform, logIn)).toEqual({ refused: expect.stringMatching(/SecurityError/) });

    // Another port of localhost has the same RP ID, so that the browser asks the device: the origin gives it away.
    await page.goto(`${appUrl}/account`);
    const { json: options } = await overHttp.send({ path: '/auth/login/passkey/options' });
    const inbox = inject('stack').inboxUrl.replace('127.0.0.1', 'localhost');
    await page.goto(inbox);
    const signed = await page.evaluate(async (given) => {
      const parse = PublicKeyCredential as unknown as Record<string, (json: unknown) => never>;
      const publicKey = parse.parseRequestOptionsFromJSON?.(given) as never;
      return ((await navigator.credentials.get({ publicKey })) as PublicKeyCredential).toJSON();
    }, options);
    const reply = await overHttp.send({ path: '/auth/login/passkey', body: { response: signed } });
    expect([reply.status, (reply.json as { code: string }).code]).toEqual([401, 'wrong-credentials']);
    const { credentials } = await cdp.send('WebAuthn.getCredentials', { authenticatorId });
    expect(credentials).toHaveLength(1);
  });
});
