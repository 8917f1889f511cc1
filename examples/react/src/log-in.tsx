import { GatehouseError } from 'gatehouse-client';
import { useSession } from 'gatehouse-client/react';
import { useActionState, useState } from 'react';
import { useClient } from './session';

const ENDED = {
  'logged-out': 'You are logged out.',
  refused: 'Your session is over; log in again.',
  gone: 'Your session was ended or replaced in another tab.',
};

/** The error of an action, for people. Any other than ours is a mistake of the page. */
async function faultOf(act: () => Promise<unknown>): Promise<GatehouseError | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error;
    return error;
  }
}

const textOf = (form: FormData, name: string) => String(form.get(name) ?? '');

export function LogIn() {
  const gatehouse = useClient();
  const { ended } = useSession();
  const [challenge, setChallenge] = useState<string>();
  const [signingUp, setSigningUp] = useState(false);
  const [fault, logIn, busy] = useActionState(async (_: GatehouseError | undefined, form: FormData) => {
    const [name, email, password] = [textOf(form, 'name'), textOf(form, 'email'), textOf(form, 'password')];
    const error = await faultOf(async () => {
      if (signingUp) await gatehouse.signUp({ name, email, password, confirm: password });
      await gatehouse.logIn({ email, password });
    });
    if (error?.code !== 'second-factor-required') return error;
    setChallenge(error.challenge);
    return undefined;
  }, undefined);

  if (challenge !== undefined) return <SecondFactor challenge={challenge} />;
  return (
    <>
      <h1>{signingUp ? 'Sign up' : 'Log in'}</h1>
      <p role="status">{ended && ENDED[ended]}</p>
      {fault && (
        <p role="alert">{[fault.message, ...fault.errors.map(({ message }) => message)].join(' ')}</p>
      )}
      <form action={logIn}>
        {signingUp && (
          <label>
            Name <input name="name" autoComplete="name" required />
          </label>
        )}
        <label>
          Email <input name="email" type="email" autoComplete="username" required />
        </label>
        <label>
          Password{' '}
          <input
            name="password"
            type="password"
            autoComplete={signingUp ? 'new-password' : 'current-password'}
            required
          />
        </label>
        <button type="submit" aria-disabled={busy}>
          {signingUp ? 'Sign up' : 'Log in'}
        </button>
      </form>
      <button type="button" onClick={() => setSigningUp(!signingUp)}>
        {signingUp ? 'I have an account' : 'I have no account yet'}
      </button>
    </>
  );
}

function SecondFactor({ challenge }: { challenge: string }) {
  const gatehouse = useClient();
  const [fault, goOn] = useActionState((_: GatehouseError | undefined, form: FormData) => {
    const code = textOf(form, 'code');
    const proof = /^\d{6}$/.test(code) ? { code } : { recoveryCode: code };
    return faultOf(() => gatehouse.logInWithSecondFactor({ challenge, ...proof }));
  }, undefined);
  return (
    <>
      <h1>One more step</h1>
      {fault && <p role="alert">{fault.message}</p>}
      <form action={goOn}>
        <label>
          Code from your app, or a recovery code <input name="code" autoComplete="one-time-code" required />
        </label>
        <button type="submit">Go on</button>
      </form>
    </>
  );
}
