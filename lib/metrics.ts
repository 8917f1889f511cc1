import type { ProblemCode } from './core/problem.ts';

/**
 * Every metric there is, each counted for the whole service and, where `by` names a dimension, for each of its values
 * too. Each combination is a metric that is paid for: only those have a dimension whose values an alarm or the dashboard
 * reads (the request log has the rest), and what has no end of values (a person, an address, a session, a request) can't
 * be one. docs/operations.md says what each one means.
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

/** What became of a request: success, or the problem that it was refused with. */
export type Outcome = 'success' | ProblemCode;
/** What became of an attempt to send a mail. One that failed is tried again; see `eachRecord` and `DueMail`. */
export type MailOutcome =
  | 'sent'
  | 'skipped'
  | 'waiting'
  | 'suppressed'
  | 'undeliverable'
  | 'uncertain'
  | 'failed';
/** What SES said of a mail that it had accepted. */
export type MailEventOutcome = 'bounced' | 'complained' | 'ignored' | 'failed';

/** What became of events: a bus has them, or a record has to be delivered again. */
export type EventOutcome = 'published' | 'delayed';

type Dimensions = {
  Outcome: Outcome | MailOutcome | MailEventOutcome | EventOutcome;
};

export const NAMESPACE = 'Gatehouse';

/**
 * Counts: one line of CloudWatch's embedded metric format, from which CloudWatch Logs makes the metrics by itself. No
 * call, no waiting, and no dependence on the log level. Nothing is written where METRICS_SERVICE is not set, as locally.
 *
 * @param values what was counted, and how often or how long
 * @param dimensions a value for what these metrics are counted by
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
      // A directive each: metrics that share one share their dimensions.
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

// This module is loaded once in the life of a container, while the first request waits; provisioned containers are
// started before anyone does.
if (process.env.AWS_LAMBDA_INITIALIZATION_TYPE !== 'provisioned-concurrency') measure({ ColdStarts: 1 });
