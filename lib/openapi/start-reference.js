// What runs in the reader's browser after Swagger UI's own code (reference.built.ts puts the two into one file).
(() => {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
  follow();
  dark.addEventListener('change', follow);

  window.SwaggerUIBundle({
    // Beside this script, whatever stage or domain the page was asked of.
    url: new URL('../../events/docs/openapi.json', document.currentScript.src).href,
    dom_id: '#reference',
    deepLinking: true,
    displayRequestDuration: true,
    filter: false,
    tryItOutEnabled: true,
    validatorUrl: null, // it would tell somebody else's server of this one
    persistAuthorization: false, // a token in localStorage would outlive the page
    queryConfigEnabled: false, // a link must not make this page show another's API
  });
})();
