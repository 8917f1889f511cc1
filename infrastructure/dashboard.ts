// The stage's dashboard. The first two rows answer at a glance: is anything wrong, and how badly? The rest shows where.
// An account has three free dashboards of at most 50 metrics each: functions and tables have alarms, but no lines here.
import { alarmNames } from './alarms.ts';
import { type Metric, metricsOf, type Observed } from './observed.ts';

/** A line of a graph: a metric with how it is drawn, or an expression. */
type Line =
  | readonly [Metric, object?]
  | { readonly expression: string; readonly id: string; readonly label: string };

interface Widget {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Properties beyond those of every widget. */
  readonly more?: object;
}

const COLUMNS = 24;

function numbers(observed: Observed): Widget[] {
  const { ofApi, ours } = metricsOf(observed);
  return [
    { title: 'Requests', lines: [[ofApi('Count')]] },
    {
      title: '5xx answers, %',
      lines: [
        { expression: '100 * failures / requests', label: '5xx %', id: 'rate' },
        [ofApi('5XXError'), { id: 'failures', visible: false }],
        [ofApi('Count'), { id: 'requests', visible: false }],
      ],
    },
    { title: 'Response time p99, ms', lines: [[ofApi('Latency'), { stat: 'p99', label: 'p99' }]] },
    {
      title: 'Successful log-ins, %',
      lines: [
        { expression: '100 * right / all', label: 'log-ins %', id: 'rate' },
        [ours('LogIns', { Outcome: 'success' }), { id: 'right', visible: false }],
        [ours('LogIns'), { id: 'all', visible: false }],
      ],
    },
    { title: 'Emails sent', lines: [[ours('Mails', { Outcome: 'sent' })]] },
    { title: 'Refresh tokens used again', lines: [[ours('ReuseDetected')]] },
  ];
}

function graphs(observed: Observed): Widget[] {
  const { prefix } = observed;
  const { ofApi, ofFunction, ofAccount, ofSes, ours, refusedByGateway, blockedByWebAcl } =
    metricsOf(observed);
  const each = (metric: string, by: string) => ({
    expression: `SEARCH('{Gatehouse,Service,${by}} MetricName="${metric}" Service="${prefix}"', 'Sum', 300)`,
    id: metric.charAt(0).toLowerCase() + metric.slice(1),
    label: '',
  });
  return [
    {
      title: 'Requests and failures',
      lines: [
        [ofApi('Count'), { label: 'requests' }],
        [ofApi('4XXError'), { label: '4xx' }],
        [ofApi('5XXError'), { label: '5xx', color: '#d62728', yAxis: 'right' }],
      ],
    },
    {
      title: 'Response time, ms',
      lines: [
        [ofApi('Latency'), { stat: 'p50', label: 'p50' }],
        [ofApi('Latency'), { stat: 'p99', label: 'p99' }],
        [ours('HashMilliseconds'), { stat: 'p50', label: 'one hash, p50' }],
        [ours('HashMilliseconds'), { stat: 'p99', label: 'one hash, p99' }],
      ],
    },
    { title: 'Log-ins by outcome', lines: [each('LogIns', 'Outcome')], more: { stacked: true } },
    {
      title: 'Requests by operation',
      lines: [
        [ours('SignUps')],
        [ours('LogIns')],
        [ours('TokenChecks')],
        [ours('Refreshes')],
        [ours('LogOuts')],
        [ours('ResetRequests')],
        [ours('PasswordResets')],
        [ours('AccountRequests')],
        [ours('StepUps')],
        [ours('PasswordChanges')],
        [ours('AccountDeletions')],
        [ours('AdminRequests')],
        [ours('FactorChanges')],
        [ours('Verifications')],
        [ours('AddressChanges')],
        [ours('Undos')],
        [ours('Pages')],
        [ours('KeySets')],
      ],
    },
    {
      title: 'Attacks: locks, replays, refusals',
      lines: [
        [ours('Lockouts')],
        [ours('WrongCodes')],
        [ours('RefusedPasskeys')],
        [ours('BreachCheckFailures'), { label: 'failed breach checks' }],
        [ours('HookFailures'), { label: 'failed hooks' }],
        [ours('ReuseDetected')],
        [ours('LogIns', { Outcome: 'throttled' }), { label: 'log-ins refused' }],
        [ours('SignUps', { Outcome: 'throttled' }), { label: 'sign-ups refused' }],
        [ours('Refreshes', { Outcome: 'throttled' }), { label: 'refreshes refused' }],
      ],
    },
    {
      title: 'Emails by outcome, reports from SES, longest wait in ms',
      lines: [
        each('Mails', 'Outcome'),
        each('MailEvents', 'Outcome'),
        [
          ofFunction(`${prefix}-send-mail`, 'IteratorAge'),
          { stat: 'Maximum', yAxis: 'right', label: 'wait' },
        ],
      ],
    },
    {
      title: 'Events: published, delayed, longest wait in ms',
      lines: [
        [ours('Events', { Outcome: 'published' }), { label: 'published' }],
        [ours('Events', { Outcome: 'delayed' }), { label: 'delayed' }],
        [
          ofFunction(`${prefix}-publish-events`, 'IteratorAge'),
          { stat: 'Maximum', yAxis: 'right', label: 'wait' },
        ],
      ],
    },
    { title: 'Cold starts', lines: [[ours('ColdStarts')]] },
    {
      title: 'Refused by API Gateway, web ACL, Lambda (whole account); concurrent executions',
      lines: [
        [refusedByGateway, { label: 'API Gateway' }],
        [blockedByWebAcl, { label: 'web ACL' }],
        [ofAccount('Throttles'), { label: 'Lambda' }],
        [ofAccount('ConcurrentExecutions'), { stat: 'Maximum', yAxis: 'right', label: 'concurrent' }],
      ],
    },
    {
      title: 'SES reputation; key checks',
      lines: [
        [ofSes('Reputation.BounceRate'), { stat: 'Average', label: 'bounces' }],
        [ofSes('Reputation.ComplaintRate'), { stat: 'Average', label: 'complaints' }],
        [ours('RotationChecks'), { yAxis: 'right', period: 86_400 }],
        [ours('StrangeKeys'), { yAxis: 'right' }],
      ],
      more: { period: 3600 },
    },
  ];
}

export function dashboard(observed: Observed): { Type: string; Properties: object } {
  const alarmArn = (name: string) =>
    `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:${observed.prefix}-${name}`;
  const widgets = [
    {
      type: 'alarm',
      ...{ x: 0, y: 0, width: COLUMNS, height: 3 },
      properties: {
        title: 'Alarms. The description of each links to what to do.',
        alarms: alarmNames(observed).map(alarmArn),
      },
    },
    ...inRows(
      numbers(observed),
      { y: 3, width: 4, height: 4 },
      { view: 'singleValue', setPeriodToTimeRange: true },
    ),
    ...inRows(graphs(observed), { y: 7, width: 8, height: 6 }, { view: 'timeSeries' }),
  ];
  const body = JSON.stringify({ start: '-PT3H', periodOverride: 'inherit', widgets });
  return {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: { DashboardName: observed.prefix, DashboardBody: { 'Fn::Sub': body } },
  };
}

/** From left to right, then the next row. */
function inRows(widgets: Widget[], size: { y: number; width: number; height: number }, of: object): object[] {
  const aRow = COLUMNS / size.width;
  return widgets.map(({ title, lines, more }, index) => ({
    type: 'metric',
    x: (index % aRow) * size.width,
    y: size.y + Math.floor(index / aRow) * size.height,
    width: size.width,
    height: size.height,
    properties: {
      title,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Fn::Sub fills it in
      region: '${AWS::Region}',
      period: 300,
      stat: 'Sum',
      ...of,
      ...more,
      metrics: lines.map(drawn),
    },
  }));
}

function drawn(line: Line): unknown[] {
  if ('expression' in line) return [line];
  const [{ namespace, name, dimensions }, look] = line;
  return [namespace, name, ...Object.entries(dimensions).flat(), ...(look ? [look] : [])];
}
