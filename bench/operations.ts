// What is measured of Gatehouse: each operation, with what it needs to begin.
import { type Call, type Functions, logIn, signUp, somebody } from './stack.ts';

export type Operation = {
  /** As the README names it; what the bill is computed from. */
  name: string;
  /** Whether it computes a hash of a password. */
  hashes: boolean;
  /** A request that will succeed; of an account of its own. */
  prepare(functions: Functions): Promise<Call>;
};

const PASSWORD = 'battery staple horse';
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const session = async (functions: Functions) => logIn(functions, await signUp(functions));

async function tag(functions: Functions): Promise<string> {
  const { email } = await signUp(functions);
  const { json } = await functions.send({ path: '/accounts/forgetpassword', body: { email } });
  return functions.mailedTag(String(json.tag));
}

/** The seven operations, by the dialect that has them all. */
export const operations: readonly Operation[] = [
  {
    name: 'register',
    hashes: true,
    async prepare() {
      const person = somebody();
      return { path: '/auth/register', body: { ...person, confirm: person.password } };
    },
  },
  {
    name: 'log-in',
    hashes: true,
    async prepare(functions) {
      const { email, password } = await signUp(functions);
      return { path: '/auth/login', body: { email, password } };
    },
  },
  {
    name: 'refresh',
    hashes: false,
    async prepare(functions) {
      const { refreshToken } = await session(functions);
      return { path: '/auth/refresh-tokens', body: { refreshToken } };
    },
  },
  {
    name: 'welcome',
    hashes: false,
    prepare: async (functions) => ({
      path: '/auth',
      headers: bearer((await session(functions)).accessToken),
    }),
  },
  {
    name: 'log-out',
    hashes: false,
    async prepare(functions) {
      const { refreshToken } = await session(functions);
      return { path: '/auth/logout', body: { refreshToken } };
    },
  },
  {
    name: 'forget',
    hashes: false,
    prepare: async (functions) => ({
      path: '/auth/forget-password',
      body: { email: (await signUp(functions)).email },
    }),
  },
  {
    name: 'reset',
    hashes: true,
    prepare: async (functions) => ({
      path: `/auth/reset-password?token=${await tag(functions)}`,
      body: { password: PASSWORD },
    }),
  },
];

/** The other dialects' ways to the same operations. */
export const variants: readonly Operation[] = [
  {
    name: 'log-in by /accounts/auth/',
    hashes: true,
    async prepare(functions) {
      const { email, password } = await signUp(functions);
      return { path: '/accounts/auth/', body: { username: email, password } };
    },
  },
  {
    name: 'log-in by /api/user/login',
    hashes: true,
    async prepare(functions) {
      const { email, password } = await signUp(functions);
      return { path: '/api/user/login', body: { email, password } };
    },
  },
  {
    name: 'log-out by access token',
    hashes: false,
    prepare: async (functions) => ({
      method: 'GET',
      path: '/accounts/logout/',
      headers: { token: (await session(functions)).accessToken },
    }),
  },
  {
    name: 'register by /api/user/signup',
    hashes: true,
    prepare: async () => ({ path: '/api/user/signup', body: somebody() }),
  },
];
