import { GatehouseError } from 'gatehouse-client';
import type { AccountClient } from 'gatehouse-client/account';
import qrcode from 'qrcode-generator';

type Page = {
  element<E extends HTMLElement>(id: string): E;
  onSubmit(id: string, act: (fields: Record<string, string>) => Promise<void>): void;
  say(text: string, kind?: 'news' | 'fault' | 'wait'): void;
  show(id: string): void;
};

/** Everything that holders do to their accounts. Returns what shows the page. */
export function accountPage(
  gatehouse: AccountClient,
  { element, onSubmit, say, show }: Page,
): () => Promise<void> {
  async function fill(): Promise<void> {
    const [{ user, factors }, { sessions }] = await Promise.all([gatehouse.account(), gatehouse.sessions()]);
    element('account-address').textContent = user.emailVerified ? user.email : `${user.email} (not verified)`;
    element('profile').querySelector('input')?.setAttribute('value', user.name);
    list(
      element('sessions'),
      sessions.map(({ device, lastUsedAt, current }) =>
        [device ?? 'Unknown device', current ? 'this one' : new Date(lastUsedAt).toLocaleString()].join(', '),
      ),
    );
    const active = factors.some(({ type }) => type === 'totp');
    element('begin-totp').hidden = active;
    element('remove-totp').hidden = !active;
  }

  /** What a button does; errors are said above. */
  function onClick(id: string, act: () => Promise<void>): void {
    element(id).addEventListener('click', () => void guarded(act));
  }

  async function guarded(act: () => Promise<void>): Promise<void> {
    say('One moment …', 'wait');
    try {
      await act();
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      say(error.message, 'fault');
    }
  }

  /** Shows the account as it is now, and says what was done to it. */
  async function done(message: string): Promise<void> {
    await fill();
    say(message);
  }

  onSubmit('profile', async ({ name = '' }) => {
    const { message } = await gatehouse.profile({ name });
    await done(message);
  });

  onSubmit('change-password', async ({ password = '', newPassword = '' }) => {
    const { message } = await gatehouse.changePassword({ password, newPassword });
    await done(message);
  });

  onClick('end-others', async () => done((await gatehouse.endSessions({ others: true })).message));

  onClick('begin-totp', async () => {
    const { secret, uri } = await gatehouse.totp.begin();
    element('totp-secret').textContent = secret;
    element('totp-picture').replaceChildren(pictureOf(uri));
    element('pending-totp').hidden = false;
    say('');
  });

  onSubmit('confirm-totp', async ({ code = '' }) => {
    const { message, recoveryCodes } = await gatehouse.totp.confirm({ code });
    forgetSecrets();
    list(element('recovery-codes').querySelector('ul'), recoveryCodes);
    element('recovery-codes').hidden = false;
    await done(message);
  });

  onClick('remove-totp', async () => {
    const { message } = await gatehouse.totp.remove();
    forgetSecrets();
    await done(message);
  });

  onClick('delete-account', async () => {
    if (!confirm('Delete the account for good?')) return say('');
    const { message } = await gatehouse.deleteAccount();
    setTimeout(() => say(message)); // after the end of the session is said
  });

  /** No secret and no code stays in the page. */
  function forgetSecrets(): void {
    element('pending-totp').hidden = element('recovery-codes').hidden = true;
    element('totp-secret').textContent = '';
    element('totp-picture').replaceChildren();
    element('recovery-codes').querySelector('ul')?.replaceChildren();
  }

  return () =>
    guarded(async () => {
      forgetSecrets();
      await fill();
      show('account');
      say('');
    });
}

function list(parent: Element | null, texts: string[]): void {
  parent?.replaceChildren(
    ...texts.map((textContent) => Object.assign(document.createElement('li'), { textContent })),
  );
}

/** A QR code, drawn here: an address of a service that draws it would hand the secret to that service. */
function pictureOf(text: string): SVGSVGElement {
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const dark = Array.from(
    { length: size * size },
    (_, i) => [i % size, Math.floor(i / size)] as const,
  ).filter(([column, row]) => code.isDark(row, column));
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', `-4 -4 ${size + 8} ${size + 8}`);
  const path = document.createElementNS(svg.namespaceURI, 'path') as SVGPathElement;
  path.setAttribute('d', dark.map(([column, row]) => `M${column} ${row}h1v1h-1z`).join(''));
  svg.append(path);
  return svg;
}
