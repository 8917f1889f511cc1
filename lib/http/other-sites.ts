import { ProblemError } from '../core/problem.ts';
import { allowsOrigin } from './allowed-origins.ts';
import type { Declaration } from './operation.ts';
import type { Request } from './request.ts';

/** What the rule has to know of the configuration. */
export type SiteSettings = { corsOrigins: readonly string[]; appUrl: string };

/**
 * Refuses a POST, or a PUT, that a page of another site sends on behalf of its visitors: each of them would have an address limit
 * of their own, so that many could fill a mailbox or guess passwords. A form needs no preflight, so CORS does not stop it.
 * Programs send neither `Sec-Fetch-Site` nor `Origin`, and pass.
 *
 * @throws ProblemError `cross-site-request`
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function refuseOtherSites(
  { route, dialect }: Pick<Declaration, 'route' | 'dialect'>,
  request: Request,
  settings: SiteSettings,
): void {
  if (route.startsWith('GET ')) return;
  const allowed = dialect.ownSiteOnly ? fromOwnPage(request, settings) : fromAllowedPage(request, settings);
  if (!allowed)
    throw new ProblemError({ code: 'cross-site-request' }, 'a page of another site sent the request');
}

/** Other hosts of the same site may be anybody's where the application lets its users name hosts: for APIs CORS decides. */
function fromAllowedPage(request: Request, { corsOrigins }: SiteSettings): boolean {
  if (request.header('sec-fetch-site') !== 'cross-site') return true;
  return allowsOrigin(corsOrigins, request.header('origin') ?? '');
}

/** Safari before 16.4 says nothing of the site; its `Origin` then has to name this host, or that of the mailed links. */
function fromOwnPage(request: Request, { appUrl }: SiteSettings): boolean {
  const site = request.header('sec-fetch-site');
  if (site !== undefined) return ['same-origin', 'none'].includes(site);
  const origin = request.header('origin');
  if (origin === undefined) return true;
  const host = URL.parse(origin)?.host;
  return host !== undefined && [request.header('host'), URL.parse(appUrl)?.host].includes(host);
}
