import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { alarms } from '../../../infrastructure/alarms.ts';
import { OPTIONAL_FUNCTIONS, observedOf, type ServiceToWatch } from '../../../infrastructure/observed.ts';
import { readService } from '../../../tools/deploy/service.ts';
import { root } from '../../../tools/folders.ts';

const service = await readService();

test('serverless.yml stays a page or three', () => {
  expect(readFileSync(`${root}serverless.yml`, 'utf8').split('\n').length).toBeLessThanOrEqual(400);
});

test('a new function, schedule and table are watched without a row of their own', () => {
  const { functions, resources } = service;
  const grown: ServiceToWatch = {
    ...service,
    functions: {
      ...functions,
      'ask-oracle': { events: [{ http: 'GET /oracle' }] },
      'feed-oracle': { events: [{ schedule: {} }] },
    },
    resources: {
      Resources: {
        ...resources.Resources,
        OraclesTable: { Type: 'AWS::DynamoDB::Table', Properties: { TableName: 'gatehouse-dev-oracles' } },
      },
    },
  };
  const watched = JSON.stringify(alarms(observedOf(grown)));
  for (const name of ['ask-oracle', 'feed-oracle', 'oracles'])
    expect(watched).toContain(`"gatehouse-dev-${name}"`);
});

test.each(OPTIONAL_FUNCTIONS)('a stage without %s watches the others as a stage with it does', (left) => {
  const all = alarms(observedOf(service));
  const { [left]: _, ...functions } = service.functions;
  const fewer = alarms(observedOf({ ...service, functions }));
  const throttles = (of: typeof all) =>
    Object.entries(of).flatMap(([id, { Properties }]) =>
      id.startsWith('ThrottledFunctions')
        ? (Properties as { Metrics: object[] }).Metrics.map((metric) => `${id} ${JSON.stringify(metric)}`)
        : [],
    );
  const gone = throttles(all).filter((metric) => !throttles(fewer).includes(metric));
  expect(gone).toHaveLength(1);
  expect(gone[0]).toContain(`"gatehouse-dev-${left}"`);
  expect(throttles(fewer)).toHaveLength(throttles(all).length - 1);
});
