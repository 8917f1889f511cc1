import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { Call, Client, Reply } from './client.ts';

/** What a browser sends with a form of ours, filled in. */
export function form(
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Call {
  return {
    path,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'sec-fetch-site': 'same-origin',
      ...headers,
    },
    body: new URLSearchParams(fields).toString(),
  };
}

export const get = (client: Client, path: string, headers: Record<string, string> = {}): Promise<Reply> =>
  client.send({ method: 'GET', path, headers });

/** Sends a form and goes where a browser is sent on to, if it is. `fetch` has done so by itself. */
export async function submit(client: Client, call: Call): Promise<Reply> {
  const reply = await client.send(call);
  if (reply.status !== 303) return reply;
  const { pathname, search } = new URL(reply.headers.location ?? '', `http://localhost${call.path}`);
  const { 'content-type': _, ...headers } = call.headers ?? {};
  return client.send({ method: 'GET', path: pathname + search, headers });
}

/** What a page says and where it leads, read from its markup. */
export type Seen = {
  status: number;
  title: string;
  heading: string;
  language: string;
  paragraphs: string[];
  error: string;
  alert: string;
  link: string | undefined;
  /** Every way on, the first one being `link`. */
  links: string[];
  /** The email address that it was about. */
  address: string | undefined;
  done: boolean;
  /** The values of its fields. */
  fields: Record<string, string>;
};

/**
 * Reads a page, after making sure that it is one, with everything that every page has to have: whatever is asked for
 * and however it is answered.
 */
export function pageOf(reply: Reply): Seen {
  const { text, headers, status } = reply;
  expect(text).toMatch(/^<!doctype html>\n<html lang="\w\w" dir="ltr">\n<head>\n<meta charset="utf-8">/);
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'strict-transport-security': expect.stringMatching(/^max-age=[1-9]\d{6,}/),
    'x-frame-options': 'DENY',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(headers).not.toHaveProperty('set-cookie');
  expectPolicy(reply);

  const all = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => plain(found));
  const one = (pattern: RegExp) => all(pattern)[0] ?? '';
  expect(all(/<title>(.*?)<\/title>/gs)).toHaveLength(1);
  expect(all(/<h1(?: class="done")?>(.*?)<\/h1>/gs)).toHaveLength(1);
  const fields = [...text.matchAll(/<input [^>]*>/g)].map(([input]) => [
    /name="(.*?)"/.exec(input)?.[1] ?? '',
    plain(/value="(.*?)"/s.exec(input)?.[1] ?? ''),
  ]);
  return {
    status,
    title: one(/<title>(.*?)<\/title>/gs),
    heading: one(/<h1(?: class="done")?>(.*?)<\/h1>/gs),
    language: one(/<html lang="(\w\w)"/g),
    paragraphs: all(/<p>(.*?)<\/p>/gs),
    error: one(/<p id="field-error" class="error">(.*?)<\/p>/gs),
    alert: one(/<p (?:id="alert" )?class="alert" role="alert">(.*?)<\/p>/gs),
    link: all(/<p class="next"><a href="(.*?)"/gs)[0],
    links: all(/<p class="next"><a href="(.*?)"/gs),
    address: all(/<p class="address"><bdi>(.*?)<\/bdi><\/p>/gs)[0],
    done: text.includes('<h1 class="done">'),
    fields: Object.fromEntries(fields) as Record<string, string>,
  };
}

/** The policy lets the page's own style and script through, by their hashes, and nothing else. */
function expectPolicy({ text, headers }: Reply): void {
  const hashes = (element: string) =>
    [...text.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))].map(
      ([, content = '']) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`,
    );
  const [style, script] = [hashes('style'), hashes('script')];
  expect([style.length, script.length]).toEqual([1, 1]);
  expect(
    headers['content-security-policy']?.split('; ').filter((part) => !part.startsWith('img-src')),
  ).toEqual([
    "default-src 'none'",
    `style-src ${style[0]}`,
    `script-src ${script[0]}`,
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]);
  // What the policy would refuse, and markup that somebody else has put there.
  const markup = text.replace(/<(style|script)>.*?<\/\1>/gs, '').replace(ICON, '');
  expect(markup.replace(/"[^"]*"/g, '""')).not.toMatch(
    /<(script|style|iframe|object|embed|base|svg|link)|http-equiv|\son\w+\s*=|\sstyle\s*=|<[^>]*'/i,
  );
  for (const [, url = ''] of markup.matchAll(/(?:href|action)="([^"]*)"/g))
    expect(url).toMatch(/^(\?lang=|https?:)/);
}

const ICON = /<link rel="icon" href="(?:data:image\/svg\+xml,[^"<>]*|https:[^"<>]*)">/;

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };

function plain(markup: string): string {
  return markup.replace(/&(lt|gt|quot|#39|amp);/g, (_, name: string) => ENTITIES[name] as string).trim();
}
