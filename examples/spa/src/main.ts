import { createClient, GatehouseError, type SessionEnd } from 'gatehouse-client';
import { type StepUpRequest, withAccount } from 'gatehouse-client/account';
import { hasPasskeys, withPasskeys } from 'gatehouse-client/passkeys';
import { accountPage } from './account-page';
import { mailedLinks } from './mailed-links';
import { type Fields, guarded, hasSection, page } from './page';
import { passkeyLogIn } from './passkey-log-in';
import { askForProof, codeOf } from './step-up';

const { element, onClick, onSubmit, say } = page;
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

const gatehouse = withPasskeys(withAccount(client, { onStepUpRequired }));

/** Asks for what the account has: a password where that is enough, else its second factor or a passkey. */
async function onStepUpRequired({ acrValues }: StepUpRequest): Promise<boolean> {
  const { factors } = await gatehouse.account();
  const has = (wanted: string) => factors.some(({ type }) => type === wanted);
  const passkey = has('passkey') && hasPasskeys();
  if (!acrValues.includes('aal2')) return askForProof({ typed: 'password', passkey }, gatehouse);
  return askForProof({ ...(has('totp') && { typed: 'code' }), passkey }, gatehouse);
}

/** Shows a section, and offers passkeys while the form for logging in is there. */
function show(id: string): void {
  page.show(id);
  if (id === 'log-in') void byPasskey.offer();
  else byPasskey.stop();
}

/** The same, with an address that can be gone back from. */
function go(id: string): void {
  if (location.hash !== `#${id}`) history.pushState(null, '', `/#${id}`);
  show(id);
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

const byPasskey = passkeyLogIn(gatehouse.logInWithPasskey, showMe, page);

/** Of a log-in whose password was right. */
let challenge = '';
onSubmit('second-factor', async ({ code = '' }) => {
  await gatehouse.logInWithSecondFactor({ challenge, ...codeOf(code) });
  await showMe();
});

/** Of a sign-up that waits for the code in its email. */
let verification: string | undefined;
onSubmit('sign-up', async ({ name = '', email = '', password = '', confirm = '' }) => {
  const answer = await gatehouse.signUp({ name, email, password, confirm });
  verification = answer.verification;
  if (verification !== undefined) return go('confirm-sign-up');
  await gatehouse.logIn({ email, password });
  await showMe();
});

onSubmit('confirm-sign-up', async ({ code = '' }) => {
  await gatehouse.verifyEmail({ verification: verification ?? '', code: code.trim() });
  await showMe();
});
onClick(element('resend-sign-up'), async () => {
  say((await gatehouse.sendVerification(verification ?? '')).message);
});

onSubmit('forgot-password', async ({ email = '' }) => {
  const { message } = await gatehouse.forgotPassword({ email });
  say(message);
  const inbox = element('inbox');
  inbox.hidden = VITE_INBOX_URL === '';
  inbox.querySelector('a')?.setAttribute('href', VITE_INBOX_URL);
});

const showAccount = accountPage(gatehouse, { ...page, show });
const openedByMail = mailedLinks(gatehouse, { ...page, show }, { go, enter: showMe });

onClick(element('ask'), showMe);
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

const NOT_BY_ADDRESS = ['me', 'account', 'second-factor', 'confirm-sign-up', 'verify-email', 'undo'];

async function route(): Promise<void> {
  if (await openedByMail()) return;
  const id = location.pathname === '/account' ? 'account' : location.hash.slice(1);
  if (await gatehouse.hasSession()) await (id === 'account' ? showAccount() : showMe());
  else if (hasSection(id) && !NOT_BY_ADDRESS.includes(id)) show(id);
  else go('log-in');
}

addEventListener('hashchange', () => void route());
addEventListener('popstate', () => void route());
void guarded(route);
