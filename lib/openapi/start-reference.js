// What runs in the reader's browser after Swagger UI's own code (reference.built.ts puts the two into one file).
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
  follow();
  dark.addEventListener('change', follow);

  // Relative to this script, whatever stage or domain the page was asked of.
  const base = new URL('..', document.currentScript.src);
  const at = (path) => new URL(path, base).href;

  /** The tokens of the last sign-up, log-in or refresh that was tried here. */
  const held = { refreshToken: undefined };
  let ui;

  fetch(at('openapi.json'))
    .then((response) => response.json())
    .then((specification) => {
      ui = window.SwaggerUIBundle({
        spec: forReaders(specification),
        dom_id: '#reference',
        deepLinking: true,
        displayRequestDuration: true,
        filter: false,
        tryItOutEnabled: true,
        validatorUrl: null, // it would tell somebody else's server of this one
        persistAuthorization: false, // a token in localStorage would outlive the page
        queryConfigEnabled: false, // a link must not make this page show another's API
        requestInterceptor: fillIn,
        responseInterceptor: remember,
      });
    });

  /** The document as people read it: what all operations have in common stands once, at the top. */
  function forReaders(specification) {
    const responses = [
      ...Object.values(specification.paths).flatMap((path) =>
        Object.values(path).flatMap((operation) => Object.values(operation.responses ?? {})),
      ),
      ...Object.values(specification.components.responses ?? {}),
    ].filter((response) => !('$ref' in response));
    const everywhere = Object.keys(responses[0]?.headers ?? {}).filter((name) =>
      responses.every(({ headers = {} }) => name in headers),
    );
    for (const response of responses) {
      for (const name of everywhere) delete response.headers[name];
      delete response.links; // for programs
    }
    // An answer that many operations share is the same sentence everywhere: its body is described once, as a schema.
    for (const shared of Object.values(specification.components.responses ?? {})) delete shared.content;
    specification.info.description += `

Every answer has the headers ${everywhere.map((name) => `\`${name}\``).join(', ')}.
Errors have the shape of \`ProblemDetails\`, and of \`Sentences\` under \`/accounts\`.

**Try it out in this order**: sign up, log in, then the others. A log-in fills in *Authorize*, and the refresh token of the examples.

**Pages for people**: [/forgot-password](${at('forgot-password')}) asks for a reset link; the link leads to \`/reset-password?tag=…\`.`;
    return specification;
  }

  /** Keeps the tokens of an answer, so that what is tried next has them. */
  function remember(response) {
    const { accessToken, token = accessToken, refreshToken } = response.ok ? (read(response.text) ?? {}) : {};
    if (typeof token === 'string') {
      ui.preauthorizeApiKey('bearer', token);
      ui.preauthorizeApiKey('tokenHeader', token);
    }
    if (typeof refreshToken === 'string') held.refreshToken = refreshToken;
    return response;
  }

  /** Puts the refresh token where the example of one was left as it is. */
  function fillIn(request) {
    const body = read(request.body);
    if (held.refreshToken && body?.refreshToken === 'a-refresh-token')
      request.body = JSON.stringify({ ...body, refreshToken: held.refreshToken }, null, 2);
    return request;
  }

  function read(text) {
    try {
      return JSON.parse(text);
    } catch {
      return undefined; // a form, or an answer without a body
    }
  }

  // Swagger UI names the landmarks of its operations alone: each table of answers is a region without a name.
  const landmarks = {
    '.information-container': () => 'About this API',
    '.scheme-container': () => 'Server and authorization',
    '.responses-table[role=region]': ({ id }) => `Responses ${id}`,
  };
  new MutationObserver(() => {
    for (const [selector, nameOf] of Object.entries(landmarks))
      for (const element of document.querySelectorAll(`${selector}:not([aria-label])`)) {
        element.setAttribute('role', 'region');
        element.setAttribute('aria-label', nameOf(element));
      }
  }).observe(document.documentElement, { childList: true, subtree: true });
})();
