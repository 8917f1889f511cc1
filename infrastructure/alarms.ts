// What counts as trouble: one row an alarm, made into CloudFormation below. Each row names the section of
// docs/operations.md that says what to do; test/operations/alarms.test.ts holds them to it.
import { type Metric, metricsOf, type Observed } from './observed.ts';

interface Alarm {
  /** The alarm's name, after the stage's prefix. The logical id follows from it. */
  readonly name: string;
  /** What happened, for whoever is woken by it. */
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
  /** For `unusual`: how many standard deviations above what the last two weeks lead to expect. */
  readonly threshold: number;
  readonly missing?: 'notBreaching' | 'breaching' | 'ignore';
}

const OPERATORS = {
  '>': 'GreaterThanThreshold',
  '>=': 'GreaterThanOrEqualToThreshold',
  '<': 'LessThanThreshold',
  unusual: 'GreaterThanUpperThreshold',
} as const;

/** So many metrics CloudWatch takes into one alarm. */
const METRICS_OF_AN_ALARM = 10;
const MINUTES = 60;
const HOURS = 3600;

function rows(observed: Observed): Alarm[] {
  const { functions, background, tables } = observed;
  const { ofApi, ofFunction, ofTable, waitingIn, ofSes, ours, refusedByGateway } = metricsOf(observed);
  const rotation = `${observed.prefix}-rotate-keys`;
  const publisher = `${observed.prefix}-publish-events`;
  return [
    {
      name: 'failed-answers',
      says: 'More than 1 per cent of answers were 5xx.',
      runbook: 'answers-fail',
      metric: { failures: ofApi('5XXError'), requests: ofApi('Count') },
      // From three failures on: one of two requests in a quiet night isn't an outage.
      expression: 'IF(failures >= 3, 100 * failures / requests, 0)',
      stat: 'Sum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 1,
    },
    {
      name: 'slow-answers',
      says: 'One answer in a hundred took longer than 2.5 s, for 15 minutes.',
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
      says: 'API Gateway refused more than 5 per cent of the requests, and at least 100: the limits are too low, or somebody floods.',
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
      says: 'Many more wrong passwords than usual, for 15 minutes: somebody tries a list of stolen passwords.',
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
      says: 'Many more accounts than usual are locked, for 15 minutes: somebody guesses passwords.',
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
      says: 'Many more wrong codes than usual, for 15 minutes: somebody has passwords and guesses second factors.',
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
      says: 'Many more passkeys are refused than usual, for 15 minutes: somebody forges their answers, or a setting of ours is wrong.',
      runbook: 'passkeys-are-refused-unusually',
      metric: ours('RefusedPasskeys'),
      stat: 'Sum',
      period: 5 * MINUTES,
      periods: 3,
      is: 'unusual',
      threshold: 4,
    },
    ...split('throttled-functions', functions, METRICS_OF_AN_ALARM).map(([name, some]) => ({
      name,
      says: 'Lambda refused to run a function: too many at once.',
      runbook: 'functions-are-throttled',
      metric: some.map((each) => ofFunction(each, 'Throttles')),
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
      says: 'DynamoDB refused reads or writes of a table.',
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
      says: 'Mails were given up on after six hours of trying.',
      runbook: 'mails-were-not-sent',
      metric: waitingIn('unsent-mail'),
      stat: 'Maximum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 0,
    },
    {
      name: 'refused-mail',
      says: 'SES refused ten emails in 15 minutes, or failed to take them.',
      runbook: 'ses-refuses-mails',
      metric: [ours('Mails', { Outcome: 'undeliverable' }), ours('Mails', { Outcome: 'failed' })],
      stat: 'Sum',
      period: 15 * MINUTES,
      is: '>=',
      threshold: 10,
    },
    {
      // The next alarm sees only what the stream's mapping reads: a mapping that is off or gone has no age.
      name: 'stopped-mail',
      says: 'For 30 minutes emails were due and none was handled.',
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
      says: 'Reset mails wait for longer than five minutes.',
      runbook: 'mails-are-late',
      metric: ofFunction(`${observed.prefix}-send-mail`, 'IteratorAge'),
      stat: 'Maximum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 5 * MINUTES * 1000,
    },
    ...(functions.includes(publisher)
      ? [
          {
            name: 'unpublished-events',
            says: 'Events were given up on after 18 hours of trying.',
            runbook: 'events-were-not-published',
            metric: waitingIn('unpublished-events'),
            stat: 'Maximum' as const,
            period: 5 * MINUTES,
            is: '>' as const,
            threshold: 0,
          },
          {
            name: 'late-events',
            says: 'Events wait for longer than five minutes: the bus does not take them.',
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
      says: 'What happened to accounts could not be noted for 18 hours.',
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
      says: '4 per cent of mails bounce. At 5 SES reviews the account, at 10 it stops its mail.',
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
      says: '0.08 per cent of mails are called spam. At 0.1 SES reviews the account, at 0.5 it stops its mail.',
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
      says: 'Ten refresh tokens in five minutes were used a second time: stolen, or a client is broken.',
      runbook: 'refresh-tokens-are-used-twice',
      metric: ours('ReuseDetected'),
      stat: 'Sum',
      period: 5 * MINUTES,
      is: '>=',
      threshold: 10,
    },
    {
      name: 'strange-keys',
      says: 'A published key was made by no rotation: whoever planted it can sign tokens.',
      runbook: 'a-published-key-is-strange',
      metric: ours('StrangeKeys'),
      stat: 'Sum',
      period: 1 * HOURS,
      is: '>',
      threshold: 0,
    },
    {
      name: 'failed-rotation',
      says: 'The hourly look at the signing keys failed.',
      runbook: 'key-rotation-fails',
      metric: ofFunction(rotation, 'Errors'),
      stat: 'Sum',
      period: 5 * MINUTES,
      is: '>',
      threshold: 0,
    },
    {
      // By the hour, so that the two days end at any hour. A new stage is quiet once `npm run keys -- rotate` has run.
      name: 'missed-rotation',
      says: 'For two days nobody has looked whether the signing keys are due.',
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

/** What learns how a metric usually runs. */
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

function pascal(name: string): string {
  return name.replaceAll(/(?:^|-)([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
}
