import type { Account, AccountClient } from 'gatehouse-client/account';
import qrcode from 'qrcode-generator';
import { make, type Page } from './page';

/** The authenticator app and its recovery codes. */
export function factors(
  gatehouse: AccountClient,
  { element, onClick, onSubmit, say }: Page,
  done: (message: string) => Promise<void>,
) {
  onClick(element('begin-totp'), async () => {
    const { secret, uri } = await gatehouse.totp.begin();
    element('totp-secret').textContent = secret;
    element('totp-picture').replaceChildren(pictureOf(uri));
    element('pending-totp').hidden = false;
    say('');
  });

  onSubmit('confirm-totp', async ({ code = '' }) => {
    const { message, recoveryCodes } = await gatehouse.totp.confirm({ code });
    forget();
    const list = element('recovery-codes').querySelector('ul');
    list?.replaceChildren(...recoveryCodes.map((textContent) => make('li', { textContent })));
    element('recovery-codes').hidden = false;
    await done(message);
  });

  onClick(element('remove-totp'), async () => {
    const { message } = await gatehouse.totp.remove();
    forget();
    await done(message);
  });

  /** No secret and no code stays in the page. */
  function forget(): void {
    element('pending-totp').hidden = element('recovery-codes').hidden = true;
    element('totp-secret').textContent = '';
    element('totp-picture').replaceChildren();
    element('recovery-codes').querySelector('ul')?.replaceChildren();
  }

  return {
    fill({ factors }: Account): void {
      const active = factors.some(({ type }) => type === 'totp');
      element('begin-totp').hidden = active;
      element('remove-totp').hidden = !active;
    },
    forget,
  };
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
