import type { ProblemCode } from './core/problem.ts';

/**
 * All metrics. Each is counted for the whole service and, where `by` names a dimension, also for each of its values. AWS
 * charges for each combination, so a metric has a dimension only if an alarm or the dashboard reads its values (the request
 * log has the rest). A person, address, session or request can't be a dimension: their number is unbounded.
 * docs/operations.md explains each metric.
 */
export const METRICS = {
  SignUps: { unit: 'Count', by: 'Outcome' },
  LogIns: { unit: 'Count', by: 'Outcome' },
  TokenChecks: { unit: 'Count' },
  Refreshes: { unit: 'Count', by: 'Outcome' },
  LogOuts: { unit: 'Count' },
  ResetRequests: { unit: 'Count' },
  PasswordResets: { unit: 'Count' },
  AccountRequests: { unit: 'Count' },
  StepUps: { unit: 'Count' },
  PasswordChanges: { unit: 'Count' },
  AccountDeletions: { unit: 'Count' },
  FactorChanges: { unit: 'Count' },
  WrongCodes: { unit: 'Count' },
  RefusedPasskeys: { unit: 'Count' },
  Verifications: { unit: 'Count' },
  AddressChanges: { unit: 'Count' },
  Undos: { unit: 'Count' },
  AdminRequests: { unit: 'Count' },
  Pages: { unit: 'Count' },
  KeySets: { unit: 'Count' },
  ReuseDetected: { unit: 'Count' },
  Lockouts: { unit: 'Count' },
  HashMilliseconds: { unit: 'Milliseconds' },
  MailsDue: { unit: 'Count' },
  BreachCheckFailures: { unit: 'Count' },
  HookFailures: { unit: 'Count' },
  Mails: { unit: 'Count', by: 'Outcome' },
  MailEvents: { unit: 'Count', by: 'Outcome' },
  Events: { unit: 'Count', by: 'Outcome' },
  RotationChecks: { unit: 'Count' },
  StrangeKeys: { unit: 'Count' },
  ColdStarts: { unit: 'Count' },
} as const satisfies Record<string, { unit: 'Count' | 'Milliseconds'; by?: keyof Dimensions }>;

export type MetricName = keyof typeof METRICS;

/** The outcome of a request: success, or the code of its problem. */
export type Outcome = 'success' | ProblemCode;
/** The outcome of an attempt to send a mail. A failed one is repeated; see `eachRecord` and `DueMail`. */
export type MailOutcome =
  | 'sent'
  | 'skipped'
  | 'waiting'
  | 'suppressed'
  | 'undeliverable'
  | 'uncertain'
  | 'failed';
/** What SES reported about a mail that it had accepted. */
export type MailEventOutcome = 'bounced' | 'complained' | 'ignored' | 'failed';

/** The outcome of events: published, or delayed until Lambda delivers the record again. */
export type EventOutcome = 'published' | 'delayed';

type Dimensions = {
  Outcome: Outcome | MailOutcome | MailEventOutcome | EventOutcome;
};

export const NAMESPACE = 'Gatehouse';

/**
 * Writes one line in CloudWatch's embedded metric format, from which CloudWatch Logs makes the metrics. This needs no call
 * and doesn't depend on the log level. Nothing is written where METRICS_SERVICE isn't set, as locally.
 *
 * @param values the count or the milliseconds of each metric
 * @param dimensions the value of each dimension of these metrics
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function measure(
  values: Partial<Record<MetricName, number>>,
  dimensions: Partial<Dimensions> = {},
): void {
  const Service = process.env.METRICS_SERVICE;
  if (!Service) return;
  const names = Object.keys(values) as MetricName[];
  const counted = names.map((name) => METRICS[name] as { by?: keyof Dimensions });
  const named = Object.entries(dimensions).filter(([name]) => counted.some(({ by }) => by === name));
  const line = {
    _aws: {
      Timestamp: Date.now(),
      // One directive for each metric: metrics in one directive share their dimensions.
      CloudWatchMetrics: names.map((Name) => {
        const { unit: Unit, by } = METRICS[Name] as { unit: string; by?: keyof Dimensions };
        const Dimensions = by === undefined ? [['Service']] : [['Service'], ['Service', by]];
        return { Namespace: NAMESPACE, Dimensions, Metrics: [{ Name, Unit }] };
      }),
    },
    Service,
    ...Object.fromEntries(named),
    ...values,
  };
  // Not through the console: Lambda's puts its own words before the line, which then isn't a metric.
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

// This module is loaded once in the life of a container. A container with provisioned concurrency starts before any request
// waits, so it isn't a cold start.
if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE !== 'provisioned-concurrency') measure({ ColdStarts: 1 });
