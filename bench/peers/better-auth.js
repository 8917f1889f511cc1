// better-auth with its bearer and jwt plugins on its memory adapter, driven as a client drives it.
import { betterAuth as create } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { bearer, jwt } from 'better-auth/plugins';

const ORIGIN = 'https://auth.example.com';

/** @param hasher in place of its own scrypt */
export async function betterAuth({ hasher } = {}) {
  const database = { user: [], session: [], account: [], verification: [], jwks: [] };
  const auth = create({
    baseURL: ORIGIN,
    secret: 'a secret of the bench, which guards nothing',
    database: memoryAdapter(database),
    emailAndPassword: {
      enabled: true,
      ...(hasher && {
        password: { hash: hasher.hash, verify: ({ hash, password }) => hasher.verify(password, hash) },
      }),
    },
    plugins: [bearer(), jwt()],
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  });

  async function send(path, { body, token } = {}) {
    const answer = await auth.handler(
      new Request(`${ORIGIN}/api/auth${path}`, {
        method: body ? 'POST' : 'GET',
        headers: {
          origin: ORIGIN,
          ...(body && { 'content-type': 'application/json' }),
          ...(token && { authorization: `Bearer ${token}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
      }),
    );
    if (answer.status !== 200) throw new Error(`better-auth answered ${answer.status} to ${path}`);
    return { headers: answer.headers, json: await answer.json() };
  }

  return {
    signUp: (email, password) => send('/sign-up/email', { body: { name: 'Ada Lovelace', email, password } }),

    async logIn(email, password) {
      const { headers } = await send('/sign-in/email', { body: { email, password } });
      return headers.get('set-auth-token');
    },

    /** A new JWT for the session: the nearest that it has to a refresh. */
    async refresh(token) {
      const { json } = await send('/token', { token });
      if (!json.token) throw new Error('better-auth gave no token');
    },

    /** Signs a JWT at each look, as the plugin does by default. */
    async welcome(token) {
      const { json } = await send('/get-session', { token });
      if (!json?.user) throw new Error('better-auth knows nobody by the token');
    },
  };
}
