import type { AccountClient, PasskeyAnswer } from './account.ts';
import { type LogIn, seam } from './client.ts';
import { GatehouseError } from './gatehouse-error.ts';
import { abortAfter } from './patience.ts';
import type { Fields } from './post.ts';

export type Passkey = {
  factorId: string;
  type: 'passkey';
  name: string | null;
  /** Times are ISO 8601 in UTC. */
  createdAt: string;
  lastUsedAt: string | null;
};

export type PasskeyLogInOptions = {
  /**
   * Offers passkeys in the autofill of a field with `autocomplete="username webauthn"`, and waits until one is chosen,
   * for as long as the page is there. Ask `canAutofillPasskeys` before.
   */
  autofill?: boolean;
  /** Ends the wait: a browser asks for one thing at a time. */
  signal?: AbortSignal;
};

/** Milliseconds for which an autofill waits with one challenge. The service takes it for five minutes. */
const ROUND = 4 * 60_000;

/** What of WebAuthn Level 3 is younger than TypeScript's own types. */
type Browser = {
  parseCreationOptionsFromJSON(options: Fields): PublicKeyCredentialCreationOptions;
  parseRequestOptionsFromJSON(options: Fields): PublicKeyCredentialRequestOptions;
  isConditionalMediationAvailable?(): Promise<boolean>;
  signalUnknownCredential?(which: Fields): Promise<void>;
  signalAllAcceptedCredentials?(which: Fields): Promise<void>;
};
const browser = () =>
  (globalThis as { PublicKeyCredential?: unknown }).PublicKeyCredential as Browser | undefined;

/** Whether this browser can do passkeys: Chrome 129, Safari 18.4, Firefox 119 and later. */
export const hasPasskeys = (): boolean => !!browser()?.parseRequestOptionsFromJSON;

/** Whether it offers them in the autofill of a field. */
export const canAutofillPasskeys = async (): Promise<boolean> =>
  hasPasskeys() && (await browser()?.isConditionalMediationAvailable?.()) === true;

/**
 * The client of an account, with passkeys. Each method rejects with a GatehouseError; of status 0 where the browser refused
 * or its user changed their mind: `cause` is what it said.
 */
export function withPasskeys<Account extends AccountClient>(client: Account) {
  const { call, logInBy } = client[seam];

  const authorised = <Answer>(path: string, fields: Fields, needs?: string[]) =>
    call<Answer>(path, fields, needs, {}, client.authFetch);
  const requestOptions = () => call<Fields & { rpId: string }>('/login/passkey/options', {}, CHALLENGE);

  /** What a passkey of the user answers, for `stepUp({ passkey })`. */
  async function answer(
    options: Fields,
    { autofill, signal }: PasskeyLogInOptions = {},
  ): Promise<PasskeyAnswer> {
    return ask<PasskeyAnswer>(async (parse) => {
      const publicKey = parse.parseRequestOptionsFromJSON(options);
      const mediation = autofill ? { mediation: 'conditional' as const } : {};
      return navigator.credentials.get({ publicKey, ...mediation, ...(signal && { signal }) });
    });
  }

  /** What is chosen from an autofill, with a new challenge before the service forgets the last one. */
  async function chosen({ signal }: PasskeyLogInOptions) {
    for (;;) {
      const options = await requestOptions();
      const round = abortAfter(ROUND, signal);
      if (signal?.aborted) throw new GatehouseError(0, 'The wait for a passkey was ended.');
      try {
        return { options, response: await answer(options, { autofill: true, signal: round }) };
      } catch (error) {
        if (!round.aborted || signal?.aborted) throw error;
      }
    }
  }

  async function asked(how: PasskeyLogInOptions) {
    const options = await requestOptions();
    return { options, response: await answer(options, how) };
  }

  async function logInWithPasskey(how: PasskeyLogInOptions = {}): Promise<LogIn> {
    const { options, response } = await (how.autofill ? chosen : asked)(how);
    try {
      const { message, user } = await logInBy<LogIn & Fields>('/login/passkey', { response });
      return { message, user };
    } catch (error) {
      if ((error as GatehouseError).code === 'unknown-credential')
        await tell('signalUnknownCredential', { rpId: options.rpId, credentialId: response.id });
      throw error;
    }
  }

  async function addPasskey(name?: string): Promise<{ message: string; passkey: Passkey }> {
    const options = await authorised<Fields>('/passkeys/options', {}, CHALLENGE);
    const response = await ask((parse) =>
      navigator.credentials.create({ publicKey: parse.parseCreationOptionsFromJSON(options) }),
    );
    return authorised('/passkeys', { response, ...(name && { name }) }, ['message', 'passkey']);
  }

  async function removePasskey(factorId: string): Promise<{ message: string }> {
    const { message, accepted } = await authorised<{ message: string; accepted: string[] }>(
      '/passkeys/remove',
      { factorId },
      ['message', 'accepted'],
    );
    // A hint: the passkey is gone, whether or not the browser learns of it.
    await forgetOthers(accepted).catch(() => undefined);
    return { message };
  }

  /** Tells the browser which passkeys are left, where it takes that. */
  async function forgetOthers(allAcceptedCredentialIds: string[]): Promise<void> {
    if (!browser()?.signalAllAcceptedCredentials) return;
    const [{ rpId }, userId] = await Promise.all([requestOptions(), handle()]);
    await tell('signalAllAcceptedCredentials', { rpId, userId, allAcceptedCredentialIds });
  }

  /** The user handle: the 16 bytes of the account's id, base64url. */
  async function handle(): Promise<string> {
    const payload = (await client.accessToken()).split('.')[1] ?? '';
    const { sub } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { sub: string };
    const bytes = sub.replaceAll('-', '').match(/../g) ?? [];
    const binary = String.fromCharCode(...bytes.map((byte) => Number.parseInt(byte, 16)));
    return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }

  return {
    ...client,

    /** Logs in with a passkey, without a name and a password. The browser forgets one that no account has any more. */
    logInWithPasskey,

    /** Proves anew with a passkey who is there. */
    stepUpWithPasskey: async (): Promise<{ message: string }> =>
      client.stepUp({ passkey: await answer(await requestOptions()) }),

    /** Makes a passkey on this device, or on one that the browser reaches. */
    addPasskey,

    renamePasskey: (factorId: string, name: string) =>
      authorised<{ message: string }>('/passkeys/rename', { factorId, name }),

    /** Every session that the passkey opened ends, too. The browser forgets it, where it takes that. */
    removePasskey,
  };
}

/** Asks the browser for a credential. @throws GatehouseError of status 0 */
async function ask<Answer = Fields>(work: (parse: Browser) => Promise<Credential | null>): Promise<Answer> {
  const parse = browser();
  if (!parse?.parseRequestOptionsFromJSON)
    throw new GatehouseError(0, 'This browser cannot do passkeys.', { title: 'No Passkeys' });
  try {
    const credential = (await work(parse)) as (Credential & { toJSON(): Answer }) | null;
    if (credential) return credential.toJSON();
    throw new Error('no credential');
  } catch (cause) {
    throw new GatehouseError(0, 'The browser gave no passkey.', { title: 'No Passkey', cause });
  }
}

/** A hint, which may fail: nothing depends on it. */
async function tell(
  signal: 'signalUnknownCredential' | 'signalAllAcceptedCredentials',
  which: Fields,
): Promise<void> {
  await browser()
    ?.[signal]?.(which)
    .catch(() => undefined);
}

// What the documented answers have; what else answers 200 is not Gatehouse.
const CHALLENGE = ['challenge'];
