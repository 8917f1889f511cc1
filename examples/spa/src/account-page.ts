import type { AccountClient, Session } from 'gatehouse-client/account';
import { addresses } from './addresses';
import { factors } from './factors';
import { guarded, make, type Page } from './page';
import { type PasskeyCalls, passkeys } from './passkeys';

/** Everything that holders do to their accounts. Returns what shows the page. */
export function accountPage(gatehouse: AccountClient & PasskeyCalls, page: Page): () => Promise<void> {
  const { element, onClick, onSubmit, say, show } = page;
  const parts = [
    addresses(gatehouse, page, done),
    factors(gatehouse, page, done),
    passkeys(gatehouse, page, done),
  ];

  async function fill(): Promise<void> {
    const [account, { sessions }] = await Promise.all([gatehouse.account(), gatehouse.sessions()]);
    for (const { fill } of parts) fill(account);
    const { name, bio } = account.user;
    const profile = element<HTMLFormElement>('profile');
    profile.querySelector('input')?.setAttribute('value', name);
    profile.querySelector('textarea')?.replaceChildren(bio ?? '');
    profile.reset();
    element('sessions').className = 'rows';
    element('sessions').replaceChildren(...sessions.map(rowOf));
  }

  function rowOf({ sessionId, device, lastUsedAt, current }: Session): HTMLElement {
    const where = device ?? 'Unknown device';
    if (current) return make('li', {}, `${where}, this one`);
    const end = make('button', { type: 'button', className: 'quiet', textContent: 'End it' });
    end.setAttribute('aria-label', `End the session: ${where}`);
    onClick(end, async () => done((await gatehouse.endSessions({ sessionId })).message));
    return make('li', {}, `${where}, ${new Date(lastUsedAt).toLocaleString()}`, end);
  }

  /** Shows the account as it is now, and says what was done to it. */
  async function done(message: string): Promise<void> {
    await fill();
    if (!element('account').hidden) say(message); // else somebody has gone on already
  }

  onSubmit('profile', async ({ name = '', bio = '' }) => {
    const { message } = await gatehouse.profile({ name, bio: bio || null });
    await done(message);
  });

  onSubmit('change-password', async ({ password = '', newPassword = '' }) => {
    const { message } = await gatehouse.changePassword({ password, newPassword });
    await done(message);
  });

  onClick(element('end-others'), async () => done((await gatehouse.endSessions({ others: true })).message));

  onClick(element('delete-account'), async () => {
    if (!confirm('Delete the account for good?')) return say('');
    const { message } = await gatehouse.deleteAccount();
    setTimeout(() => say(message)); // after the end of the session is said
  });

  return () =>
    guarded(async () => {
      for (const { forget } of parts) forget?.();
      await fill();
      show('account');
      say('');
    });
}
