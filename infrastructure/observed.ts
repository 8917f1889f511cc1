// What alarms and dashboard look at, read from the service itself: no list of names is kept by hand.

/** Functions that a setting leaves out. */
export const OPTIONAL_FUNCTIONS = ['admin', 'docs', 'publish-events'] as const;

interface FunctionOfService {
  readonly name?: string;
  readonly events?: ReadonlyArray<object>;
}

export interface ServiceToWatch {
  readonly service: string;
  readonly provider: { readonly stage: string };
  readonly functions: Readonly<Record<string, FunctionOfService>>;
  readonly resources: {
    readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown }>>;
  };
}

/** Names as CloudWatch's dimensions have them. */
export interface Observed {
  /** What the names of this stage's parts begin with, without the hyphen. */
  readonly prefix: string;
  readonly stage: string;
  readonly api: string;
  readonly functions: readonly string[];
  /** Those that no client waits for: a schedule, a stream or a topic calls them. */
  readonly background: readonly string[];
  readonly tables: readonly string[];
}

export interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

export function observedOf(service: ServiceToWatch): Observed {
  const { stage } = service.provider;
  const prefix = `${service.service}-${stage}`;
  const functions = Object.entries(service.functions).map(
    ([key, { name = `${prefix}-${key}`, events = [] }]) => ({
      name,
      answers: events.some((event) => 'http' in event),
    }),
  );
  return {
    prefix,
    stage,
    api: `${stage}-${service.service}`,
    functions: functions.map(({ name }) => name),
    background: functions.filter(({ answers }) => !answers).map(({ name }) => name),
    tables: Object.values(service.resources.Resources)
      .filter(({ Type }) => Type === 'AWS::DynamoDB::Table')
      .map(({ Properties }) => (Properties as { TableName: string }).TableName),
  };
}

/** Metrics of each part, spelled as AWS spells them. */
export const metricsOf = ({ prefix, stage, api }: Observed) => ({
  ofApi: (name: string): Metric => ({
    namespace: 'AWS/ApiGateway',
    name,
    dimensions: { ApiName: api, Stage: stage },
  }),
  ofFunction: (functionName: string, name: string): Metric => ({
    namespace: 'AWS/Lambda',
    name,
    dimensions: { FunctionName: functionName },
  }),
  /** A metric of all functions of the account and region, other services' included. */
  ofAccount: (name: string): Metric => ({ namespace: 'AWS/Lambda', name, dimensions: {} }),
  ofTable: (TableName: string, name: string): Metric => ({
    namespace: 'AWS/DynamoDB',
    name,
    dimensions: { TableName },
  }),
  waitingIn: (queue: string): Metric => ({
    namespace: 'AWS/SQS',
    name: 'ApproximateNumberOfMessagesVisible',
    dimensions: { QueueName: `${prefix}-${queue}` },
  }),
  /** Counted in the access log: infrastructure/api.yml. */
  refusedByGateway: {
    namespace: `Gatehouse/${prefix}`,
    name: 'RefusedByGateway',
    dimensions: {},
  } satisfies Metric,
  blockedByWebAcl: {
    namespace: 'AWS/WAFV2',
    name: 'BlockedRequests',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the dashboard's Fn::Sub fills it in
    dimensions: { WebACL: prefix, Region: '${AWS::Region}', Rule: 'ALL' },
  } satisfies Metric,
  ofSes: (name: string): Metric => ({ namespace: 'AWS/SES', name, dimensions: {} }),
  /** One of lib/metrics.ts. */
  ours: (name: string, by: Readonly<Record<string, string>> = {}): Metric => ({
    namespace: 'Gatehouse',
    name,
    dimensions: { Service: prefix, ...by },
  }),
});
