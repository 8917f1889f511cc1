import type { Language } from '../core/language.ts';
import { Html, html } from '../html.ts';
import { numberIn } from '../messages/amounts.ts';
import { pageMessages } from '../messages/catalogue.ts';
import type { Field, Form } from './view.ts';

type Writing = { language: Language; passwordMinimum: number };

/** A form. Without a field it is a button next to the text, as one of two next steps. */
export function writeForm(form: Form, alert: string | undefined, writing: Writing): Html {
  const { hidden, account, field, submit } = form;
  const inputs = Object.entries(hidden).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`,
  );
  // The page's own address without its query, whether or not the path has a stage or a slash at its end.
  return html`<form method="post" action="?lang=${writing.language}">
<p id="alert" class="alert" role="alert"${hiddenIf(alert === undefined)}>${alert}</p>
${inputs}${account !== undefined && accountOf(account, writing.language)}${field && fields[field.kind](field, writing)}
<button type="submit" class="${field ? 'main' : 'second'}">${submit}</button>
</form>
`;
}

/** Every kind of field that a form can have. */
const fields: Record<Field['kind'], (field: Field, writing: Writing) => Html> = {
  email: ({ value, error }, { language }) => html`<div class="field">
<label for="email">${pageMessages[language].forget.email}</label>
${errorOf(error)}
<input id="email" name="email" type="email" value="${value}" autocomplete="username" autocapitalize="none" spellcheck="false" required aria-describedby="field-error"${stateOf(error)}>
</div>`,

  password: ({ error }, { language }) => html`<div class="field">
<label for="current-password">${pageMessages[language].verify.password}</label>
${errorOf(error)}
<input id="current-password" name="password" type="password" autocomplete="current-password" autocapitalize="none" spellcheck="false" required aria-describedby="field-error"${stateOf(error)}>
</div>`,

  // No maxlength: a browser would cut a longer password off silently, while the server refuses it with a message.
  'new-password': ({ error }, { language, passwordMinimum }) => {
    const { reset, script } = pageMessages[language];
    return html`<div class="field">
<label for="password">${reset.password}</label>
<p id="policy" class="hint">${reset.policy(numberIn(language, passwordMinimum))}</p>
${errorOf(error)}
<input id="password" name="password" type="password" autocomplete="new-password" autocapitalize="none" spellcheck="false" required minlength="${passwordMinimum}" aria-describedby="policy field-error"${stateOf(error)}>
<button type="button" id="show" class="small" aria-controls="password" hidden>${script.show}</button>
<p id="caps-lock" class="strength" role="status"></p>
<div id="strength"></div>
</div>`;
  },
};

/** The address, also for password managers, which store the new password under it. */
function accountOf(account: string, language: Language): Html {
  return html`<div class="field">
<label for="username">${pageMessages[language].reset.account}</label>
<input id="username" name="username" type="email" value="${account}" autocomplete="username" readonly>
</div>
`;
}

function errorOf(error: string | undefined): Html {
  return html`<p id="field-error" class="error"${hiddenIf(error === undefined)}>${error}</p>`;
}

/** A form has only one field, which gets the focus. */
function stateOf(error: string | undefined): Html {
  return new Html(error === undefined ? ' autofocus' : ' aria-invalid="true" autofocus');
}

function hiddenIf(nothing: boolean): Html {
  return new Html(nothing ? ' hidden' : '');
}
