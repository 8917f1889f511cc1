import { describe, expect, inject, test } from 'vitest';
import { clients, inProcess } from '../harness/client.ts';
import { functionsWith } from '../harness/functions-with.ts';
import { authenticator } from '../harness/passkey-device.ts';
import { addedPasskey, loggedInByPasskey, tryPasskey } from '../harness/passkeys.ts';
import { loggedIn, signedUp } from '../harness/people.ts';
import { expectAnswer, problem } from './answers.ts';

const cacheable = { 'cache-control': 'public, max-age=300' };
const get = (path: string) => ({ method: 'GET', path });

describe.each(clients)('$name', (client) => {
  test('there are no related origins if passkeys are only for the app’s own origin', async () => {
    expectAnswer(
      await client.send(get('/.well-known/webauthn')),
      problem(404, 'Not Found', expect.any(String)),
    );
  });

  test('password managers are sent to a page that is there', async () => {
    const { APP_URL: appUrl = '' } = inject('stack').environment;
    const reply = await client.send(get('/.well-known/passkey-endpoints'));
    const page = `${appUrl}/account`;
    expectAnswer(reply, { status: 200, headers: cacheable, body: { enroll: page, manage: page } });
    // Here the app is the API itself.
    const shown = await client.send(get(new URL(page).pathname));
    expect([shown.status, shown.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(shown.text).toContain('Your passkeys');
  });
});

describe('several origins, and a host above them', () => {
  const origins = [
    'https://app.example.com',
    'https://*.example.org',
    `android:apk-key-hash:${'A'.repeat(43)}`,
  ];
  functionsWith(() => ({ RP_ID: 'example.com', RP_NAME: 'Ada & Co.', RP_ORIGINS: origins.join(', ') }));
  const of = (origin: string) => authenticator({ rpId: 'example.com', origin });

  test('are listed as they are set', async () => {
    const reply = await inProcess.send(get('/.well-known/webauthn'));
    expectAnswer(reply, { status: 200, headers: cacheable, body: { origins } });
  });

  test.each(['https://app.example.com', 'https://shop.example.org', origins[2] as string])(
    '%s may use passkeys',
    async (origin) => {
      const tokens = await loggedIn(inProcess, await signedUp(inProcess));
      const made = of(origin);
      await addedPasskey(inProcess, tokens, made);
      await loggedInByPasskey(inProcess, made);
    },
  );

  test.each([
    'https://example.com',
    'https://x.app.example.com',
    'https://a.b.example.org',
    'https://example.org',
    'http://app.example.com',
    'android:apk-key-hash:B',
    'null',
  ])('%s may not', async (origin) => {
    const tokens = await loggedIn(inProcess, await signedUp(inProcess));
    const made = of('https://app.example.com');
    await addedPasskey(inProcess, tokens, made);
    expect((await tryPasskey(inProcess, made, { clientData: { origin } })).status).toBe(401);
  });

  test('browsers get the host and the name', async () => {
    const tokens = await loggedIn(inProcess, await signedUp(inProcess));
    const headers = { authorization: `Bearer ${tokens.accessToken}` };
    const { json } = await inProcess.send({ path: '/auth/passkeys/options', headers });
    expect(json).toMatchObject({ rp: { id: 'example.com', name: 'Ada & Co.' } });
  });
});

test.each([
  [undefined, 'https://app.example.com', 404],
  ['https://app.example.com,https://app.example.com', 'https://app.example.com', 404],
  ['https://app.example.com,https://other.example', 'https://app.example.com', 200],
  ['https://other.example', 'https://app.example.com', 200],
])('RP_ORIGINS %s of an app at %s: related origins answer %i', async (RP_ORIGINS = '', APP_URL, status) => {
  const { readConfig } = await import('../../lib/config.ts');
  const { relatedOrigins } = await import('../../lib/core/related-origins.ts');
  const config = readConfig({ ...inject('stack').environment, CORS_ORIGINS: '', APP_URL, RP_ORIGINS });
  const given = () => relatedOrigins(config);
  if (status === 404) expect(given).toThrow('not-found');
  else expect(given()).toEqual(RP_ORIGINS.split(','));
});

test('under `npm start` pages of this machine may use passkeys, and there are no related origins', async () => {
  const { readConfig } = await import('../../lib/config.ts');
  const { relatedOrigins } = await import('../../lib/core/related-origins.ts');
  const CORS_ORIGINS = 'http://localhost:*,http://127.0.0.1:*'; // as tools/local/environment.ts sets it
  const { RP_ORIGINS: _, ...environment } = inject('stack').environment;
  const config = readConfig({ ...environment, APP_URL: 'http://localhost:3000', CORS_ORIGINS });
  expect(config.relyingParty.origins).toContain('http://localhost:*');
  expect(() => relatedOrigins(config)).toThrow('not-found');
  const one = 'https://app.example.com';
  const withOne = { ...config.relyingParty, origins: [...config.relyingParty.origins, one] };
  expect(relatedOrigins({ ...config, relyingParty: withOne })).toContain(one);
});
