import { GatehouseError } from 'gatehouse-client';
import type { Proof } from 'gatehouse-client/account';

const dialog = document.querySelector<HTMLDialogElement>('#step-up') as HTMLDialogElement;
const form = dialog.querySelector('form') as HTMLFormElement;
const input = form.querySelector('input') as HTMLInputElement;
const label = dialog.querySelector('#step-up-label') as HTMLElement;
const fault = dialog.querySelector('#step-up-fault') as HTMLElement;
const passkey = dialog.querySelector('#step-up-passkey') as HTMLButtonElement;
const cancel = dialog.querySelector('#step-up-cancel') as HTMLButtonElement;

/** What can prove who is there: what is typed, if anything, and a passkey. */
export type Ways = { typed?: 'password' | 'code'; passkey: boolean };

/** How it is proved. Both reject with a GatehouseError when the service refuses. */
export type Prover = { stepUp(proof: Proof): Promise<unknown>; stepUpWithPasskey(): Promise<unknown> };

/** Asks until the service takes the proof, or the user gives up: then false. */
export function askForProof(ways: Ways, { stepUp, stepUpWithPasskey }: Prover): Promise<boolean> {
  const code = ways.typed === 'code';
  form.hidden = ways.typed === undefined;
  passkey.hidden = !ways.passkey;
  label.textContent = code ? 'Code from your app, or a recovery code' : 'Password';
  input.type = code ? 'text' : 'password';
  input.autocomplete = code ? 'one-time-code' : 'current-password';
  fault.textContent = '';
  form.reset();
  dialog.showModal();
  return new Promise((resolve) => {
    let proved = false;
    const attempt = async (prove: () => Promise<unknown>) => {
      try {
        await prove();
        proved = true;
        dialog.close();
      } catch (error) {
        if (!(error instanceof GatehouseError)) throw error;
        fault.textContent = error.message;
        if (!form.hidden) input.select();
      }
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      void attempt(() => stepUp(code ? codeOf(input.value) : { password: input.value }));
    };
    passkey.onclick = () => void attempt(stepUpWithPasskey);
    cancel.onclick = () => dialog.close();
    dialog.onclose = () => {
      form.reset(); // no password stays in the page
      resolve(proved);
    };
  });
}

/** Six digits are a code of the app, anything else a recovery code. */
export const codeOf = (value: string): { code: string } | { recoveryCode: string } =>
  /^\d{6}$/.test(value) ? { code: value } : { recoveryCode: value };
