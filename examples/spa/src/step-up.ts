import { GatehouseError } from 'gatehouse-client';
import type { Proof } from 'gatehouse-client/account';

const dialog = document.querySelector<HTMLDialogElement>('#step-up') as HTMLDialogElement;
const form = dialog.querySelector('form') as HTMLFormElement;
const input = form.querySelector('input') as HTMLInputElement;
const label = dialog.querySelector('#step-up-label') as HTMLElement;
const fault = dialog.querySelector('#step-up-fault') as HTMLElement;

/** Asks until the service takes the proof, or the user gives up: then false. */
export function askForProof(
  secondFactor: boolean,
  prove: (proof: Proof) => Promise<unknown>,
): Promise<boolean> {
  label.textContent = secondFactor ? 'Code from your app, or a recovery code' : 'Password';
  input.type = secondFactor ? 'text' : 'password';
  input.autocomplete = secondFactor ? 'one-time-code' : 'current-password';
  fault.textContent = '';
  form.reset();
  dialog.showModal();
  return new Promise((resolve) => {
    let proved = false;
    form.onsubmit = async (event) => {
      event.preventDefault();
      try {
        await prove(proofOf(input.value, secondFactor));
        proved = true;
        dialog.close();
      } catch (error) {
        if (!(error instanceof GatehouseError)) throw error;
        fault.textContent = error.message;
        input.select();
      }
    };
    (form.querySelector('button[type=button]') as HTMLButtonElement).onclick = () => dialog.close();
    dialog.onclose = () => {
      form.reset(); // no password stays in the page
      resolve(proved);
    };
  });
}

function proofOf(value: string, secondFactor: boolean): Proof {
  if (!secondFactor) return { password: value };
  return /^\d{6}$/.test(value) ? { code: value } : { recoveryCode: value };
}
