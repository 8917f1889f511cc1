/// <reference lib="dom" />
import type { PageMessages } from '../messages/messages.ts';
import type { strengthOf } from './strength.ts';
import type { Form, Link } from './view.ts';

/** The settings of the page's script, in `data-script` of `main`. */
export type ScriptWords = PageMessages['script'] & { brand: string; minimum: number; known: string[] };

/** The server's answer to the script, in place of a page. */
export type ScriptAnswer = {
  title: string;
  address?: string | undefined;
  notice?: string | undefined;
  paragraphs: readonly string[];
  /** What is wrong with the field. */
  error?: string | undefined;
  /** What is wrong with the request. */
  alert?: string | undefined;
  /** A button, if the next page has one. */
  form?: Pick<Form, 'hidden' | 'submit'> | undefined;
  link?: Link | undefined;
  other?: Link | undefined;
};

/**
 * The page's script. It removes the tag from the address, shows the password and its strength, and sends the form once and
 * shows the answer in place. The page also works without it.
 *
 * It runs in the browser as the text that `Function.prototype.toString` returns, so it can't use anything else of this
 * module. It writes text and elements, never markup: Trusted Types allow nothing else.
 */
export function enhance(strength: typeof strengthOf): void {
  const main = document.querySelector('main') as HTMLElement;
  const words = JSON.parse(main.dataset.script as string) as ScriptWords;
  const query = new URLSearchParams(location.search);
  let sending = false;

  /** The page's own address, with only these parameters and the language. */
  function pageWith(parameters: Record<string, string>): string {
    const language = query.get('lang');
    const all = new URLSearchParams({ ...parameters, ...(language && { lang: language }) });
    return location.pathname + (all.size > 0 ? `?${all}` : '');
  }

  /** Writes an element's text; without a text, the element is hidden. */
  function setText(element: HTMLElement | null, text = ''): void {
    if (!element) return;
    element.textContent = text;
    element.hidden = text === '';
  }

  function make<Name extends keyof HTMLElementTagNameMap>(
    name: Name,
    attributes: Record<string, string>,
    ...content: (Node | string)[]
  ): HTMLElementTagNameMap[Name] {
    const element = document.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
    element.append(...content);
    return element;
  }

  function makeForm({ hidden, submit }: Pick<Form, 'hidden' | 'submit'>): HTMLFormElement {
    const inputs = Object.entries(hidden).map(([name, value]) =>
      make('input', { type: 'hidden', name, value }),
    );
    const alert = make('p', { id: 'alert', class: 'alert', role: 'alert', hidden: '' });
    const button = make('button', { type: 'submit', class: 'second' }, submit);
    const form = make('form', { method: 'post', action: pageWith({}) }, alert, ...inputs, button);
    listen(form);
    return form;
  }

  function makeLink(link: Link | undefined): HTMLElement[] {
    return link ? [make('p', { class: 'next' }, make('a', { href: link.to }, link.text))] : [];
  }

  /** Replaces the content by an answer. */
  function replacePage(answer: ScriptAnswer, done: boolean): void {
    const { title, address, notice, paragraphs, form, link, other } = answer;
    const heading = make('h1', { tabindex: '-1', ...(done && { class: 'done' }) }, title);
    main.replaceChildren(
      heading,
      ...(address ? [make('p', { class: 'address' }, make('bdi', {}, address))] : []),
      ...(notice ? [make('p', { class: 'notice' }, notice)] : []),
      ...paragraphs.map((text) => make('p', {}, text)),
      ...(form ? [makeForm(form)] : []),
      ...makeLink(link),
      ...makeLink(other),
    );
    document.querySelector('footer nav')?.remove(); // its links lead to the form that was answered
    document.title = `${title} – ${words.brand}`;
    heading.focus();
  }

  function clearErrors(form: HTMLFormElement): void {
    setText(document.getElementById('field-error'));
    setText(document.getElementById('alert'));
    form.querySelector('[aria-invalid]')?.removeAttribute('aria-invalid');
  }

  function refuse(form: HTMLFormElement, text: string): void {
    setText(document.getElementById('field-error'), text);
    const field = form.querySelector<HTMLInputElement>('[aria-describedby]');
    field?.setAttribute('aria-invalid', 'true');
    field?.focus();
  }

  async function send(form: HTMLFormElement): Promise<void> {
    let answer: ScriptAnswer | undefined;
    let done = false;
    try {
      const response = await fetch(form.action, {
        method: 'POST',
        headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(new FormData(form) as unknown as Record<string, string>).toString(),
      });
      done = response.ok;
      answer = await response.json();
    } catch {
      // No connection, or an answer that isn't ours; shown below.
    }
    if (!Array.isArray(answer?.paragraphs)) setText(document.getElementById('alert'), words.unreachable);
    else if (answer.error) refuse(form, answer.error);
    else if (answer.alert) setText(document.getElementById('alert'), answer.alert);
    else {
      // A reload shows the outcome again. The address says only that there was one.
      if (done) history.replaceState({ answer }, '', pageWith({ done: '1' }));
      replacePage(answer, done);
    }
  }

  function hidePassword(): void {
    const [field, show] = [document.getElementById('password'), document.getElementById('show')];
    field?.setAttribute('type', 'password');
    if (show) show.textContent = words.show;
  }

  function listen(form: HTMLFormElement): void {
    const submit = form.querySelector('button[type=submit]') as HTMLButtonElement;
    form.noValidate = true; // the browser's own words are in its language, which need not be the page's
    form.addEventListener('input', () => clearErrors(form));
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (sending) return;
      sending = true;
      const label = submit.textContent;
      submit.setAttribute('aria-disabled', 'true'); // `disabled` would take the focus away
      submit.textContent = words.sending;
      clearErrors(form);
      hidePassword(); // a browser remembers what was in a field of text, and offers it to the next person
      await send(form);
      sending = false;
      submit.removeAttribute('aria-disabled');
      submit.textContent = label;
    });
  }

  function listenToPassword(field: HTMLInputElement): void {
    const show = document.getElementById('show') as HTMLElement;
    show.hidden = false;
    show.addEventListener('click', () => {
      if (field.type === 'text') hidePassword();
      else {
        field.type = 'text';
        show.textContent = words.hide;
      }
      field.focus();
    });

    const capsLock = document.getElementById('caps-lock') as HTMLElement;
    const look = (event: KeyboardEvent | MouseEvent) => {
      // An event made by a password manager doesn't have this method.
      const on = event.getModifierState?.('CapsLock') === true;
      if (on !== (capsLock.textContent !== '')) capsLock.textContent = on ? words.capsLock : '';
    };
    for (const type of ['keydown', 'keyup', 'mousedown'] as const) field.addEventListener(type, look);

    const text = make('p', { class: 'strength', id: 'strength-text', role: 'status' });
    const range = { max: '4', low: '2', high: '3', optimum: '4' };
    const meter = make('meter', { ...range, hidden: '', 'aria-labelledby': 'strength-text' });
    document.getElementById('strength')?.append(meter, text);
    field.addEventListener('input', () => {
      const level = strength(field.value, words.minimum, words.known);
      const tooLong = new TextEncoder().encode(field.value.normalize('NFC')).length > 72;
      meter.hidden = field.value === '';
      meter.value = tooLong ? 0 : level;
      const inWords = tooLong ? words.tooLong : words.strengths[level];
      const shown = field.value === '' ? '' : `${words.strength} ${inWords}`;
      if (text.textContent !== shown) text.textContent = shown; // else it would be read out at every key
    });
  }

  const tag = query.get('tag');
  const form = document.querySelector('form');
  if (tag !== null) {
    // Hides the tag from the screen and the browser's history. After a reload it is in the state of the history entry.
    history.replaceState({ tag }, '', pageWith({}));
  } else if (history.state?.answer) {
    replacePage(history.state.answer, true);
    return;
  } else if (!form && history.state?.tag) {
    location.replace(pageWith({ tag: history.state.tag }));
    return;
  }
  if (form) listen(form);
  const password = document.getElementById('password');
  if (password) listenToPassword(password as HTMLInputElement);
}
