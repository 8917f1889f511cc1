/// <reference lib="dom" />
import type { PageMessages } from '../messages/messages.ts';
import type { strengthOf } from './strength.ts';

/** What the page's script finds in `data-script` of the form. */
export type ScriptWords = PageMessages['script'] & { brand: string; minimum: number; known: string[] };

/** What the server answers to the script in place of a page. */
export type ScriptAnswer = {
  title: string;
  paragraphs: readonly string[];
  /** What is wrong with the field. */
  error?: string | undefined;
  /** What is wrong with the request. */
  alert?: string | undefined;
  link?: { to: string; text: string } | undefined;
};

/**
 * Makes the page better: the tag leaves the address, the password can be seen and its strength is told, and the form is
 * sent once and answered in place. Without it the page works all the same.
 *
 * Runs in the browser, as the text that `Function.prototype.toString` gives: nothing of this module is around it there.
 * It writes text and elements, never markup: Trusted Types allow nothing else.
 */
export function enhance(strength: typeof strengthOf): void {
  const main = document.querySelector('main') as HTMLElement;
  const form = document.querySelector('form');

  const query = new URLSearchParams(location.search);
  const tag = query.get('tag');
  const pageWithout = () => {
    query.delete('tag');
    return location.pathname + (query.toString() && `?${query}`);
  };
  if (tag !== null) {
    // Out of sight of who looks at the screen, and of the browser's history. A reload finds it in the entry's state.
    history.replaceState({ tag }, '', pageWithout());
  } else if (!form && history.state?.tag) {
    query.set('tag', history.state.tag);
    location.replace(`${location.pathname}?${query}`);
    return;
  }
  if (!form) return;

  const words = JSON.parse(form.dataset.script as string) as ScriptWords;
  const field = form.querySelector('[aria-describedby]') as HTMLInputElement;
  const error = document.getElementById('field-error') as HTMLElement;
  const alert = document.getElementById('alert') as HTMLElement;
  const submit = form.querySelector('button.main') as HTMLButtonElement;
  form.noValidate = true; // the browser's own words are in its language, which need not be the page's

  function tell(element: HTMLElement, text = ''): void {
    element.textContent = text;
    element.hidden = text === '';
  }

  function refuse(text: string): void {
    tell(error, text);
    field.setAttribute('aria-invalid', 'true');
    field.focus();
  }

  function replacePage({ title, paragraphs, link }: ScriptAnswer): void {
    history.replaceState(null, '', pageWithout());
    const heading = document.createElement('h1');
    heading.tabIndex = -1;
    heading.textContent = title;
    const rest = paragraphs.map((text) => {
      const paragraph = document.createElement('p');
      paragraph.textContent = text;
      return paragraph;
    });
    main.replaceChildren(heading, ...rest);
    if (link) {
      const anchor = document.createElement('a');
      anchor.href = link.to;
      anchor.textContent = link.text;
      const paragraph = document.createElement('p');
      paragraph.className = 'next';
      paragraph.append(anchor);
      main.append(paragraph);
    }
    document.querySelector('footer')?.remove(); // its links lead to the form that was answered
    document.title = `${title} – ${words.brand}`;
    heading.focus();
  }

  let sending = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    const label = submit.textContent;
    submit.setAttribute('aria-disabled', 'true'); // `disabled` would take the focus away
    submit.textContent = words.sending;
    tell(error);
    tell(alert);
    field.removeAttribute('aria-invalid');
    let answer: ScriptAnswer | undefined;
    try {
      const response = await fetch(form.action, {
        method: 'POST',
        headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(new FormData(form) as unknown as Record<string, string>).toString(),
      });
      answer = await response.json();
    } catch {
      // No connection, or an answer that is not ours: told below.
    }
    sending = false;
    submit.removeAttribute('aria-disabled');
    submit.textContent = label;
    if (!Array.isArray(answer?.paragraphs)) tell(alert, words.unreachable);
    else if (answer.error) refuse(answer.error);
    else if (answer.alert) tell(alert, answer.alert);
    else replacePage(answer);
  });

  const show = document.getElementById('show');
  const place = document.getElementById('strength');
  if (!show || !place) return;
  show.hidden = false;
  show.addEventListener('click', () => {
    const shown = field.type === 'text';
    field.type = shown ? 'password' : 'text';
    show.textContent = shown ? words.show : words.hide;
    field.focus();
  });

  const text = document.createElement('p');
  text.className = 'strength';
  text.id = 'strength-text';
  text.setAttribute('role', 'status');
  const meter = document.createElement('meter');
  meter.max = 4;
  meter.low = 2;
  meter.high = 3;
  meter.optimum = 4;
  meter.hidden = true;
  meter.setAttribute('aria-labelledby', 'strength-text');
  place.append(meter, text);
  field.addEventListener('input', () => {
    const level = strength(field.value, words.minimum, words.known);
    const tooLong = new TextEncoder().encode(field.value.normalize('NFC')).length > 72;
    meter.hidden = field.value === '';
    meter.value = tooLong ? 0 : level;
    const inWords = tooLong ? words.tooLong : words.strengths[level];
    const told = field.value === '' ? '' : `${words.strength} ${inWords}`;
    if (text.textContent !== told) text.textContent = told; // else it would be read out at every key
  });
}
