import type { Fields } from './post.ts';

/** What a request is refused for before anything is asked of Gatehouse. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Bytes of a body, as Gatehouse takes them. */
const MOST = 32_768;

/**
 * Refuses what no page of this origin has sent (CSRF). Browsers set both headers, and pages cannot change them.
 *
 * `Sec-Fetch-Site` tells a subdomain from the origin; `Origin` is what older browsers send with a POST. A page with
 * `Referrer-Policy: no-referrer` sends forms with the origin `null`, which counts together with `same-origin` alone.
 *
 * @see OWASP Cross-Site Request Forgery Prevention, Fetch Metadata
 * @throws Refusal
 */
export function requireOwn({ method, headers }: Pick<Request, 'method' | 'headers'>, own: string): void {
  const [site, origin] = [headers.get('sec-fetch-site'), headers.get('origin')];
  const reads = method === 'GET' || method === 'HEAD';
  const allowed =
    (site === null || site === 'same-origin' || (reads && site === 'none')) &&
    (origin === own || (reads ? origin === null : origin === 'null' && site === 'same-origin'));
  if (!allowed) throw new Refusal(403, 'cross-site', 'This request does not come from a page of this site.');
}

/** The members of a JSON body; none of an empty one. @throws Refusal */
export async function fieldsOf(request: Request): Promise<Fields> {
  const text = await textOf(request);
  if (text === '') return {};
  // A form of another site can send text, but not this type.
  if (!/^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? ''))
    throw new Refusal(415, 'unsupported-media-type', 'Send JSON as application/json.');
  try {
    const value = JSON.parse(text);
    if (typeof value === 'object' && value && !Array.isArray(value)) return value;
  } catch {}
  throw new Refusal(400, 'malformed-body', 'The body is not a JSON object.');
}

async function textOf(request: Request): Promise<string> {
  const reader = request.body?.getReader();
  const decoder = new TextDecoder();
  let [text, length] = ['', 0];
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || !value) return text + decoder.decode();
    length += value.length;
    if (length > MOST) {
      await reader?.cancel();
      throw new Refusal(413, 'body-too-large', `A body has at most ${MOST} bytes.`);
    }
    text += decoder.decode(value, { stream: true });
  }
}

/**
 * The cookie of an origin. `__Host-` has browsers refuse it from subdomains and without HTTPS; a page on this machine, over
 * HTTP, cannot have that.
 *
 * @param maxAge seconds
 */
export function sessionCookie({ protocol }: URL, maxAge: number) {
  const secure = protocol === 'https:';
  const name = secure ? '__Host-gatehouse' : 'gatehouse';
  const line = (value: string, seconds: number) =>
    `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return {
    /** Two of the same name are somebody's attempt to pass one off as ours: none counts. */
    read(headers: Headers): string | undefined {
      const pairs = (headers.get('cookie') ?? '')
        .split(';')
        .map((pair) => pair.replace(/^[ \t]+|[ \t]+$/g, ''));
      const values = pairs
        .filter((pair) => pair.startsWith(`${name}=`))
        .map((pair) => pair.slice(name.length + 1));
      const [value = ''] = values;
      return values.length === 1 && /^[\w.~-]{1,1024}$/.test(value) ? value : undefined;
    },
    write: (refreshToken: string) => line(refreshToken, maxAge),
    clear: line('', 0),
  };
}

/**
 * The path of this site that a page may send people back to, such as `?to=/orders`: never another site's.
 *
 * @param to what came with the request
 */
export function localPath(to: string | null | undefined, otherwise = '/'): string {
  if (!to?.startsWith('/')) return otherwise;
  try {
    const { origin, pathname, search, hash } = new URL(to, 'http://own.invalid');
    // `/\evil.example` and `/.//evil.example` are other hosts once a browser has read them.
    if (origin === 'http://own.invalid' && !pathname.startsWith('//')) return pathname + search + hash;
  } catch {}
  return otherwise;
}
