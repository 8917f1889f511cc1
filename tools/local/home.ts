// The addresses of everything on this machine, printed by `npm start` and shown at the API's root.
import { Html, html } from '../../lib/html.ts';
import { typed } from '../folders.ts';

export interface Place {
  readonly name: string;
  readonly url: string;
}

/** The addresses that are useful after a start. */
export function placesOf(urls: { api: string; dynamodb: string; inbox: string; page?: string }): Place[] {
  return [
    { name: 'API', url: urls.api },
    ...(urls.page === undefined ? [] : [{ name: 'Page', url: urls.page }]),
    { name: 'Reference', url: `${urls.api}/docs` },
    { name: 'Pages', url: `${urls.api}/forgot-password` },
    { name: 'Inbox', url: urls.inbox },
    { name: 'DynamoDB', url: urls.dynamodb },
  ];
}

/** The page at `/`. */
export function homePage(places: readonly Place[]): string {
  return html`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Gatehouse on this machine</title>
<style>${new Html(':root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif } body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem } dt { font-weight: 600 } dd { margin: 0 0 .75rem }')}</style>
<h1>Gatehouse on this machine</h1>
<dl>${places.map(({ name, url }) => html`<dt>${name}</dt><dd><a href="${url}">${url}</a></dd>`)}</dl>
<p>This page exists under <code>${typed('start')}</code> only. A deployed API answers <code>/</code> with 404.</p>
</html>
`.markup;
}
