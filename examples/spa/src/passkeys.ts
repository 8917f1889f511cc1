import type { Account, Factor } from 'gatehouse-client/account';
import { hasPasskeys } from 'gatehouse-client/passkeys';
import { make, type Page } from './page';

type Said = { message: string };
export type PasskeyCalls = {
  addPasskey(name?: string): Promise<Said>;
  renamePasskey(factorId: string, name: string): Promise<Said>;
  removePasskey(factorId: string): Promise<Said>;
};

/** The passkeys of the account: added, renamed and removed. */
export function passkeys(
  gatehouse: PasskeyCalls,
  { element, onClick, onSubmit }: Page,
  done: (message: string) => Promise<void>,
) {
  element('add-passkey').hidden = !hasPasskeys();

  onSubmit('add-passkey', async ({ name = '' }) => {
    const { message } = await gatehouse.addPasskey(name.trim() || undefined);
    await done(message);
  });

  function rowOf({ factorId, name, createdAt }: Factor): HTMLElement {
    const called = name ?? `of ${new Date(createdAt).toLocaleDateString()}`;
    const field = make('input', { value: name ?? '', autocomplete: 'off' });
    const rename = make('button', { type: 'button', className: 'quiet', textContent: 'Rename' });
    const remove = make('button', { type: 'button', className: 'quiet', textContent: 'Remove' });
    rename.setAttribute('aria-label', `Rename the passkey ${called}`);
    remove.setAttribute('aria-label', `Remove the passkey ${called}`);
    onClick(rename, async () => done((await gatehouse.renamePasskey(factorId, field.value)).message));
    onClick(remove, async () => done((await gatehouse.removePasskey(factorId)).message));
    const label = make('label', {}, `Passkey ${called} `, field);
    return make('li', {}, label, make('div', { className: 'row' }, rename, remove));
  }

  return {
    fill({ factors }: Account): void {
      const list = element('passkeys');
      list.className = 'rows';
      list.replaceChildren(...factors.filter(({ type }) => type === 'passkey').map(rowOf));
    },
    forget: undefined,
  };
}
