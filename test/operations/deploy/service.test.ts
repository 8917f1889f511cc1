import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { alarms } from '../../../infrastructure/alarms.ts';
import { observedOf, type ServiceToWatch } from '../../../infrastructure/observed.ts';
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
