import { expect, test } from 'vitest';
import { settingVariables } from './settings.ts';

test('whatever serverless.yml and what it includes read from the environment is a setting', () => {
  const variables = settingVariables();
  expect(variables.get('appUrl')).toBe('APP_URL');
  expect(variables.get('accessTokenTtl')).toBe('ACCESS_TOKEN_TTL');
  expect(variables.get('wafRequests')).toBe('WAF_REQUESTS');
  expect(variables.get('issuer')).toBe('ISSUER');
});

test('what serverless.yml sets itself is none', () => {
  const names = [...settingVariables().values()];
  for (const own of ['TABLE_PREFIX', 'SEALING_KMS_KEY', 'METRICS_SERVICE', 'AWS_REGION'])
    expect(names).not.toContain(own);
});
