import type { AccountClient } from 'gatehouse-client/account';
import type { Page } from './page';

/** The pages that the links of emails lead to, where APP_URL names this application. */
const PAGES = ['reset-password', 'verify-email', 'undo'];

/** What the links do. Opening one changes nothing: that takes the form. */
export function mailedLinks(
  gatehouse: AccountClient,
  { element, onSubmit, say, show }: Page,
  { go, enter }: { go(id: string): void; enter(): Promise<void> },
): () => Promise<boolean> {
  const tag = new URLSearchParams(location.search).get('tag');
  const password = element('verify-email').querySelector('label') as HTMLElement;

  const finish = (message: string) => {
    go('log-in');
    say(message);
  };

  onSubmit('reset-password', async (fields) => {
    finish((await gatehouse.resetPassword(tag ?? '', { password: fields.password ?? '' })).message);
  });

  onSubmit('verify-email', async (fields) => {
    const token = tag ?? '';
    // Whoever is logged in has proved already that the account is theirs.
    const proof = password.hidden ? { token } : { token, password: fields.password ?? '' };
    const { message } = await gatehouse.verifyEmail(proof);
    if (!(await gatehouse.hasSession())) return finish(message);
    await enter();
    say(message);
  });

  onSubmit('undo', async () => {
    finish((await gatehouse.undo(tag ?? '')).message);
  });

  /** Whether the page was opened by such a link. */
  return async () => {
    const id = location.pathname.slice(1);
    if (!PAGES.includes(id)) return false;
    // The tag must not stay in the address, where others may see it.
    history.replaceState(null, '', `/${id}`);
    if (id === 'verify-email') password.hidden = await gatehouse.hasSession();
    show(id);
    if (tag === null) {
      say('This link is incomplete.', 'fault');
      for (const note of document.querySelectorAll<HTMLElement>('.dead-link')) note.hidden = false;
    }
    return true;
  };
}
