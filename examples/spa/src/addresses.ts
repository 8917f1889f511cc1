import type { Account, AccountClient } from 'gatehouse-client/account';
import type { Page } from './page';

/** The address of the account: whether it is verified, and its change. */
export function addresses(
  gatehouse: AccountClient,
  { element, onClick, onSubmit, say }: Page,
  done: (message: string) => Promise<void>,
) {
  /** Whether a change of address waits for its code, as far as this page knows. */
  let waits = false;

  onClick(element('send-verification'), async () => say((await gatehouse.sendVerification()).message));

  onSubmit('verify-code', async ({ code = '' }) => {
    const { message } = await gatehouse.verifyEmail({ code: code.trim() });
    waits = false;
    await done(message);
  });

  onSubmit('change-email', async ({ email = '' }) => {
    const { message } = await gatehouse.changeEmail({ email });
    waits = true;
    await done(message);
    element('verify-code').querySelector('input')?.focus();
  });

  return {
    fill({ user: { email, emailVerified } }: Account): void {
      element('account-address').textContent = email;
      element('not-verified').hidden = emailVerified;
      element('verify-code').hidden = emailVerified && !waits;
    },
    forget(): void {
      waits = false;
    },
  };
}
