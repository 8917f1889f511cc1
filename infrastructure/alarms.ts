// One row per alarm, made into CloudFormation below. Each row names the section of docs/operations.md that says what to
// do; test/operations/alarms.test.ts checks that the section exists.
import { type Metric, metricsOf, type Observed, OPTIONAL_FUNCTIONS } from './observed.ts';

interface Alarm {
  /** The alarm's name, after the stage's prefix. The logical id follows from it. */
  readonly name: string;
  /** What happened, for the person who gets the alarm. */
  readonly says: string;
  readonly runbook: string;
  /** One metric, several that are added up, or several with an expression over their ids. */
  readonly metric: Metric | readonly Metric[] | { readonly [id: string]: Metric };
  readonly expression?: string;
  readonly stat: 'Sum' | 'Average' | 'Maximum' | 'p99';
  /** Seconds. */
  readonly period: number;
  readonly periods?: number;
  readonly is: keyof typeof OPERATORS;
  /** For `unusual`: the number of standard deviations above what the last two weeks predict. */
  readonly threshold: number;
  readonly missing?: 'notBreaching' | 'breaching' | 'ignore';
}

const OPERATORS = {
  '>': 'GreaterThanThreshold',
  '>=': 'GreaterThanOrEqualToThreshold',
  '<': 'LessThanThreshold',
  unusual: 'GreaterThanUpperThreshold',
} as const;

/** The maximum number of metrics in one CloudWatch alarm. */
const METRICS_OF_AN_ALARM = 10;
const MINUTES = 60;
const HOURS = 3600;

function rows(observed: Observed): Alarm[] {
  const { background, tables } = observed;
  const { ofApi, ofFunction, ofTable, waitingIn, ofSes, ours, refusedByGateway } = metricsOf(observed);
  const rotation = `${observed.prefix}-rotate-keys`;
  const publisher = `${observed.prefix}-publish-events`;
  return [
    {
      name: 'failed-answers',
      says: 'More than 1% of the answers in five minutes were 5xx (at least three).',
      runbook: 'answers-fail',
      metric: { failures: ofApi('5XXError'), requests: ofApi('Count') },
      // At least three failures: one of two requests in a quiet night isn't an outage.
      expression: 'IF(failures >= 3, 100 * failures / requests, 0)',
      stat: 'Sum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 1,
    },
    {
      name: 'slow-answers',
      says: 'For 15 minutes, the slowest 1% of the answers took longer than 2.5 seconds.',
      runbook: 'answers-are-slow',
      metric: ofApi('Latency'),
      stat: 'p99',
      period: 5 * MINUTES,
      periods: 3,
      is: '>',
      threshold: 2500,
    },
    {
      // One refusal of ten requests in a quiet minute is a client in a loop.
      name: 'refused-requests',
      says: 'API Gateway refused more than 5% of the requests in five minutes (at least 100). Either the limits are too low or there is a flood.',
      runbook: 'requests-are-refused',
      metric: { refused: refusedByGateway, requests: ofApi('Count') },
      expression: 'IF(refused >= 100, 100 * refused / requests, 0)',
      stat: 'Sum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 5,
    },
    {
      name: 'failed-log-ins',
      says: 'For 15 minutes there were far more wrong passwords than usual. Somebody may be trying a list of stolen passwords.',
      runbook: 'log-ins-fail-unusually',
      metric: ours('LogIns', { Outcome: 'wrong-credentials' }),
      stat: 'Sum',
      period: 5 * MINUTES,
      periods: 3,
      is: 'unusual',
      threshold: 4,
    },
    {
      name: 'lockouts',
      says: 'For 15 minutes far more accounts than usual were locked. Somebody may be guessing passwords.',
      runbook: 'log-ins-fail-unusually',
      metric: ours('Lockouts'),
      stat: 'Sum',
      period: 5 * MINUTES,
      periods: 3,
      is: 'unusual',
      threshold: 4,
    },
    {
      name: 'wrong-codes',
      says: 'For 15 minutes there were far more wrong codes than usual. Somebody may have passwords and be guessing second factors.',
      runbook: 'codes-fail-unusually',
      metric: ours('WrongCodes'),
      stat: 'Sum',
      period: 5 * MINUTES,
      periods: 3,
      is: 'unusual',
      threshold: 4,
    },
    {
      name: 'refused-passkeys',
      says: 'For 15 minutes far more passkeys than usual were refused. Somebody may be forging responses, or a setting is wrong.',
      runbook: 'passkeys-are-refused-unusually',
      metric: ours('RefusedPasskeys'),
      stat: 'Sum',
      period: 5 * MINUTES,
      periods: 3,
      is: 'unusual',
      threshold: 4,
    },
    ...splitFunctions('throttled-functions', observed).map(([name, some]) => ({
      name,
      says: 'Lambda refused to run a function because too many were running in parallel.',
      runbook: 'functions-are-throttled',
      metric: Object.fromEntries(
        some.map((each) => [idOf(each, observed.prefix), ofFunction(each, 'Throttles')]),
      ),
      stat: 'Sum' as const,
      period: 5 * MINUTES,
      is: '>' as const,
      threshold: 0,
    })),
    ...split(
      'failed-functions',
      background.filter((name) => name !== rotation), // which has an alarm of its own
      METRICS_OF_AN_ALARM,
    ).map(([name, some]) => ({
      name,
      says: 'A function that runs in the background failed three times in five minutes.',
      runbook: 'background-functions-fail',
      metric: some.map((each) => ofFunction(each, 'Errors')),
      stat: 'Sum' as const,
      period: 5 * MINUTES,
      is: '>=' as const,
      threshold: 3,
    })),
    ...split('throttled-tables', tables, METRICS_OF_AN_ALARM / 2).map(([name, some]) => ({
      name,
      says: 'DynamoDB refused ten reads or writes of a table in five minutes.',
      runbook: 'tables-are-throttled',
      metric: some.flatMap((each) => [
        ofTable(each, 'ReadThrottleEvents'),
        ofTable(each, 'WriteThrottleEvents'),
      ]),
      stat: 'Sum' as const,
      period: 5 * MINUTES,
      is: '>=' as const,
      threshold: 10,
    })),
    {
      name: 'unsent-mail',
      says: 'Emails could not be sent for six hours and were given up.',
      runbook: 'mails-were-not-sent',
      metric: waitingIn('unsent-mail'),
      stat: 'Maximum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 0,
    },
    {
      name: 'refused-mail',
      says: 'SES refused ten emails in 15 minutes or failed to accept them.',
      runbook: 'ses-refuses-mails',
      metric: [ours('Mails', { Outcome: 'undeliverable' }), ours('Mails', { Outcome: 'failed' })],
      stat: 'Sum',
      period: 15 * MINUTES,
      is: '>=',
      threshold: 10,
    },
    {
      // `late-mail` below can't see this: an event source mapping that is disabled or gone reports no age.
      name: 'stopped-mail',
      says: 'Emails have been due for 30 minutes and none was handled.',
      runbook: 'no-mail-is-sent',
      metric: { due: ours('MailsDue'), handled: ours('Mails') }, // of any outcome: some wait, some are suppressed
      expression: 'IF(FILL(due, 0) > 0 AND FILL(handled, 0) == 0, 1, 0)',
      stat: 'Sum',
      period: 30 * MINUTES,
      is: '>',
      threshold: 0,
    },
    {
      name: 'late-mail',
      says: 'Emails have been waiting for more than five minutes.',
      runbook: 'mails-are-late',
      metric: ofFunction(`${observed.prefix}-send-mail`, 'IteratorAge'),
      stat: 'Maximum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 5 * MINUTES * 1000,
    },
    ...(observed.functions.includes(publisher)
      ? [
          {
            name: 'unpublished-events',
            says: 'Events could not be published for 18 hours and were given up.',
            runbook: 'events-were-not-published',
            metric: waitingIn('unpublished-events'),
            stat: 'Maximum' as const,
            period: 5 * MINUTES,
            is: '>' as const,
            threshold: 0,
          },
          {
            name: 'late-events',
            says: 'Events have been waiting for more than five minutes to be published.',
            runbook: 'events-are-late',
            metric: ofFunction(publisher, 'IteratorAge'),
            stat: 'Maximum' as const,
            period: 5 * MINUTES,
            is: '>' as const,
            threshold: 5 * MINUTES * 1000,
          },
        ]
      : []),
    {
      name: 'unnoted-activity',
      says: 'Events could not be written to the activity of accounts for 18 hours.',
      runbook: 'activity-was-not-noted',
      metric: waitingIn('unnoted-activity'),
      stat: 'Maximum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 0,
    },
    {
      name: 'unhandled-mail-events',
      says: 'A bounce or complaint could not be recorded.',
      runbook: 'mail-events-were-not-handled',
      metric: waitingIn('unhandled-mail-events'),
      stat: 'Maximum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 0,
    },
    // The rates are those of the whole AWS account: that is what SES judges.
    {
      name: 'bounce-rate',
      says: '4% of the emails of this AWS account bounce. SES reviews the account at 5% and stops its email at 10%.',
      runbook: 'mails-bounce',
      metric: ofSes('Reputation.BounceRate'),
      stat: 'Average',
      period: 1 * HOURS,
      is: '>=',
      threshold: 0.04,
      missing: 'ignore',
    },
    {
      name: 'complaint-rate',
      says: '0.08% of the emails of this AWS account are reported as spam. SES reviews the account at 0.1% and stops its email at 0.5%.',
      runbook: 'readers-complain',
      metric: ofSes('Reputation.ComplaintRate'),
      stat: 'Average',
      period: 1 * HOURS,
      is: '>=',
      threshold: 0.0008,
      missing: 'ignore',
    },
    {
      name: 'reuse',
      says: 'Ten refresh tokens were used again after they had been replaced, within five minutes. They may be stolen, or a client is broken.',
      runbook: 'refresh-tokens-are-used-twice',
      metric: ours('ReuseDetected'),
      stat: 'Sum',
      period: 5 * MINUTES,
      is: '>=',
      threshold: 10,
    },
    {
      name: 'strange-keys',
      says: 'A published signing key was not made by a rotation. Whoever planted it can sign tokens.',
      runbook: 'a-published-key-is-strange',
      metric: ours('StrangeKeys'),
      stat: 'Sum',
      period: 1 * HOURS,
      is: '>',
      threshold: 0,
    },
    {
      name: 'failed-rotation',
      says: 'The hourly check of the signing keys failed.',
      runbook: 'key-rotation-fails',
      metric: ofFunction(rotation, 'Errors'),
      stat: 'Sum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 0,
    },
    {
      // By the hour, so that the two days can end at any hour. A new stage is quiet once `rotate-keys` has run.
      name: 'missed-rotation',
      says: 'The signing keys have not been checked for two days.',
      runbook: 'key-rotation-does-not-run',
      metric: ours('RotationChecks'),
      stat: 'Sum',
      period: 1 * HOURS,
      periods: 48,
      is: '<',
      threshold: 1,
      missing: 'breaching',
    },
  ];
}

/** The names of this service's alarms, without the prefix, in the order of the dashboard. */
export function alarmNames(observed: Observed): string[] {
  return rows(observed).map(({ name }) => name);
}

/** The resources of all alarms. */
export function alarms(observed: Observed): Record<string, { Type: string; Properties: object }> {
  const detectors = rows(observed)
    .filter(({ is }) => is === 'unusual')
    .map((row) => [`${pascal(row.name)}Detector`, detectorOf(row)]);
  const alarmsOfRows = rows(observed).map((row) => [
    `${pascal(row.name)}Alarm`,
    { Type: 'AWS::CloudWatch::Alarm', Properties: propertiesOf(row, observed) },
  ]);
  return Object.fromEntries([...detectors, ...alarmsOfRows]);
}

/** The detector that learns the usual values of a metric. */
function detectorOf({ metric, stat }: Alarm): { Type: string; Properties: object } {
  if (!isMetric(metric)) throw new Error('Only one metric can be unusual.');
  return {
    Type: 'AWS::CloudWatch::AnomalyDetector',
    Properties: { ...cloudFormationOf(metric), Stat: stat },
  };
}

function propertiesOf(row: Alarm, { prefix }: Observed): object {
  return {
    AlarmName: `${prefix}-${row.name}`,
    AlarmDescription: `${row.says} What to do: docs/operations.md#${row.runbook}`,
    ...watchedBy(row),
    EvaluationPeriods: row.periods ?? 1,
    ComparisonOperator: OPERATORS[row.is],
    ...(row.is === 'unusual' ? { ThresholdMetricId: 'usual' } : { Threshold: row.threshold }),
    TreatMissingData: row.missing ?? 'notBreaching',
    AlarmActions: [{ Ref: 'AlarmTopic' }],
    OKActions: [{ Ref: 'AlarmTopic' }],
  };
}

function watchedBy({ metric, expression, stat, period, says, is, threshold }: Alarm): object {
  if (isMetric(metric) && is === 'unusual') {
    return {
      Metrics: [
        { Id: 'usual', Label: 'Usual', Expression: `ANOMALY_DETECTION_BAND(value, ${threshold})` },
        { Id: 'value', MetricStat: { Period: period, Stat: stat, Metric: cloudFormationOf(metric) } },
      ],
    };
  }
  if (isMetric(metric)) {
    const statistic = stat.startsWith('p')
      ? { ExtendedStatistic: stat, EvaluateLowSampleCountPercentile: 'ignore' }
      : { Statistic: stat };
    return { ...cloudFormationOf(metric), ...statistic, Period: period };
  }
  const byId = Array.isArray(metric)
    ? metric.map((each, index) => [`m${index}`, each])
    : Object.entries(metric);
  return {
    Metrics: [
      { Id: 'value', Label: says.slice(0, 100), Expression: expression ?? 'SUM(METRICS())' },
      ...byId.map(([Id, each]) => ({
        Id,
        ReturnData: false,
        MetricStat: { Period: period, Stat: stat, Metric: cloudFormationOf(each) },
      })),
    ],
  };
}

function isMetric(metric: Alarm['metric']): metric is Metric {
  return 'namespace' in metric && typeof metric.namespace === 'string';
}

function cloudFormationOf({ namespace, name, dimensions }: Metric): object {
  const named = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Namespace: namespace, MetricName: name, ...(named.length > 0 && { Dimensions: named }) };
}

/** One alarm for as many parts as fit into one; the second and further ones are numbered. */
function split(name: string, parts: readonly string[], atMost: number): [name: string, parts: string[]][] {
  return Array.from({ length: Math.ceil(parts.length / atMost) }, (_, index) => [
    index === 0 ? name : `${name}-${index + 1}`,
    parts.slice(index * atMost, (index + 1) * atMost),
  ]);
}

/**
 * The same for functions. The first alarm keeps places for those that settings leave out, so that without one the others
 * stay where they are: the packaged template has to say by one condition for each what such a setting changes.
 */
function splitFunctions(name: string, { prefix, functions }: Observed): [name: string, parts: string[]][] {
  const mayLack: readonly string[] = OPTIONAL_FUNCTIONS.map((key) => `${prefix}-${key}`);
  const always = functions.filter((each) => !mayLack.includes(each));
  const besides = METRICS_OF_AN_ALARM - mayLack.length;
  const first = [...always.slice(0, besides), ...functions.filter((each) => mayLack.includes(each))];
  const more = split(name, always.slice(besides), METRICS_OF_AN_ALARM);
  return [
    [name, first],
    ...more.map(([, some], index): [string, string[]] => [`${name}-${index + 2}`, some]),
  ];
}

/** The id of a function's metric: letters and digits, without the name of the stage. */
function idOf(name: string, prefix: string): string {
  const id = pascal(name.replace(`${prefix}-`, ''));
  return `${id.charAt(0).toLowerCase()}${id.slice(1)}`;
}

function pascal(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}
