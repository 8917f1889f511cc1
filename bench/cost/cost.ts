// What a month of Gatehouse costs, from what `npm run bench` measured and the public price list, beside those who are
// hired instead.
//   npm run cost -- --users 100000 --logins 4 --refreshes 120
//   npm run cost -- --help
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readService, type Service } from '../../tools/deploy/service.ts';
import { typed } from '../../tools/folders.ts';
import { fillIn, table } from '../document.ts';
import { RESULTS_FILE, type Results, readResults } from '../results-file.ts';
import { costChart } from './cost-chart.ts';
import {
  ASSUMED,
  bill,
  breakEven,
  type Fixed,
  type Line,
  type Settings,
  total,
  type Usage,
} from './cost-model.ts';
import { fixedOf } from './fixed.ts';
import { type FloodLimits, floodHour, webAclMonth } from './flood.ts';
import { type LogBytes, measureLogBytes } from './log-bytes.ts';
import { COGNITO, LOOKED_UP, PEERS, REGIONS, type RegionPrices } from './prices.ts';

const HELP = `${typed('cost')} [options]

  how people use it, each a number a user a month
  --users N       monthly active users (100000)
  --logins N      (4)          --refreshes N   (120)
  --signups N     (0.05)       --resets N      (0.02), each with the mail that is asked for first
  --welcomes N    (0)          --logouts N     (1)

  what is paid
  --region NAME   ${Object.keys(REGIONS).join(', ')} (us-east-1)
  --free-tier     takes off what AWS gives every month without an end
  --http-api      as if an HTTP API could serve our routes (docs/decisions/0008-a-rest-api-and-its-limits.md)
  --light-memory N  MB of the functions that compute no hash (that of all functions)
  --events        EVENTS=on: what happens to accounts goes to EventBridge
  --argon2id      PASSWORD_HASH=argon2id: a hash of its time, with the same memory
  --no-access-log   without API Gateway's access log
  --no-lambda-log   without START, END and REPORT

  --results FILE  measurements to use (bench/results.json)
  --write         writes docs/cost.md's tables and bench/charts/cost-by-users.svg, for the defaults`;

const OPTIONS = {
  users: { type: 'string', default: '100000' },
  logins: { type: 'string', default: '4' },
  refreshes: { type: 'string', default: '120' },
  signups: { type: 'string', default: '0.05' },
  resets: { type: 'string', default: '0.02' },
  welcomes: { type: 'string', default: '0' },
  logouts: { type: 'string', default: '1' },
  region: { type: 'string', default: 'us-east-1' },
  'free-tier': { type: 'boolean', default: false },
  'http-api': { type: 'boolean', default: false },
  'light-memory': { type: 'string' },
  events: { type: 'boolean', default: false },
  argon2id: { type: 'boolean', default: false },
  'no-access-log': { type: 'boolean', default: false },
  'no-lambda-log': { type: 'boolean', default: false },
  results: { type: 'string' },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;
const given = readOptions();

const DOCUMENT = new URL('../../docs/cost.md', import.meta.url);
const CHART = new URL('../charts/cost-by-users.svg', import.meta.url);

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch {
    console.error(
      `There is an option or a word that this command doesn't have. See ${typed('cost')} --help.`,
    );
    process.exit(2);
  }
}

async function main(): Promise<void> {
  if (given.help) return console.log(HELP);
  const usage = readUsage();
  const results = readResults(given.results ?? RESULTS_FILE);
  const service = await readService();
  const logs = await measureLogBytes(service);
  const settings = readSettings(service);
  const parts = { results, logs, fixed: fixedOf(service.resources.Resources), limits: limitsOf(service) };
  print(usage, parts, settings);
  if (given.write) write(usage, parts, settings);
}

type Parts = { results: Results; logs: LogBytes; fixed: Fixed; limits: FloodLimits };

function readUsage(): Usage {
  const resets = positive('resets', given.resets);
  return {
    users: positive('users', given.users),
    register: positive('signups', given.signups),
    'log-in': positive('logins', given.logins),
    refresh: positive('refreshes', given.refreshes),
    welcome: positive('welcomes', given.welcomes),
    'log-out': positive('logouts', given.logouts),
    forget: resets,
    reset: resets,
  };
}

function readSettings(service: Service): Settings {
  const memoryMb = memoryOf(service);
  return {
    prices: pricesOf(given.region),
    freeTier: given['free-tier'],
    api: given['http-api'] ? 'http' : 'rest',
    memoryMb,
    lightMemoryMb: given['light-memory'] ? positive('light-memory', given['light-memory']) : memoryMb,
    accessLog: !given['no-access-log'],
    lambdaLog: !given['no-lambda-log'],
    events: given.events,
    argon2id: given.argon2id,
  };
}

function positive(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new Error(`--${name} must be a number of at least 0, not "${text}".`);
  return number;
}

function pricesOf(region: string): RegionPrices {
  const prices = REGIONS[region];
  if (prices) return prices;
  throw new Error(
    `No prices are known of ${region}: add them to bench/cost/prices.ts, or take ${Object.keys(REGIONS)}.`,
  );
}

function memoryOf(service: Service): number {
  const { custom } = service as unknown as { custom: { settings: { memoryMb: number | string } } };
  return positive('memoryMb of serverless.yml', String(custom.settings.memoryMb));
}

function limitsOf(service: Service): FloodLimits {
  const { custom } = service as unknown as {
    custom: { settings: Record<keyof FloodLimits, number | string> };
  };
  const { hashesPerSecond, wafHashes } = custom.settings;
  return { hashesPerSecond: Number(hashesPerSecond), wafHashes: Number(wafHashes) };
}

function billOf(usage: Usage, { results, logs, fixed }: Parts, settings: Settings): Line[] {
  return bill(usage, results, logs, fixed, settings);
}

function print(usage: Usage, parts: Parts, settings: Settings): void {
  const { results } = parts;
  console.log(
    `${usage.users.toLocaleString('en')} users a month, each with ${usage['log-in']} log-ins, ${usage.refresh} refreshes, ${usage.welcome} welcomes, ${usage['log-out']} log-outs, ${usage.register} sign-ups, ${usage.reset} resets`,
  );
  console.log(
    `${given.region}, prices looked up on ${LOOKED_UP}; measured on ${results.measuredAt}, ${results.machine}\n`,
  );
  const lines = billOf(usage, parts, settings);
  const sum = total(lines);
  for (const { service, what, dollars } of lines)
    console.log(
      `${service.padEnd(34)}${money(dollars).padStart(12)}${share(dollars, sum).padStart(7)}   ${what}`,
    );
  console.log(`${'Gatehouse'.padEnd(34)}${money(sum).padStart(12)}\n`);
  for (const peer of PEERS) {
    const theirs = peer.dollars(usage.users);
    const text = theirs === undefined ? 'no price' : money(theirs);
    console.log(
      `${peer.name.padEnd(34)}${text.padStart(12)}${ratio(theirs, sum).padStart(7)}   ${peer.terms}`,
    );
  }
  console.log(`\n${breakEvenSentence(usage, parts, settings)}`);
  console.log(
    `\n${floodRows(parts, settings)
      .map(([what, without, withAcl]) => `${what}: ${without} without a web ACL, ${withAcl} with one`)
      .join('\n')}`,
  );
  console.log(
    `Without any users: ${money(total(billOf({ ...usage, users: 0 }, parts, settings)))} a month; a web ACL (on in prod): ${money(webAclMonth(settings))} more`,
  );
  console.log('\nWhat would move it');
  for (const { what, dollars } of variants(usage, parts, settings))
    console.log(`  ${what.padEnd(66)}${money(dollars).padStart(12)}${share(dollars, sum).padStart(7)}`);
  console.log(`\nAssumed: ${JSON.stringify(ASSUMED)}`);
}

/** An hour of 1,000 log-ins a second, from few machines and from many. */
function floodRows({ results, logs, limits }: Parts, settings: Settings): string[][] {
  return [1, 10, 100, 10_000].map((addresses) => {
    const { without, withAcl } = floodHour({ perSecond: 1_000, addresses }, limits, results, logs, settings);
    const from = addresses === 1 ? 'one address' : `${addresses.toLocaleString('en')} addresses`;
    return [`An hour of 1,000 log-ins a second from ${from}`, money(without), money(withAcl)];
  });
}

function breakEvenSentence(usage: Usage, parts: Parts, settings: Settings): string {
  const ours = (users: number) => total(billOf({ ...usage, users }, parts, settings));
  const users = breakEven(ours, (count) => COGNITO.dollars(count) ?? 0);
  const nobody = money(ours(0));
  return users === undefined
    ? `${COGNITO.name} is never more expensive at this usage; without any users, Gatehouse costs ${nobody} a month.`
    : `${COGNITO.name} costs as much at ${users.toLocaleString('en')} users (${money(ours(users))} a month); below it is cheaper. Without any users, Gatehouse costs ${nobody} a month.`;
}

/** The same bill with one thing changed. */
function variants(usage: Usage, parts: Parts, settings: Settings): { what: string; dollars: number }[] {
  const changed = (what: string, change: Partial<Settings>, of = usage, fixed = parts.fixed) => ({
    what,
    dollars: total(billOf(of, { ...parts, fixed }, { ...settings, ...change })),
  });
  const refreshes = (divisor: number) => ({ ...usage, refresh: usage.refresh / divisor });
  const unwatched = { ...parts.fixed, alarmMetrics: 0, dashboards: 0 };
  return [
    changed('ACCESS_TOKEN_TTL of 2 hours: half the refreshes', {}, refreshes(2)),
    changed('ACCESS_TOKEN_TTL of 4 hours: a quarter of the refreshes', {}, refreshes(4)),
    changed('an HTTP API, which cannot serve our routes', { api: 'http' }),
    changed('a load balancer, without limits by route and answers of its own', { api: 'load balancer' }),
    changed('no lines of Lambda itself (JSON format, system log level WARN)', { lambdaLog: false }),
    changed('no access log of API Gateway', { accessLog: false }),
    changed('512 MB for the functions that compute no hash', { lightMemoryMb: 512 }),
    changed('1,024 MB for the functions that compute no hash', { lightMemoryMb: 1024 }),
    changed('EVENTS=on: what happens to accounts goes to EventBridge', { events: true }),
    changed('PASSWORD_HASH=argon2id', { argon2id: true }),
    changed('no alarms and no dashboard', {}, usage, unwatched),
    changed('AWS’s free tier', { freeTier: true }),
  ];
}

/** The tables of the document and the chart: made, so that they cannot differ from what the command prints. */
function write(usage: Usage, parts: Parts, settings: Settings): void {
  const { results, logs } = parts;
  const lines = billOf(usage, parts, settings);
  const sum = total(lines);
  const elsewhere = billOf(usage, parts, { ...settings, prices: pricesOf('eu-central-1') });
  const tables: Record<string, string> = {
    measured: `Measured on ${results.measuredAt} on ${results.machine}; prices looked up on ${LOOKED_UP}.`,
    bill: table(
      ['service', 'what', 'us-east-1', 'share', 'eu-central-1'],
      [
        ...lines.map(({ service, what, dollars }, index) => [
          service,
          what,
          money(dollars),
          share(dollars, sum),
          money(elsewhere[index]?.dollars ?? 0),
        ]),
        ['**together**', '', `**${money(sum)}**`, '', `**${money(total(elsewhere))}**`],
      ],
    ),
    peers: table(
      ['users', 'Gatehouse', ...PEERS.map(({ name }) => name), 'Cognito Essentials ÷ Gatehouse'],
      [1_000, 10_000, 25_000, 50_000, 100_000, 1_000_000, 10_000_000].map((users) => {
        const ours = total(billOf({ ...usage, users }, parts, settings));
        const theirs = PEERS.map(({ dollars }) => dollars(users));
        return [
          users.toLocaleString('en'),
          money(ours),
          ...theirs.map((dollars) => (dollars === undefined ? '–' : money(dollars))),
          (theirs[0] ?? 0) === 0 ? 'free there' : ratio(theirs[0], ours),
        ];
      }),
    ),
    flood: table(['flood', 'without a web ACL', 'with one'], floodRows(parts, settings)),
    'web-acl': `A web ACL costs ${money(webAclMonth(settings))} a month, and $${settings.prices.webAclRequests.dollars.toFixed(2)} for each million requests.`,
    'break-even': breakEvenSentence(usage, parts, settings),
    variants: table(
      ['changed', 'a month', 'of the bill', 'Cognito Essentials ÷ it'],
      variants(usage, parts, settings).map(({ what, dollars }) => [
        what,
        money(dollars),
        share(dollars, sum),
        ratio(COGNITO.dollars(usage.users), dollars),
      ]),
    ),
    logs: table(
      ['lines of a request', 'bytes'],
      [
        ...Object.entries(logs.ours).map(([operation, bytes]) => [`ours, ${operation}`, String(bytes)]),
        ['Lambda’s START, END, REPORT', String(logs.lambda)],
        ['API Gateway’s access log', String(logs.access)],
      ],
    ),
    prices: table(['price', 'us-east-1', 'eu-central-1', 'read in', 'of'], priceRows()),
    assumed: table(
      ['assumed', 'value'],
      Object.entries(ASSUMED).map(([name, value]) => [`\`${name}\``, `\`${JSON.stringify(value)}\``]),
    ),
  };
  fillIn(DOCUMENT, tables);
  const drawn = PEERS.filter(({ name }) => /^(Cognito|Supabase)/.test(name)); // those with a price for everybody
  mkdirSync(new URL('.', CHART), { recursive: true });
  writeFileSync(
    CHART,
    costChart(
      'Dollars a month by users',
      `${usage['log-in']} log-ins and ${usage.refresh} refreshes a user, ${given.region}, no free tier of ours; free below where a line begins`,
      [
        {
          name: 'Gatehouse',
          ours: true,
          dollars: (users) => total(billOf({ ...usage, users }, parts, settings)),
        },
        ...drawn,
      ],
    ),
  );
  console.log('\nWrote docs/cost.md and bench/charts/cost-by-users.svg.');
}

function priceRows(): string[][] {
  const [first, second] = [pricesOf('us-east-1'), pricesOf('eu-central-1')];
  return (Object.keys(first) as (keyof RegionPrices)[]).flatMap((name) => {
    const [here, there] = [[first[name]].flat(), [second[name]].flat()];
    return here.map((price, index) => {
      const other = there[index] ?? price;
      const step = 'upTo' in price && here.length > 1 ? ` to ${amount(price.upTo)}` : '';
      const sources = [...new Set([`[${price.seen}](${price.source})`, `[${other.seen}](${other.source})`])];
      const dates = [...new Set([price.date, other.date])];
      return [
        `${name}${step}`,
        `$${price.dollars}`,
        `$${other.dollars}`,
        sources.join(', '),
        dates.join(', '),
      ];
    });
  });
}

function amount(number: unknown): string {
  return number === Number.POSITIVE_INFINITY ? 'any' : `${Number(number) / 1e6} M`;
}

function money(dollars: number): string {
  return `$${dollars.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(0)} %`;
}

function ratio(theirs: number | undefined, ours: number): string {
  return theirs === undefined ? '' : `${(theirs / ours).toFixed(1)}×`;
}
