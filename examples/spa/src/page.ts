import { GatehouseError } from 'gatehouse-client';

export type Fields = Record<string, string>;

/** What the parts of the page share. */
export type Page = {
  element<E extends HTMLElement>(id: string): E;
  /** What a form does with its fields. Errors are shown beside the fields they are about, others above. */
  onSubmit(id: string, act: (fields: Fields) => Promise<void>): void;
  /** What a button does. Errors are said above. */
  onClick(button: HTMLElement, act: () => Promise<void>): void;
  say(text: string, kind?: 'news' | 'fault' | 'wait'): void;
  show(id: string): void;
};

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const sections = [...document.querySelectorAll('section')];

/** Says how it went above everything: a fault looks like one, and the page has no other voice. */
function say(text: string, kind: 'news' | 'fault' | 'wait' = 'news'): void {
  const status = element('status');
  status.textContent = text;
  status.className = kind;
}

/** Shows one section, and moves the focus to its heading, as a page that is loaded anew would. */
function show(id: string): void {
  const shown = sections.find((section) => section.id === id);
  if (shown === undefined || !shown.hidden) return;
  for (const section of sections) section.hidden = section !== shown;
  element('visitor').hidden = id === 'me' || id === 'account';
  element('inbox').hidden = true;
  say('');
  document.title = `${shown.querySelector('h1')?.textContent} – Gatehouse example`;
  shown.querySelector('h1')?.focus();
}

function onSubmit(id: string, act: (fields: Fields) => Promise<void>): void {
  const form = document.querySelector<HTMLFormElement>(`form#${id}, section#${id} > form:not([id])`);
  form?.addEventListener('submit', async (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    if (button?.ariaDisabled === 'true') return;
    if (button) button.ariaDisabled = 'true'; // `disabled` would take the focus away
    mark(form, []);
    say('One moment …', 'wait');
    try {
      await act(Object.fromEntries(new FormData(form)) as Fields);
      form.reset();
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      refused(form, error);
    } finally {
      if (button) button.ariaDisabled = null;
    }
  });
}

function onClick(button: HTMLElement, act: () => Promise<void>): void {
  button.addEventListener('click', () => void guarded(act));
}

/** Does something that is no form. Errors are said above. */
export async function guarded(act: () => Promise<void>): Promise<void> {
  say('One moment …', 'wait');
  try {
    await act();
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error;
    say(error.message, 'fault');
  }
}

function refused(form: HTMLFormElement, error: GatehouseError): void {
  mark(form, error.errors);
  say(error.errors.length > 0 ? 'Please look at the marked fields.' : error.message, 'fault');
  const deadLink = form.parentElement?.querySelector<HTMLElement>('.dead-link');
  if (deadLink) deadLink.hidden = !isDead(error);
}

/** Whether another link is the way on: this one is used, expired, or was never one. */
const isDead = ({ status, errors }: GatehouseError) =>
  status === 401 || (status === 400 && !errors.some(({ field }) => field === 'password'));

function mark(form: HTMLFormElement, errors: GatehouseError['errors']): void {
  for (const input of form.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea')) {
    const messages = errors.filter(({ field }) => field === input.name).map(({ message }) => message);
    const id = `${form.id || form.parentElement?.id}-${input.name}-error`;
    document.getElementById(id)?.remove();
    input.ariaInvalid = messages.length > 0 ? 'true' : null;
    if (messages.length === 0) {
      input.removeAttribute('aria-describedby');
      continue;
    }
    const note = Object.assign(document.createElement('p'), {
      id,
      className: 'error',
      textContent: messages.join(' '),
    });
    input.parentElement?.after(note);
    input.setAttribute('aria-describedby', id);
  }
  form.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
}

export const page: Page = { element, onSubmit, onClick, say, show };
export const hasSection = (id: string) => sections.some((section) => section.id === id);

/** An element with text, and what is in it. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...content: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...content);
  return made;
}
