import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { METRICS, type MetricName, NAMESPACE } from '../../lib/metrics.ts';
import { namePrefix, readService } from '../../tools/deploy/service.ts';
import { root } from '../../tools/folders.ts';

type Dimension = { Name: string; Value: string };
type Metric = { Namespace: string; MetricName: string; Dimensions?: Dimension[] };
type Alarm = {
  AlarmName: string;
  AlarmDescription: string;
  AlarmActions: unknown[];
  OKActions: unknown[];
  Period?: number;
  EvaluationPeriods: number;
  Metrics?: {
    Id: string;
    Expression?: string;
    MetricStat?: { Metric: Metric; Period: number; Stat: string };
  }[];
} & Metric;
type Widget = {
  type: string;
  properties: { title: string; alarms?: string[]; metrics?: unknown[][] };
};

const service = await readService();
const prefix = namePrefix(service);
const { Resources } = service.resources;
const ofType = (type: string) => Object.entries(Resources).filter(([, { Type }]) => Type === type);
const namesOf = (type: string, property: string) =>
  ofType(type).map(([, { Properties }]) => Properties?.[property] as string);

const alarms = ofType('AWS::CloudWatch::Alarm').map(
  ([id, { Properties }]) => [id, Properties as unknown as Alarm] as const,
);
const metricsOf = (alarm: Alarm): Metric[] =>
  alarm.Metrics
    ? alarm.Metrics.flatMap(({ MetricStat }) => (MetricStat ? [MetricStat.Metric] : []))
    : [alarm];
const watched = alarms.flatMap(([, alarm]) => metricsOf(alarm));

const functions = Object.values(service.functions).map(({ name }) => name);
const queues = namesOf('AWS::SQS::Queue', 'QueueName');
const tables = namesOf('AWS::DynamoDB::Table', 'TableName');
/** What is counted in logs, each in the namespace of the stage. */
const filtered = ofType('AWS::Logs::MetricFilter').flatMap(([, { Properties }]) =>
  ((Properties?.MetricTransformations ?? []) as { MetricName: string; MetricNamespace: string }[]).flatMap(
    ({ MetricName, MetricNamespace }) => (MetricNamespace === `${NAMESPACE}/${prefix}` ? [MetricName] : []),
  ),
);
/** Whatever a dimension of AWS's own metrics names has to be there. */
const known: Record<string, readonly string[]> = {
  FunctionName: functions,
  QueueName: queues,
  TableName: tables,
  ApiName: [`${service.provider.stage}-${service.service}`],
  Stage: [service.provider.stage],
  WebACL: [prefix],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Fn::Sub fills it in
  Region: ['${AWS::Region}'],
  Rule: ['ALL'],
};
/** Spelled as AWS spells them. */
const OF_AWS: Record<string, string[]> = {
  'AWS/ApiGateway ApiName Stage': ['5XXError', '4XXError', 'Count', 'Latency'],
  'AWS/Lambda FunctionName': ['Throttles', 'Errors', 'IteratorAge'],
  'AWS/DynamoDB TableName': ['ReadThrottleEvents', 'WriteThrottleEvents'],
  'AWS/SQS QueueName': ['ApproximateNumberOfMessagesVisible'],
  'AWS/Lambda': ['Throttles', 'ConcurrentExecutions'],
  'AWS/WAFV2 WebACL Region Rule': ['BlockedRequests'],
  'AWS/SES': ['Reputation.BounceRate', 'Reputation.ComplaintRate'],
};

/** Fails for a metric that nobody emits: an alarm on it would be silent for ever. */
function expectEmitted({ Namespace, MetricName, Dimensions = [] }: Metric): void {
  const names = Dimensions.map(({ Name }) => Name);
  if (Namespace === `${NAMESPACE}/${prefix}`) {
    expect(names).toEqual([]);
    expect(filtered).toContain(MetricName);
    return;
  }
  if (Namespace !== NAMESPACE) {
    expect(OF_AWS[[Namespace, ...names].join(' ')], `${Namespace} ${names}`).toContain(MetricName);
    for (const { Name, Value } of Dimensions) expect(known[Name], Name).toContain(Value);
    return;
  }
  expect(Object.keys(METRICS)).toContain(MetricName);
  const metric = METRICS[MetricName as MetricName];
  const sets = 'by' in metric ? [['Service'], ['Service', metric.by]] : [['Service']];
  expect(sets).toContainEqual(names);
  expect(Dimensions[0]?.Value).toBe(prefix);
}

test('the functions count under the service that the alarms watch', () => {
  const { environment } = service.provider as unknown as { environment: Record<string, string> };
  expect(environment.METRICS_SERVICE).toBe(prefix);
  expect(environment.MAIL_CONFIGURATION_SET).toBe(Resources.MailConfigurationSet?.Properties?.Name);
});

describe.each(alarms)('%s', (_, alarm) => {
  test('watches what is emitted', () => {
    expect(metricsOf(alarm).length).toBeGreaterThan(0);
    for (const metric of metricsOf(alarm)) expectEmitted(metric);
  });

  test('keeps to the limits of CloudWatch', () => {
    expect(metricsOf(alarm).length).toBeLessThanOrEqual(10);
    const period =
      alarm.Period ?? alarm.Metrics?.find(({ MetricStat }) => MetricStat)?.MetricStat?.Period ?? 0;
    const longest = period >= 3_600 ? 7 * 86_400 : 86_400;
    expect(period * alarm.EvaluationPeriods).toBeLessThanOrEqual(longest);
  });

  test('tells somebody, and where it is said what to do', () => {
    for (const actions of [alarm.AlarmActions, alarm.OKActions])
      expect(actions).toEqual([{ Ref: 'AlarmTopic' }]);
    const [, anchor] = /docs\/operations\.md#([a-z0-9-]+)$/.exec(alarm.AlarmDescription) ?? [];
    expect(sections()).toContain(anchor);
  });
});

test('every section about an alarm has its alarm', () => {
  const linked = alarms.map(([, { AlarmDescription }]) => AlarmDescription.replace(/^.*#/, ''));
  expect(sections('## When an alarm is raised').sort()).toEqual([...new Set(linked)].sort());
});

test('every function, every table and every queue is watched', () => {
  const valuesOf = (metric: string) =>
    watched
      .filter(({ MetricName }) => MetricName === metric)
      .flatMap(({ Dimensions }) => Dimensions?.map(({ Value }) => Value) ?? []);
  expect(valuesOf('Throttles').sort()).toEqual([...functions].sort());
  expect(valuesOf('ReadThrottleEvents').sort()).toEqual([...tables].sort());
  expect(valuesOf('WriteThrottleEvents').sort()).toEqual([...tables].sort());
  expect(valuesOf('ApproximateNumberOfMessagesVisible').sort()).toEqual([...queues].sort());
});

describe('the dashboard', () => {
  const body = Resources.Dashboard?.Properties?.DashboardBody as { 'Fn::Sub': string };
  const { widgets } = JSON.parse(body['Fn::Sub']) as { widgets: Widget[] };
  const rows = widgets.flatMap(({ properties }) => properties.metrics ?? []);

  test('begins with every alarm', () => {
    expect(widgets[0]?.type).toBe('alarm');
    expect(widgets[0]?.properties.alarms).toEqual(
      alarms.map(
        ([, { AlarmName }]) =>
          `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:${AlarmName}`,
      ),
    );
  });

  test('shows what is emitted', () => {
    const previous: unknown[] = [];
    for (const row of rows) {
      const [namespace, name, ...rest] = row.map((part, index) => (part === '.' ? previous[index] : part));
      if (typeof namespace !== 'string') continue;
      const flat = rest.filter((part) => typeof part === 'string') as string[];
      const Dimensions = flat.flatMap((Name, index) =>
        index % 2 === 0 ? [{ Name, Value: flat[index + 1] as string }] : [],
      );
      expectEmitted({ Namespace: namespace, MetricName: name as string, Dimensions });
    }
  });

  test('searches for what is emitted', () => {
    const expressions = rows.flatMap(([first]) =>
      typeof first === 'object' ? [(first as { expression: string }).expression] : [],
    );
    const searches = expressions.filter((expression) => expression.startsWith('SEARCH'));
    expect(searches.length).toBeGreaterThan(0);
    for (const search of searches) {
      const [, names = '', name = '', of] =
        /^SEARCH\('\{Gatehouse,([A-Za-z,]+)\} MetricName="(\w+)" Service="([\w-]+)"', 'Sum', 300\)$/.exec(
          search,
        ) ?? [];
      const Dimensions = names.split(',').map((Name) => ({ Name, Value: of as string }));
      expectEmitted({ Namespace: NAMESPACE, MetricName: name, Dimensions });
    }
  });

  test('shows every metric of ours, or an alarm watches it: one that nobody reads is only paid for', () => {
    for (const name of Object.keys(METRICS))
      expect(body['Fn::Sub'] + JSON.stringify(alarms), name).toContain(name);
  });

  test('has at most 60 metrics; beyond 50 it costs $3 a month, which npm run cost counts', () => {
    const drawn = rows.filter(([first]) => typeof first === 'string');
    const names = new Set(drawn.map((row) => JSON.stringify(row.filter((part) => typeof part === 'string'))));
    const searches = rows.filter(([first]) => JSON.stringify(first).includes('SEARCH')).length;
    const outcomesOfASearch = 4;
    expect(names.size + searches * outcomesOfASearch).toBeLessThanOrEqual(60);
  });

  test('has widgets that lie side by side within its 24 columns', () => {
    const taken = new Set<string>();
    for (const widget of widgets as (Widget & Record<'x' | 'y' | 'width' | 'height', number>)[]) {
      expect(widget.x + widget.width).toBeLessThanOrEqual(24);
      for (let x = widget.x; x < widget.x + widget.width; x += 1) {
        for (let y = widget.y; y < widget.y + widget.height; y += 1) {
          expect(taken).not.toContain(`${x} ${y}`);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });
});

test('what is unusual is learned from the same metric', () => {
  const learned = ofType('AWS::CloudWatch::AnomalyDetector').map(([, { Properties }]) => {
    const { Stat, ...metric } = Properties as unknown as Metric & { Stat: string };
    return [Stat, metric];
  });
  const unusual = alarms.filter(([, alarm]) => JSON.stringify(alarm).includes('ANOMALY_DETECTION_BAND'));
  expect(unusual.map(([id]) => id)).toEqual([
    'FailedLogInsAlarm',
    'LockoutsAlarm',
    'WrongCodesAlarm',
    'RefusedPasskeysAlarm',
  ]);
  expect(learned).toEqual(
    unusual.map(([, alarm]) => {
      const measured = alarm.Metrics?.find(({ MetricStat }) => MetricStat)?.MetricStat;
      return [measured?.Stat, measured?.Metric];
    }),
  );
});

test('alarms are mailed where an address is given, and only there', () => {
  const { AlarmMail } = Resources as Record<string, { Condition?: string; Properties?: object }>;
  expect(AlarmMail?.Condition).toBe('AlarmsAreMailed');
  const { Conditions } = service.resources as unknown as { Conditions: object };
  expect(Conditions).toEqual({
    AlarmsAreMailed: { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'AlarmEmail' }, ''] }] },
  });
});

/** The anchors of the third-level headings, of the whole of docs/operations.md or of one of its sections. */
function sections(heading?: string): string[] {
  const text = readFileSync(`${root}docs/operations.md`, 'utf8');
  const part = heading ? (text.split(`${heading}\n`)[1]?.split(/^## /m)[0] ?? '') : text;
  return [...part.matchAll(/^### (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}
