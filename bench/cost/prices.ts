// The public price lists that `npm run cost` reckons with, each price with where it was read and when. There is no
// network to AWS where this was written, so that no price was read on AWS's own page of that day.

/** The day on which the pages were looked up. */
export const LOOKED_UP = '2026-11-22';

/** US dollars, and where they come from. */
export type Price = {
  readonly dollars: number;
  readonly source: string;
  /** A stored copy of the page; somebody's public repository that had copied it from AWS's price list; or neither. */
  readonly seen: 'stored page' | 'copied from the price list' | 'knowledge';
  /** Of the stored page, where it says so; otherwise the day it was looked up, and the page may be older. */
  readonly date: string;
};

/** A price that falls with use: each step's `upTo` is the end of it, in units a month. */
export type Tiers = ReadonlyArray<Price & { readonly upTo: number }>;

export type RegionPrices = {
  /** A million requests. */
  readonly restApi: Tiers;
  readonly httpApi: Tiers;
  /** A load balancer for an hour, and one of its capacity units for an hour. */
  readonly loadBalancer: Price;
  readonly loadBalancerUnits: Price;
  readonly lambdaRequests: Price;
  /** A GB-second on arm64. */
  readonly lambdaGbSeconds: Tiers;
  /** A million request units, on demand. */
  readonly writeUnits: Price;
  readonly readUnits: Price;
  /** A GiB a month. */
  readonly tableStorage: Price;
  readonly pointInTimeRecovery: Price;
  /** A GiB. */
  readonly logIngestion: Price;
  /** A GiB a month, compressed. */
  readonly logStorage: Price;
  /** One, a month. */
  readonly metric: Price;
  readonly alarmMetric: Price;
  readonly dashboard: Price;
  readonly kmsKey: Price;
  /** A web ACL and one of its rules, a month; a million requests that it looks at. */
  readonly webAcl: Price;
  readonly webAclRule: Price;
  readonly webAclRequests: Price;
  /** 10,000 requests. */
  readonly kmsRequests: Price;
  /** A thousand mails. */
  readonly mails: Price;
  /** A million events of one's own, of at most 64 KB each. */
  readonly customEvents: Price;
  /** A GiB to the internet. */
  readonly transferOut: Price;
};

const apiPage = 'https://aws.amazon.com/api-gateway/pricing/';
const lambdaPage = 'https://aws.amazon.com/lambda/pricing/';
const dynamoPage = 'https://aws.amazon.com/dynamodb/pricing/on-demand/';
const balancerPage = 'https://aws.amazon.com/elasticloadbalancing/pricing/';
const cloudWatchPage = 'https://aws.amazon.com/cloudwatch/pricing/';
/** AWS's price list for programs. It was not read itself, see `seen`. */
const priceList = 'https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/index.json';

const stored = (dollars: number, source: string, date = LOOKED_UP): Price => ({
  dollars,
  source,
  seen: 'stored page',
  date,
});
const known = (dollars: number, source: string): Price => ({
  dollars,
  source,
  seen: 'knowledge',
  date: LOOKED_UP,
});
const copied = (dollars: number, date: string): Price => ({
  dollars,
  source: priceList,
  seen: 'copied from the price list',
  date,
});
const frankfurt = (dollars: number) => copied(dollars, '2026-09-11');

const MILLION = 1e6;
const BILLION = 1e9;

const lambdaGbSeconds: Tiers = [
  {
    upTo: 7.5 * BILLION,
    ...stored(0.0000133334, 'https://cloudchipr.com/blog/aws-lambda-pricing'),
  },
  {
    upTo: 18.75 * BILLION,
    ...stored(0.0000120001, 'https://cloudchipr.com/blog/aws-lambda-pricing'),
  },
  { upTo: Infinity, ...known(0.0000106667, lambdaPage) },
];

/** The same in every region that is listed here. */
const everywhere = {
  lambdaRequests: stored(0.2, 'https://cloudchipr.com/blog/aws-lambda-pricing'),
  lambdaGbSeconds,
  metric: stored(0.3, 'https://cal53.calculator.city/cloudwatch-custom-metrics-calculator/'),
  alarmMetric: stored(0.1, 'https://c3x.dev/resources/aws/aws_cloudwatch_metric_alarm'),
  loadBalancerUnits: known(0.008, balancerPage),
  dashboard: known(3, cloudWatchPage),
  webAcl: known(5, 'https://aws.amazon.com/waf/pricing/'),
  webAclRule: known(1, 'https://aws.amazon.com/waf/pricing/'),
  webAclRequests: known(0.6, 'https://aws.amazon.com/waf/pricing/'),
  kmsKey: stored(1, 'https://cloudburn.io/blog/aws-kms-pricing', '2026-03-14'),
  kmsRequests: stored(0.03, 'https://cloudburn.io/blog/aws-kms-pricing', '2026-03-14'),
  mails: known(0.1, 'https://aws.amazon.com/ses/pricing/'),
  customEvents: known(1, 'https://aws.amazon.com/eventbridge/pricing/'),
  transferOut: stored(0.09, 'https://www.apigatewaycost.com/aws'),
};

const whitepaper =
  'https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html';
const airbyte = 'https://airbyte.com/data-engineering-resources/dynamodb-pricing';

export const REGIONS: Readonly<Record<string, RegionPrices>> = {
  'us-east-1': {
    ...everywhere,
    restApi: [
      { upTo: 333 * MILLION, ...stored(3.5, whitepaper) },
      { upTo: BILLION, ...stored(2.8, whitepaper) },
      { upTo: 20 * BILLION, ...stored(2.38, whitepaper) },
      { upTo: Infinity, ...stored(1.51, whitepaper) },
    ],
    httpApi: [
      { upTo: 300 * MILLION, ...stored(1, whitepaper) },
      { upTo: Infinity, ...stored(0.9, whitepaper) },
    ],
    loadBalancer: known(0.0225, balancerPage),
    writeUnits: stored(0.625, airbyte, '2025-07-21'),
    readUnits: stored(0.125, airbyte, '2025-07-21'),
    tableStorage: known(0.25, dynamoPage),
    pointInTimeRecovery: known(0.2, dynamoPage),
    logIngestion: stored(0.5, 'https://hykell.com/knowledge-base/aws-cloudwatch-logs-pricing'),
    logStorage: stored(0.03, 'https://hykell.com/knowledge-base/aws-cloudwatch-logs-pricing'),
  },
  'eu-central-1': {
    ...everywhere,
    restApi: [
      { upTo: 333 * MILLION, ...copied(3.7, '2026-08-12') },
      { upTo: BILLION, ...known(3.06, apiPage) },
      { upTo: 20 * BILLION, ...known(2.6, apiPage) },
      { upTo: Infinity, ...known(1.71, apiPage) },
    ],
    httpApi: [
      { upTo: 300 * MILLION, ...known(1.2, apiPage) },
      { upTo: Infinity, ...known(1.08, apiPage) },
    ],
    loadBalancer: known(0.027, balancerPage),
    writeUnits: frankfurt(0.7625),
    readUnits: frankfurt(0.1525),
    tableStorage: frankfurt(0.306),
    pointInTimeRecovery: frankfurt(0.2448),
    logIngestion: frankfurt(0.63),
    logStorage: frankfurt(0.0324),
  },
};

/** What AWS gives every account every month without an end, and so not the twelve months of API Gateway and SES. */
export const FREE_TIER = {
  lambdaRequests: 1_000_000,
  lambdaGbSeconds: 400_000,
  tableGib: 25,
  logGib: 5,
  metrics: 10,
  alarmMetrics: 10,
  /** Of at most 50 metrics each: test/operations/alarms.test.ts. */
  dashboards: 3,
  kmsRequests: 20_000,
  transferGib: 100,
} as const;

/** What a service that is hired instead costs a month. `undefined`: no public price for so many users. */
export type Peer = {
  readonly name: string;
  readonly terms: string;
  readonly source: string;
  readonly seen: Price['seen'];
  readonly date: string;
  readonly dollars: (users: number) => number | undefined;
};

const above = (users: number, included: number, each: number) => Math.max(0, users - included) * each;

export const COGNITO: Peer = {
  name: 'Cognito Essentials',
  terms: '10,000 monthly active users free, then $0.015 each',
  source: 'https://aws.amazon.com/cognito/pricing/',
  seen: 'stored page',
  date: '2026-09-20',
  dollars: (users) => above(users, 10_000, 0.015),
};

export const PEERS: readonly Peer[] = [
  COGNITO,
  {
    name: 'Cognito Lite',
    // The price beyond a million was in no page: it is that of the user pools from before the tiers.
    terms: '10,000 free, then $0.0055 each to 100,000, $0.0046 to a million, $0.00325 beyond',
    source: 'https://aws.amazon.com/cognito/pricing/',
    seen: 'stored page',
    date: '2026-09-20',
    dollars: (users) =>
      above(Math.min(users, 100_000), 10_000, 0.0055) +
      above(Math.min(users, 1_000_000), 100_000, 0.0046) +
      above(users, 1_000_000, 0.00325),
  },
  {
    name: 'Supabase Auth (Pro)',
    terms: '$25 with 100,000 users, then $0.00325 each; a database comes with it',
    source: 'https://supabase.com/docs/guides/platform/manage-your-usage/monthly-active-users',
    seen: 'stored page',
    date: LOOKED_UP,
    dollars: (users) => 25 + above(users, 100_000, 0.00325),
  },
  {
    name: 'Clerk (Pro)',
    terms: '$25 with 50,000 users, then $0.02 each; from 100,000 on less, by steps we could not read',
    source: 'https://toolchew.com/en/clerk-vs-supabase-auth/',
    seen: 'stored page',
    date: '2026-05-21',
    dollars: (users) => (users > 100_000 ? undefined : 25 + above(users, 50_000, 0.02)),
  },
  {
    name: 'SuperTokens (managed)',
    terms: '5,000 users free, then $0.02 each',
    source: 'https://supertokens.com/pricing',
    seen: 'knowledge',
    date: LOOKED_UP,
    dollars: (users) => above(users, 5_000, 0.02),
  },
  {
    name: 'Auth0',
    terms: '25,000 users free; paid plans from $35 with 500 users, the price of more only on a slider',
    source: 'https://auth0.com/pricing',
    seen: 'stored page',
    date: '2026-09-20',
    dollars: (users) => (users <= 25_000 ? 0 : undefined),
  },
];
