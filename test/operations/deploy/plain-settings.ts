import type { DeploySettings } from '../../../tools/deploy/deploy-settings.ts';

/** The settings of a stage as serverless.yml has them, with nothing optional switched on. */
export const plainSettings: DeploySettings = {
  alarmEmail: null,
  domainName: null,
  certificateArn: null,
  hostedZoneId: null,
  waf: false,
  wafRequests: 2000,
  wafHashes: 300,
  monthlyBudget: 0,
  apiLogRole: true,
  sealingKeyArn: null,
  trustedProxyHeader: null,
  trustedProxySecret: null,
  logRetentionDays: 30,
  memoryMb: 1769,
  provisionedConcurrency: 0,
  requestsPerSecond: 500,
  hashesPerSecond: 500,
  hashingConcurrency: null,
  canary: false,
  apiReference: true,
  adminApi: true,
  events: 'off',
};
