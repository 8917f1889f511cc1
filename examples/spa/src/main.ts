import { createClient, GatehouseError, type SessionEnd } from 'gatehouse-client';
import { withAccount } from 'gatehouse-client/account';
import { accountPage } from './account-page';
import { askForProof } from './step-up';

type Fields = Record<string, string>;

const { VITE_API_URL = '', VITE_INBOX_URL = '' } = import.meta.env;

const ends: Record<SessionEnd, string> = {
  'logged-out': 'You are logged out.',
  refused: 'Your session is over; log in again.',
  gone: 'Your session was ended or replaced in another tab.',
};

const client = createClient({
  baseUrl: VITE_API_URL,
  // Every tab is told, so that none goes on showing somebody who has left.
  onSessionEnd(reason) {
    go('log-in');
    say(ends[reason]);
  },
  onSessionStart: () => void showMe(),
});

const gatehouse = withAccount(client, {
  onStepUpRequired: ({ acrValues }) =>
    askForProof(acrValues.includes('aal2'), (proof) => gatehouse.stepUp(proof)),
});

const element = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;
const sections = [...document.querySelectorAll('section')];

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

/** The same, with an address that can be gone back from. */
function go(id: string): void {
  if (location.hash !== `#${id}`) history.pushState(null, '', `/#${id}`);
  show(id);
}

/** Says how it went above everything: a fault looks like one, and the page has no other voice. */
function say(text: string, kind: 'news' | 'fault' | 'wait' = 'news'): void {
  const status = element('status');
  status.textContent = text;
  status.className = kind;
}

/** Asks who is logged in: refreshes first when the access token is about to expire. */
async function showMe(): Promise<void> {
  try {
    say('One moment …', 'wait');
    const { message, user } = await gatehouse.welcome();
    element('me-name').textContent = user.name;
    element('me-email').textContent = user.email;
    element('me-time').textContent = new Date().toLocaleTimeString();
    go('me');
    say(message);
  } catch (error) {
    if (!(error instanceof GatehouseError)) throw error;
    if (error.status === 401) go('log-in');
    else say(error.message, 'fault');
  }
}

/** What can be said without asking: an empty field isn't a wrong password. */
function requireFilled(fields: Fields): void {
  const errors = Object.entries(fields)
    .filter(([, value]) => value === '')
    .map(([field]) => ({ field, message: `Please enter your ${field}.` }));
  if (errors.length > 0) throw new GatehouseError(0, 'Some fields are empty.', { errors });
}

/** What a form does with its fields. Errors are shown beside the fields they are about, others above. */
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
  for (const input of form.querySelectorAll('input')) {
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

onSubmit('log-in', async ({ email = '', password = '' }) => {
  requireFilled({ email, password });
  try {
    await gatehouse.logIn({ email, password });
  } catch (error) {
    if (!(error instanceof GatehouseError) || error.code !== 'second-factor-required') throw error;
    challenge = error.challenge ?? '';
    return go('second-factor');
  }
  await showMe();
});

/** Of a log-in whose password was right. */
let challenge = '';
onSubmit('second-factor', async ({ code = '' }) => {
  await gatehouse.logInWithSecondFactor(
    /^\d{6}$/.test(code) ? { challenge, code } : { challenge, recoveryCode: code },
  );
  await showMe();
});

const showAccount = accountPage(gatehouse, { element, onSubmit, say, show });

onSubmit('sign-up', async ({ name = '', email = '', password = '', confirm = '' }) => {
  await gatehouse.signUp({ name, email, password, confirm });
  await gatehouse.logIn({ email, password });
  await showMe();
});

onSubmit('forgot-password', async ({ email = '' }) => {
  const { message } = await gatehouse.forgotPassword({ email });
  say(message);
  const inbox = element('inbox');
  inbox.hidden = VITE_INBOX_URL === '';
  inbox.querySelector('a')?.setAttribute('href', VITE_INBOX_URL);
});

const tag = new URLSearchParams(location.search).get('tag');
onSubmit('reset-password', async ({ password = '' }) => {
  const { message } = await gatehouse.resetPassword(tag ?? '', { password });
  go('log-in');
  say(message);
});

element('ask').addEventListener('click', () => void showMe());
element('log-out').addEventListener('click', async () => {
  say('One moment …', 'wait');
  try {
    await gatehouse.logOut();
  } catch {
    say(
      'You are logged out here. The service could not be told; your session ends there by itself.',
      'fault',
    );
  }
});

async function route(): Promise<void> {
  const id = location.hash.slice(1);
  if (location.pathname === '/reset-password') {
    // The link of the email, where APP_URL names this page. The tag must not stay in the address, where others may see it.
    history.replaceState(null, '', '/reset-password');
    show('reset-password');
    if (tag === null) {
      say('This link is incomplete.', 'fault');
      for (const note of document.querySelectorAll<HTMLElement>('.dead-link')) note.hidden = false;
    }
  } else if (await gatehouse.hasSession()) await (id === 'account' ? showAccount() : showMe());
  else if (sections.some((section) => section.id === id && !['me', 'account', 'second-factor'].includes(id)))
    show(id);
  else go('log-in');
}

addEventListener('hashchange', () => void route());
addEventListener('popstate', () => void route());
void route();
