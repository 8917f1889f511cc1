'use client';
import { GatehouseError } from 'gatehouse-client';
import { useRouter } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { useClient } from '../providers';

export default function LogIn() {
  const gatehouse = useClient();
  const router = useRouter();
  const [challenge, setChallenge] = useState<string>();
  const [fault, setFault] = useState<string>();

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    try {
      if (challenge === undefined)
        await gatehouse.logIn({ email: text('email'), password: text('password') });
      else {
        const code = text('code');
        const proof = /^\d{6}$/.test(code) ? { code } : { recoveryCode: code };
        await gatehouse.logInWithSecondFactor({ challenge, ...proof });
      }
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      if (error.code === 'second-factor-required') setChallenge(error.challenge);
      setFault(error.message);
      return;
    }
    router.replace('/');
    router.refresh();
  }

  return (
    <>
      <h1>Log in</h1>
      {fault && <p role="alert">{fault}</p>}
      <form onSubmit={(event) => void submit(event)}>
        {challenge === undefined ? (
          <>
            <label>
              Email <input name="email" type="email" autoComplete="username" required />
            </label>
            <label>
              Password <input name="password" type="password" autoComplete="current-password" required />
            </label>
          </>
        ) : (
          <label>
            Code from your app, or a recovery code{' '}
            <input key="code" name="code" autoComplete="one-time-code" required />
          </label>
        )}
        <button type="submit">Go on</button>
      </form>
    </>
  );
}
