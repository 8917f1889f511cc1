'use client';
import {
  createContext,
  createElement,
  Fragment,
  type ReactElement,
  type ReactNode,
  useContext,
  useMemo,
  useSyncExternalStore,
} from 'react';
import type { Client, ClientOptions, User } from './client.ts';
import { GatehouseError } from './gatehouse-error.ts';
import type { SessionEnd } from './session-store.ts';

export type SessionState = {
  /** `loading` until it is known, which it isn't either while the service cannot be reached: `error` says why. */
  status: 'loading' | 'logged-in' | 'logged-out';
  user: User | undefined;
  /** Why the last session is over. */
  ended: SessionEnd | undefined;
  error: GatehouseError | undefined;
  /** Counts log-ins, so that nothing of one person is shown to the next. */
  turn: number;
};

/** What `createSession` needs of a client's options. */
export type SessionEvents = Required<Pick<ClientOptions, 'onSessionEnd' | 'onSessionStart'>>;

export type Session<Of extends Client = Client> = {
  /** The client, whose log-ins and changes every component sees. It is made when it is first asked for. */
  readonly client: Of;
  /** Asks the service again who is logged in. */
  reload(): Promise<void>;
  getState(): SessionState;
  subscribe(listener: () => void): () => void;
};

const LOADING: SessionState = {
  ...{ status: 'loading', user: undefined, ended: undefined, error: undefined, turn: 0 },
};

type Method = (...given: unknown[]) => Promise<object>;

/** Methods whose answer says who is logged in, and whether they begin a session. */
const TELLING: Record<string, 'begins' | 'says'> = {
  logIn: 'begins',
  logInWithSecondFactor: 'begins',
  logInWithPasskey: 'begins',
  verifyEmail: 'begins',
  welcome: 'says',
  profile: 'says',
  account: 'says',
};

/**
 * The session of a page, for all its components: one for the module, outside of any component. Nothing is asked, and no
 * client made, before a component is shown in a browser, so that a server may import it.
 *
 * @param make the client with these events among its options, such as
 * `(events) => withAccount(createClient({ baseUrl, ...events }))`
 */
export function createSession<Of extends Client>(make: (events: SessionEvents) => Of): Session<Of> {
  const listeners = new Set<() => void>();
  let state = LOADING;
  let made: Of | undefined;
  let begun = false;

  function change(to: Partial<SessionState>): void {
    state = { ...state, error: undefined, ...to };
    for (const listener of listeners) listener();
  }

  function admit(user: User, turn = state.turn): void {
    const { name, bio, email } = user; // an account has more
    change({ status: 'logged-in', user: { name, bio, email }, ended: undefined, turn });
  }

  const leave = (ended?: SessionEnd) => change({ status: 'logged-out', user: undefined, ended });

  const client = () => {
    made ??= observed(
      make({
        onSessionEnd: leave,
        onSessionStart() {
          change({ turn: state.turn + 1 });
          void reload();
        },
      }),
    );
    return made;
  };

  /** A method that tells what its answers say. */
  function watched(method: Method, what: 'begins' | 'says'): Method {
    return async (...given) => {
      const { turn } = state;
      const answer = await method(...given);
      if (turn === state.turn) hear(answer, what);
      return answer; // of somebody who has left meanwhile, where the turn is another
    };
  }

  function hear(answer: object, what: 'begins' | 'says'): void {
    if ('user' in answer) admit(answer.user as User, what === 'begins' ? state.turn + 1 : state.turn);
    else if (what === 'begins' && state.user) void reload(); // an address was verified
  }

  function observed(from: Of): Of {
    const methods = from as unknown as Record<string, Method | undefined>;
    const pairs = Object.entries(TELLING).flatMap(([name, what]) => {
      const method = methods[name];
      return method ? [[name, watched(method, what)]] : [];
    });
    return { ...from, ...Object.fromEntries(pairs) };
  }

  async function look(): Promise<void> {
    const { turn } = state;
    const there = await client().hasSession();
    if (there) await client().welcome();
    else if (turn === state.turn) leave(state.ended);
  }

  function fail(error: unknown, turn: number): void {
    if (!(error instanceof GatehouseError)) throw error;
    if (turn !== state.turn) return;
    if (error.status === 401) leave(state.ended);
    else change({ error });
  }

  function reload(): Promise<void> {
    const { turn } = state;
    return look().catch((error) => fail(error, turn));
  }

  return {
    get client() {
      return client();
    },
    reload,
    getState: () => state,
    subscribe(listener) {
      listeners.add(listener);
      if (!begun) void reload();
      begun = true;
      return () => listeners.delete(listener);
    },
  };
}

type Provided = { session: Session; initial: SessionState | undefined };
const Context = createContext<Provided | undefined>(undefined);

export type ProviderProps = {
  session: Session;
  /** Who is logged in, as the server knows that renders the page; `null` for nobody. Leave it out where it does not know. */
  initialUser?: User | null;
  children?: ReactNode;
};

/** Gives the session to what is in it. */
export function GatehouseProvider({ session, initialUser, children }: ProviderProps): ReactElement {
  const provided = useMemo(() => {
    if (initialUser === undefined) return { session, initial: undefined };
    const initial: SessionState = {
      ...LOADING,
      status: initialUser ? 'logged-in' : 'logged-out',
      user: initialUser ?? undefined,
    };
    return { session, initial };
  }, [session, initialUser]);
  return createElement(Context.Provider, { value: provided }, children);
}

function useProvided(): Provided {
  const provided = useContext(Context);
  if (!provided) throw new Error('There is no GatehouseProvider around this component.');
  return provided;
}

/** Whether somebody is logged in, who, and `reload` to ask again. */
export function useSession(): SessionState & Pick<Session, 'reload'> {
  const { session, initial } = useProvided();
  const state = useSyncExternalStore(session.subscribe, session.getState, unknownYet);
  const shown = state.status === 'loading' && initial ? initial : state;
  return { ...shown, reload: session.reload };
}

/** While a page is rendered on a server, and while it is hydrated. */
const unknownYet = () => LOADING;

/** Who is logged in; `undefined` for nobody, and until it is known. */
export const useUser = (): User | undefined => useSession().user;

/** The client, to log in and out and for everything else, in handlers and effects. */
export function useGatehouse<Of extends Client = Client>(): Of {
  const { session } = useProvided();
  return ('window' in globalThis ? session.client : ON_SERVER) as Of;
}

/** On a server a client would be every visitor's. */
const ON_SERVER = new Proxy(
  {},
  {
    get: () => async () => {
      throw new GatehouseError(0, 'This client is for browsers; on a server use gatehouse-client/server.');
    },
  },
);

export type GuardProps = {
  /** For whoever is logged out, such as a form to log in or `<Navigate to="/log-in" />`. */
  fallback?: ReactNode;
  /** Until it is known. */
  loading?: ReactNode;
  children?: ReactNode;
};

/**
 * Shows what only somebody who is logged in should see, such as a route. This is for the eye: what it hides is in the page's
 * code all the same, and the data behind it is guarded by whoever serves it.
 */
export function Guard({ fallback, loading, children }: GuardProps): ReactElement {
  const { status, turn } = useSession();
  if (status === 'logged-in') return createElement(Fragment, { key: turn }, children);
  return createElement(Fragment, null, status === 'loading' ? loading : fallback);
}
