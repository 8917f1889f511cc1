import { createClient } from './gatehouse-client.js';

const { api } = await (await fetch('gatehouse.json')).json();
const client = createClient({ baseUrl: api, onSessionEnd: show, onSessionStart: show });

const element = (id) => document.getElementById(id);
const say = (text) => {
  document.querySelector('[role=status]').textContent = text;
};

/** Shows the member's part if somebody is logged in, else the forms. */
async function show() {
  const user = await client.welcome().then(
    (answer) => answer.user,
    () => undefined,
  );
  element('name').textContent = user?.name ?? '';
  element('member').hidden = user === undefined;
  element('visitor').hidden = user !== undefined;
}

function onSubmit(id, act) {
  element(id).addEventListener('submit', async (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.target));
    try {
      say('One moment …');
      await act(fields);
      await show();
      say('');
    } catch (error) {
      say([error.message, ...(error.errors ?? []).map(({ message }) => message)].join(' '));
    }
  });
}

onSubmit('sign-up', async ({ name, email, password }) => {
  await client.signUp({ name, email, password, confirm: password });
  await client.logIn({ email, password });
});
onSubmit('log-in', (fields) => client.logIn(fields));
element('forgot').href = `${api}/forgot-password`;
element('log-out').addEventListener('click', () => client.logOut());
await show();
