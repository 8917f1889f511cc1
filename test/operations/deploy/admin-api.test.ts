import { expect, test } from 'vitest';
import { gatewayResponses } from '../../../infrastructure/gateway-responses.ts';
import { unknownRoutes } from '../../../infrastructure/unknown-routes.ts';
import { fitToSettings } from '../../../tools/deploy/deployment.ts';
import { readService, routesOf } from '../../../tools/deploy/service.ts';
import { plainSettings } from './plain-settings.ts';

const service = await readService();
const typesOf = (adminApi: boolean) =>
  Object.fromEntries(
    Object.values(gatewayResponses(adminApi)).map(({ Properties }) => [
      Properties.ResponseType,
      Properties.StatusCode,
    ]),
  );

test('every route below /admin, and no other, is for those who sign; none has a preflight', () => {
  for (const { path, method, signed, name } of routesOf(service)) {
    expect(signed, path).toBe(path.startsWith('/admin'));
    if (signed) expect([name, method]).not.toContain('OPTIONS');
    expect(name === 'admin', path).toBe(signed);
  }
});

test.each([true, false])('a deployment with adminApi %s has the function or not', (adminApi) => {
  const functions = { admin: {}, login: {} };
  const optional = { domain: {}, hostedZone: {}, canary: {}, apiLogRole: {}, budget: {} };
  fitToSettings(
    {
      custom: { may: {}, keepWarm: [], optional },
      functions,
      provider: { environment: {} },
      resources: { Resources: {} },
    },
    { ...plainSettings, adminApi },
  );
  expect(Object.keys(functions)).toEqual(adminApi ? ['admin', 'login'] : ['login']);
});

test('a missing or wrong signature is 403 where there is something to sign for, and else an unknown route', () => {
  const unsigned = ['MISSING_AUTHENTICATION_TOKEN', 'INVALID_SIGNATURE'];
  expect(unsigned.map((type) => typesOf(false)[type])).toEqual(['404', '404']);
  expect(unsigned.map((type) => typesOf(true)[type])).toEqual(['403', '403']);
  expect(Object.keys(typesOf(true)).sort()).toEqual(Object.keys(typesOf(false)).sort());
});

test('an unknown path has a route then, which answers as API Gateway does of one without', () => {
  const { Properties } = unknownRoutes().UnknownPathsMethod as { Properties: Record<string, unknown> };
  expect(Properties).toMatchObject({ HttpMethod: 'ANY', AuthorizationType: 'NONE' });
  const { IntegrationResponses, RequestTemplates } = Properties.Integration as {
    IntegrationResponses: { StatusCode: string; ResponseTemplates: Record<string, string> }[];
    RequestTemplates: Record<string, string>;
  };
  const [answer] = IntegrationResponses;
  expect(answer?.StatusCode).toBe('404');
  expect(JSON.parse(answer?.ResponseTemplates['application/json'] ?? '')).toMatchObject({
    code: 'not-found',
  });
  for (const text of Object.values(RequestTemplates)) expect(JSON.parse(text)).toEqual({ statusCode: 404 });
});
