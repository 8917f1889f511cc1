import { expect } from 'vitest';
import {
  type EventOutcome,
  type MailEventOutcome,
  type MailOutcome,
  METRICS,
  type MetricName,
  NAMESPACE,
  type Outcome,
} from '../../lib/metrics.ts';

export const SERVICE = 'gatehouse-test';

// Total by their types: an outcome that is added to the code and not here does not compile.
const outcomes: Record<Outcome | MailOutcome | MailEventOutcome | EventOutcome, true> = {
  success: true,
  'malformed-body': true,
  'body-too-large': true,
  'unsupported-media-type': true,
  'cross-site-request': true,
  forbidden: true,
  'invalid-fields': true,
  'email-taken': true,
  'wrong-credentials': true,
  'missing-access-token': true,
  'invalid-access-token': true,
  'invalid-refresh-token': true,
  'foreign-refresh-token': true,
  'step-up-required': true,
  'wrong-code': true,
  'second-factor-required': true,
  'otp-required': true,
  'expired-challenge': true,
  'factor-limit': true,
  'no-factor': true,
  'invalid-passkey': true,
  'unknown-credential': true,
  'not-found': true,
  'verification-required': true,
  'sign-up-refused': true,
  'hook-failed': true,
  'missing-tag': true,
  'wrong-tag': true,
  'expired-tag': true,
  'unknown-user': true,
  throttled: true,
  unavailable: true,
  internal: true,
  sent: true,
  skipped: true,
  waiting: true,
  suppressed: true,
  undeliverable: true,
  uncertain: true,
  failed: true,
  bounced: true,
  complained: true,
  ignored: true,
  published: true,
  delayed: true,
};
/** What a dimension may be. */
const bounds: Record<string, (value: string) => boolean> = {
  Service: (value) => value === SERVICE,
  Outcome: (value) => value in outcomes,
};

type Directive = { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] };
type Line = { _aws: { Timestamp: number; CloudWatchMetrics: Directive[] } } & Record<string, unknown>;

export const isMetricLine = (text: string) => text.includes('"_aws"');

/** Every metric that was seen so far to be emitted. */
export const seen = new Set<string>();

/**
 * Checks a line by the specification of the embedded metric format, and that it holds nothing but metrics and bounded
 * dimensions.
 *
 * @returns the metrics as `LogIns success`; of those that count more than events, `HashMilliseconds`
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricsIn(text: string): string[] {
  const { _aws, ...root } = JSON.parse(text) as Line;
  expect(Object.keys(_aws).sort()).toEqual(['CloudWatchMetrics', 'Timestamp']);
  expect(Number.isInteger(_aws.Timestamp)).toBe(true);
  expect(Math.abs(Date.now() - _aws.Timestamp)).toBeLessThan(60_000);
  expect(_aws.CloudWatchMetrics.length).toBeGreaterThan(0);
  expect(text.length).toBeLessThan(256_000);

  const targets = new Set<string>();
  const found: string[] = [];
  for (const { Namespace, Dimensions, Metrics, ...rest } of _aws.CloudWatchMetrics) {
    expect(rest).toEqual({});
    expect(Namespace).toBe(NAMESPACE);
    expect(Dimensions.length).toBeGreaterThan(0);
    expect(Metrics).toHaveLength(1);
    for (const { Name, Unit, ...others } of Metrics) {
      expect(others).toEqual({});
      const { unit, ...metric } = METRICS[Name as MetricName];
      const by = 'by' in metric ? metric.by : undefined;
      expect(Unit).toBe(unit);
      expect(Dimensions).toEqual(by ? [['Service'], ['Service', by]] : [['Service']]);
      const value = root[Name];
      if (unit === 'Count') expect(Number.isInteger(value) && Number(value) > 0).toBe(true);
      expect(typeof value === 'number' && Number.isFinite(value) && value >= 0).toBe(true);
      found.push([Name, by && root[by]].filter(Boolean).join(' '));
      targets.add(Name);
      seen.add(Name);
    }
    for (const set of Dimensions) {
      expect(set.length).toBeLessThanOrEqual(30);
      for (const name of set) {
        targets.add(name);
        expect(bounds[name]?.(root[name] as string), `${name} is ${String(root[name])}`).toBe(true);
      }
    }
  }
  expect(new Set(Object.keys(root))).toEqual(targets);
  return found;
}
