// What follows from the functions' routes: how many requests a second each method takes, the preflights of browsers,
// and which routes the web ACL counts by themselves.

/** How a function's routes are limited; `throttle` of its row in serverless.yml. */
type Throttle =
  /** POST computes a hash, and everybody needs it: log-in, sign-up. */
  | 'hashing'
  /** POST computes a hash, but rarely: a reset. */
  | 'resetting'
  /** POST asks for a mail. */
  | 'mailing'
  /** Called at every visit: no hash, no mail. */
  | 'frequent'
  /** A back office's, which may wait. */
  | 'administration'
  /** Big answers that need no speed: the API's reference. */
  | 'reference';

export interface RoutedFunction {
  readonly throttle?: Throttle;
  /** Whether pages of other origins call it, so that browsers ask first. True unless it is said otherwise. */
  readonly preflight?: boolean;
  readonly events?: ReadonlyArray<object>;
  reservedConcurrency?: number;
}

export interface Rates {
  /** Setting REQUESTS_PER_SECOND. */
  readonly requestsPerSecond: number;
  /** Setting HASHES_PER_SECOND. */
  readonly hashesPerSecond: number;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly throttle: Throttle | undefined;
}

/** Requests a second of each method of the API's reference. */
const REFERENCE_PER_SECOND = 5;

/** The same of the administrator's API: a script over many users may wait, and the tables serve others too. */
const ADMINISTRATION_PER_SECOND = 20;

/** As serverless.yml may write it: `POST /auth`, or in parts where it says more. */
type HttpEvent = string | { readonly method: string; readonly path: string };

function routeOf(http: HttpEvent): { method: string; path: string } {
  const [method = '', path = ''] = typeof http === 'string' ? http.split(' ') : [http.method, http.path];
  return { method: method.toUpperCase(), path: path.startsWith('/') ? path : `/${path}` };
}

export function routesOf(functions: Readonly<Record<string, RoutedFunction>>): Route[] {
  return Object.values(functions).flatMap(({ events = [], throttle }) =>
    events.flatMap((event) => ('http' in event ? [{ ...routeOf(event.http as HttpEvent), throttle }] : [])),
  );
}

/** Whether an attacker can use this route to compute hashes or to send mails at our expense. */
function isCostly({ method, throttle }: Route): boolean {
  return method === 'POST' && (throttle === 'hashing' || throttle === 'resetting' || throttle === 'mailing');
}

/**
 * Requests a second of one method. AWS applies a stage's limit to each method by itself, and an account's quota (10,000
 * by default) to their sum: what is called less may take less.
 */
function rateOf(route: Route, { requestsPerSecond, hashesPerSecond }: Rates): number {
  if (route.throttle === 'reference') return REFERENCE_PER_SECOND;
  if (route.throttle === 'administration') return ADMINISTRATION_PER_SECOND;
  if (route.method === 'OPTIONS') return share(requestsPerSecond, 20);
  if (isCostly(route)) return route.throttle === 'hashing' ? hashesPerSecond : share(hashesPerSecond, 10);
  return route.throttle === 'frequent' ? requestsPerSecond : share(requestsPerSecond, 10);
}

function share(whole: number, parts: number): number {
  return Math.max(1, Math.ceil(whole / parts));
}

/** `MethodSettings` of the stage. */
export function methodSettings(functions: Readonly<Record<string, RoutedFunction>>, rates: Rates): object[] {
  const limited = routesOf(functions).map((route) => ({
    HttpMethod: route.method,
    ResourcePath: `/${route.path.replaceAll('/', '~1')}`,
    rate: rateOf(route, rates),
  }));
  const others = { HttpMethod: '*', ResourcePath: '/*', rate: share(rates.requestsPerSecond, 10) };
  return [others, ...limited].map(({ rate, ...method }) => ({
    ...method,
    ThrottlingRateLimit: rate,
    ThrottlingBurstLimit: rate,
    LoggingLevel: 'OFF', // it would log bodies and headers
    DataTraceEnabled: false,
  }));
}

/**
 * The routes by which browsers ask whether a page of another origin may call. Each needs one of its own: API Gateway
 * takes the most specific path, so that one `OPTIONS /{proxy+}` would never be reached.
 */
export function preflights(functions: Readonly<Record<string, RoutedFunction>>): { http: string }[] {
  const called = Object.fromEntries(
    Object.entries(functions).filter(([, { preflight }]) => preflight !== false),
  );
  const paths = routesOf(called).flatMap(({ method, path }) => (method === 'OPTIONS' ? [] : [path]));
  return [...new Set(paths)].map((path) => ({ http: `OPTIONS ${path}` }));
}

/** Limits how many hashes each of the functions that compute them computes at once. */
export function reserveConcurrency(functions: Readonly<Record<string, RoutedFunction>>, each: number): void {
  for (const definition of Object.values(functions)) {
    if (definition.throttle === 'hashing' || definition.throttle === 'resetting')
      definition.reservedConcurrency = each;
  }
}

/** The paths of POST that hash or mail. */
export function costlyPaths(functions: Readonly<Record<string, RoutedFunction>>): string[] {
  return routesOf(functions)
    .filter(isCostly)
    .map(({ path }) => path);
}
