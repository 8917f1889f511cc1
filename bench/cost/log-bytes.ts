import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Service } from '../../tools/deploy/service.ts';
import { OPERATIONS, type Operation } from '../results-file.ts';

/** Bytes that CloudWatch Logs counts for one request, with {@link BYTES_AN_EVENT} for each line of it. */
export type LogBytes = {
  /** Lines of ours, by operation. */
  readonly ours: Record<Operation, number>;
  /** START, END and REPORT, which Lambda writes for each call. */
  readonly lambda: number;
  /** The line of API Gateway's access log. */
  readonly access: number;
};

/** What CloudWatch Logs adds to every event's own bytes. @see API_PutLogEvents of the CloudWatch Logs API reference */
const BYTES_AN_EVENT = 26;

const requestId = '8f507cfc-25a1-4a0a-b07a-ac58fc914c95';
/** Lambda's words about a call, as its documentation shows them; a `Duration` and a memory of ordinary length. */
const LAMBDA_LINES = [
  `START RequestId: ${requestId} Version: $LATEST\n`,
  `END RequestId: ${requestId}\n`,
  `REPORT RequestId: ${requestId}\tDuration: 15.74 ms\tBilled Duration: 16 ms\tMemory Size: 1769 MB\tMax Memory Used: 112 MB\t\n`,
];

/** The values of API Gateway's variables in an ordinary request; one that is not here is empty, and logged as `-`. */
const ACCESS_VALUES: Record<string, string> = {
  '$context.requestId': requestId,
  '$context.requestTimeEpoch': '1795383298135',
  '$context.httpMethod': 'POST',
  '$context.resourcePath': '/auth/refresh-tokens',
  '$context.status': '200',
  '$context.responseLatency': '28',
  '$context.integrationLatency': '24',
  '$context.responseLength': '1204',
};

/** Measures the lines that the code writes, in a process with a function's environment, and reckons those of AWS. */
export async function measureLogBytes(service: Service): Promise<LogBytes> {
  return { ours: await linesOfOurs(), lambda: counted(LAMBDA_LINES), access: counted([accessLine(service)]) };
}

async function linesOfOurs(): Promise<Record<Operation, number>> {
  const env = {
    PATH: process.env.PATH,
    NODE_OPTIONS: process.env.NODE_OPTIONS, // so that types are stripped in the installed package too
    METRICS_SERVICE: 'gatehouse-prod',
    POWERTOOLS_SERVICE_NAME: 'gatehouse',
    AWS_LAMBDA_FUNCTION_NAME: 'gatehouse-prod-login',
    _X_AMZN_TRACE_ID: 'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=557abcec3ee5a047;Sampled=0',
  };
  const script = fileURLToPath(new URL('log-lines.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script], { env });
  // What comes before the first heading is written once in a container's life.
  const sections = stdout.split(/^# /m).slice(1);
  const bytes = new Map(
    sections.map((section) => {
      const [heading = '', ...lines] = section.trimEnd().split('\n');
      return [heading, counted(lines)];
    }),
  );
  return Object.fromEntries(
    OPERATIONS.map((operation) => {
      const count = bytes.get(operation);
      if (!count) throw new Error(`bench/cost/log-lines.ts wrote no line for ${operation}.`);
      return [operation, count];
    }),
  ) as Record<Operation, number>;
}

function accessLine({ resources }: Service): string {
  const stage = resources.Resources.ApiGatewayStage?.Properties as
    | { AccessLogSetting?: { Format?: string } }
    | undefined;
  const format = stage?.AccessLogSetting?.Format;
  if (format === undefined)
    throw new Error('serverless.yml has no access log: remove it from bench/cost/log-bytes.ts.');
  return format.replaceAll(/\$context(\.\w+)+/g, (variable) => ACCESS_VALUES[variable] ?? '-');
}

function counted(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + BYTES_AN_EVENT, 0);
}
