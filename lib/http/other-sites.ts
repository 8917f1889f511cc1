import { ProblemError } from '../core/problem.ts';
import { allowsOrigin } from './allowed-origins.ts';
import type { Declaration } from './operation.ts';
import type { Request } from './request.ts';

/** The parts of the configuration that the rule needs. */
export type SiteSettings = { corsOrigins: readonly string[]; appUrl: string };

/**
 * Refuses a POST or PUT from a page of another site. The attack: the page makes its visitors' browsers fill a mailbox or
 * guess passwords, each from an address with a limit of its own. A form needs no preflight, so CORS doesn't stop it.
 * Programs other than browsers send neither `Sec-Fetch-Site` nor `Origin`, and pass.
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

/** For APIs: a page of the same site may call, and of other sites those that CORS_ORIGINS lists. */
function fromAllowedPage(request: Request, { corsOrigins }: SiteSettings): boolean {
  if (request.header('sec-fetch-site') !== 'cross-site') return true;
  return allowsOrigin(corsOrigins, request.header('origin') ?? '');
}

/** For our own pages. Safari before 16.4 sends no `Sec-Fetch-Site`; then `Origin` must name this host, or that of the mailed links. */
function fromOwnPage(request: Request, { appUrl }: SiteSettings): boolean {
  const site = request.header('sec-fetch-site');
  if (site !== undefined) return ['same-origin', 'none'].includes(site);
  const origin = request.header('origin');
  if (origin === undefined) return true;
  const host = URL.parse(origin)?.host;
  return host !== undefined && [request.header('host'), URL.parse(appUrl)?.host].includes(host);
}
