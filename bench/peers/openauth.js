// OpenAuth with its DynamoDB storage and its password provider, driven as a client drives it.

import { issuer } from '@openauthjs/openauth';
import { createClient } from '@openauthjs/openauth/client';
import { PasswordProvider, ScryptHasher } from '@openauthjs/openauth/provider/password';
import { DynamoStorage } from '@openauthjs/openauth/storage/dynamo';
import { Storage } from '@openauthjs/openauth/storage/storage';
import { createSubjects } from '@openauthjs/openauth/subject';

const ORIGIN = 'https://auth.example.com';
const REDIRECT = 'https://app.auth.example.com/callback';
const subjects = createSubjects({
  // Any standard schema will do; this one lets everything through, at no cost.
  user: { '~standard': { version: 1, vendor: 'bench', validate: (value) => ({ value }) } },
});

/** @param hasher in place of its own scrypt */
export async function openAuth({ endpoint, table, hasher = ScryptHasher() }) {
  const storage = DynamoStorage({ endpoint, table });
  const page = async () => new Response('');
  const { log } = console;
  console.log = () => undefined; // where its request log goes from now on
  const app = issuer({
    storage,
    subjects,
    allow: async () => true,
    providers: {
      password: PasswordProvider({
        hasher,
        login: page,
        register: page,
        change: page,
        sendCode: async () => undefined,
      }),
    },
    success: (context, { email }) => context.subject('user', { email }),
  });
  console.log = log;
  const send = async (path, init) => app.fetch(new Request(ORIGIN + path, init));
  const client = createClient({
    clientID: 'app',
    issuer: ORIGIN,
    fetch: (url, init) => send(new URL(url).pathname, init),
  });

  /** An account as its registration leaves it. */
  async function signUp(email, password) {
    await Storage.set(storage, ['email', email, 'password'], await hasher.hash(password));
  }

  /** The implicit flow, its shortest: the authorization that its cookie carries, and the form with the password. */
  async function logIn(email, password) {
    const query = new URLSearchParams({ client_id: 'app', redirect_uri: REDIRECT, response_type: 'token' });
    const begun = await send(`/authorize?${query}`);
    const cookie = begun.headers.get('set-cookie')?.split(';')[0] ?? '';
    const body = new URLSearchParams({ email, password });
    const done = await send('/password/authorize', { method: 'POST', headers: { cookie }, body });
    const tokens = new URLSearchParams(new URL(done.headers.get('location')).hash.slice(1));
    if (!tokens.get('refresh_token')) throw new Error('OpenAuth gave no tokens');
    return { access: tokens.get('access_token'), refresh: tokens.get('refresh_token') };
  }

  async function refresh(refresh_token) {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token });
    const answer = await send('/token', { method: 'POST', body });
    if (answer.status !== 200) throw new Error(`OpenAuth's refresh answered ${answer.status}`);
    return (await answer.json()).refresh_token;
  }

  async function welcome(access) {
    const { subject, err } = await client.verify(subjects, access);
    if (err) throw err;
    return subject.properties;
  }

  return { signUp, logIn, refresh, welcome };
}
