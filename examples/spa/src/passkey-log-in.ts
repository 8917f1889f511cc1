import { GatehouseError } from 'gatehouse-client';
import { canAutofillPasskeys, hasPasskeys, type PasskeyLogInOptions } from 'gatehouse-client/passkeys';
import type { Page } from './page';

type LogIn = (how?: PasskeyLogInOptions) => Promise<unknown>;

/** Lets people log in with a passkey: by a button, and from the autofill of the address. */
export function passkeyLogIn(logIn: LogIn, enter: () => Promise<void>, { element, onClick, say }: Page) {
  let waiting: AbortController | undefined;
  const button = element('passkey-log-in');
  button.hidden = !hasPasskeys();

  /** A browser asks for one thing at a time: what waits is ended before anything else is asked. */
  function stop(): void {
    waiting?.abort();
    waiting = undefined;
  }

  /** Offers passkeys where the address is typed, for as long as the form is there. */
  async function offer(): Promise<void> {
    stop();
    const mine = new AbortController();
    waiting = mine;
    if (!(await canAutofillPasskeys()) || mine.signal.aborted) return;
    try {
      await logIn({ autofill: true, signal: mine.signal });
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      if (error.status !== 0) say(error.message, 'fault'); // 0: nobody chose one
      return;
    }
    await enter();
  }

  onClick(button, async () => {
    stop();
    try {
      await logIn();
    } catch (error) {
      void offer();
      throw error;
    }
    await enter();
  });

  return { offer, stop };
}
