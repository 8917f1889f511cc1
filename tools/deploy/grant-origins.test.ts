import { expect, test } from 'vitest';
import { grantOrigins, type Resources } from './deployment.ts';

test.each([
  ['https://app.example.com', "'https://app.example.com'"],
  ['https://app.example.com, capacitor://localhost', "'*'"],
  ['https://*.preview.example.com', "'*'"],
  ['', undefined],
  [null, undefined],
])('where CORS_ORIGINS is %j, what API Gateway answers itself is for %j', (origins, granted) => {
  const resources: Resources = { Refused: { Type: 'AWS::ApiGateway::GatewayResponse', Properties: {} } };
  grantOrigins(resources, origins);
  const { ResponseParameters = {} } = resources.Refused?.Properties ?? {};
  expect(ResponseParameters['gatewayresponse.header.Access-Control-Allow-Origin']).toBe(granted);
});
