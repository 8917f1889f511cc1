import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { eventually } from '../../test/harness/eventually.ts';
import { addedPasskey, device } from '../../test/harness/passkeys.ts';
import { loggedIn, signedUp } from '../../test/harness/people.ts';
import { withAccount } from '../src/account.ts';
import { createClient, memoryStorage } from '../src/index.ts';
import { canAutofillPasskeys, hasPasskeys, withPasskeys } from '../src/passkeys.ts';

// The browser is made up here, so that time can pass; the device and the service are real. test/browser has Chromium.

type Ask = { publicKey: { challenge: string }; mediation?: string; signal?: AbortSignal };
const signals: [string, object][] = [];
let get: (ask: Ask) => Promise<unknown>;

beforeEach(() => {
  signals.length = 0;
  const tell = (name: string) => async (which: object) => void signals.push([name, which]);
  vi.stubGlobal('PublicKeyCredential', {
    parseRequestOptionsFromJSON: (options: object) => options,
    isConditionalMediationAvailable: async () => true,
    signalUnknownCredential: tell('unknown'),
    signalAllAcceptedCredentials: tell('accepted'),
  });
  vi.stubGlobal('navigator', { credentials: { get: (ask: Ask) => get(ask) } });
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function open() {
  const { apiUrl: baseUrl } = inject('stack');
  const client = createClient({ baseUrl, storage: memoryStorage() });
  onTestFinished(() => client.close());
  return withPasskeys(withAccount(client));
}

const untilAborted = ({ signal }: Ask) =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new DOMException('given up', 'AbortError')));
  });

describe('passkeys in a browser', () => {
  test('an autofill that waits for long logs in with a challenge that the service still knows', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const person = await signedUp(overHttp);
    const made = device();
    await addedPasskey(overHttp, await loggedIn(overHttp, person), made);
    const asks: Ask[] = [];
    get = async (ask) => {
      asks.push(ask);
      if (asks.length < 3) return untilAborted(ask);
      return { toJSON: () => made.logIn(ask.publicKey) };
    };
    expect([hasPasskeys(), await canAutofillPasskeys()]).toEqual([true, true]);
    const loggingIn = open().logInWithPasskey({ autofill: true });
    for (const round of [1, 2]) {
      await eventually(() => expect(asks).toHaveLength(round));
      expect(asks.at(-1)?.mediation).toBe('conditional');
      vi.advanceTimersByTime(4 * 60_000);
    }
    expect((await loggingIn).user.email).toBe(person.email);
    expect(new Set(asks.map(({ publicKey }) => publicKey.challenge)).size).toBe(3);
  });

  test('the wait of an autofill is ended by its signal, and asks no more', async () => {
    const asks: Ask[] = [];
    get = (ask) => {
      asks.push(ask);
      return untilAborted(ask);
    };
    const wait = new AbortController();
    const loggingIn = open().logInWithPasskey({ autofill: true, signal: wait.signal });
    await eventually(() => expect(asks).toHaveLength(1));
    wait.abort();
    await expect(loggingIn).rejects.toMatchObject({ status: 0 });
    const late = open().logInWithPasskey({ autofill: true, signal: wait.signal });
    await expect(late).rejects.toMatchObject({ status: 0 });
    expect(asks).toHaveLength(1);
  });

  test('the browser is asked to delete a passkey that no account has', async () => {
    const made = device();
    made.register({ challenge: 'AA', user: { id: Buffer.from('0'.repeat(16)).toString('base64url') } });
    get = async ({ publicKey }) => ({ toJSON: () => made.logIn(publicKey) });
    await expect(open().logInWithPasskey()).rejects.toMatchObject({ code: 'unknown-credential' });
    expect(signals).toEqual([['unknown', { rpId: 'localhost', credentialId: made.credentialId }]]);
  });

  test('a browser that refuses is an error of status 0 with what it said', async () => {
    const cause = new DOMException('no', 'NotAllowedError');
    get = async () => Promise.reject(cause);
    await expect(open().logInWithPasskey()).rejects.toMatchObject({ status: 0, cause });
    vi.stubGlobal('PublicKeyCredential', undefined);
    expect([hasPasskeys(), await canAutofillPasskeys()]).toEqual([false, false]);
    await expect(open().logInWithPasskey()).rejects.toMatchObject({ title: 'No Passkeys' });
  });
});
