// What is paid for whoever comes, counted from the resources, so that an alarm more is a line of the bill.
import type { Fixed } from './cost-model.ts';

type Resource = {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>> | undefined;
};

export function fixedOf(resources: Readonly<Record<string, Resource>>): Fixed {
  const ofType = (type: string) => Object.values(resources).filter(({ Type }) => Type === type);
  const watched = ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => {
    const metrics = Properties?.Metrics as { MetricStat?: unknown }[] | undefined;
    // An alarm on what is unusual is billed as three: the metric, and both edges of what is usual.
    const band = JSON.stringify(metrics ?? []).includes('ANOMALY_DETECTION_BAND') ? 2 : 0;
    return metrics ? metrics.filter(({ MetricStat }) => MetricStat).length + band : 1;
  });
  return {
    alarmMetrics: watched.reduce((sum, count) => sum + count, 0),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
    kmsKeys: ofType('AWS::KMS::Key').length,
  };
}
