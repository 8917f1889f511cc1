import { inject } from 'vitest';
import type { Client, Reply } from './client.ts';
import type { Authenticator, Changes, Options } from './passkey-device.ts';
import { authenticator } from './passkey-device.ts';
import { loggedIn, type Person, signedUp, type Tokens } from './people.ts';

/** Where pages of the stack under test are. */
export function ownOrigin(): { origin: string; rpId: string } {
  const { origin, hostname } = new URL(inject('stack').environment.APP_URL as string);
  return { origin, rpId: hostname };
}

/** A device that belongs to a browser with a page of the stack under test. */
export function device(options: Parameters<typeof authenticator>[0] = {}): Authenticator {
  return authenticator({ ...ownOrigin(), ...options });
}

export const bearer = ({ accessToken }: Pick<Tokens, 'accessToken'>) => ({
  authorization: `Bearer ${accessToken}`,
});

/** @throws Error when the answer is another one */
function expecting<T>(status: number, reply: Reply): T {
  if (reply.status !== status) throw new Error(`expected ${status}, answered ${reply.status} ${reply.text}`);
  return reply.json as T;
}

/** What `POST /auth/passkeys/options` answers to the holder of a fresh token. */
export async function creationOptions(client: Client, tokens: Pick<Tokens, 'accessToken'>): Promise<Options> {
  return expecting(200, await client.send({ path: '/auth/passkeys/options', headers: bearer(tokens) }));
}

/** What `POST /auth/login/passkey/options` answers to anybody. */
export async function requestOptions(client: Client): Promise<Options> {
  return expecting(200, await client.send({ path: '/auth/login/passkey/options' }));
}

export type Added = {
  passkey: { factorId: string; name: string | null; createdAt: string; lastUsedAt: null };
};

/** Adds the passkey of a device. */
export async function addedPasskey(
  client: Client,
  tokens: Pick<Tokens, 'accessToken'>,
  made: Authenticator,
  name?: string,
): Promise<Added['passkey']> {
  const response = made.register(await creationOptions(client, tokens));
  const body = { response, ...(name !== undefined && { name }) };
  const reply = await client.send({ path: '/auth/passkeys', headers: bearer(tokens), body });
  return expecting<Added>(201, reply).passkey;
}

/** Sends what a device answers to a challenge of its own. */
export async function tryPasskey(client: Client, made: Authenticator, changes: Changes = {}): Promise<Reply> {
  const response = made.logIn(await requestOptions(client), changes);
  return client.send({ path: '/auth/login/passkey', body: { response } });
}

/** Logs in with a passkey. */
export async function loggedInByPasskey(client: Client, made: Authenticator): Promise<Tokens> {
  return expecting(200, await tryPasskey(client, made));
}

/** Somebody with a passkey, and the sessions by their password and by it. */
export async function holder(client: Client, made = device()) {
  const person: Person = await signedUp(client);
  const byPassword = await loggedIn(client, person);
  const passkey = await addedPasskey(client, byPassword, made);
  const byPasskey = await loggedInByPasskey(client, made);
  return { person, device: made, passkey, byPassword, byPasskey };
}
