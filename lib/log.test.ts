import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { captureOutput } from '../test/harness/captured-output.ts';

const output = captureOutput();
beforeEach(() => {
  vi.unstubAllEnvs();
  output.lines();
});
afterAll(() => {
  output.restore();
  vi.unstubAllEnvs();
});

/** The logger of a function that starts in this environment. */
async function started(environment: Record<string, string>) {
  for (const name of ['LOG_LEVEL', 'AWS_LAMBDA_LOG_LEVEL']) vi.stubEnv(name, environment[name] ?? '');
  vi.resetModules();
  return (await import('./log.ts')).log;
}

test('a line is one JSON object, whatever is in it', async () => {
  const log = await started({});
  log.info('request', { detail: 'one\r\n{"level":"ERROR"}\u2028' });
  const lines = output.lines();
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'INFO',
    message: 'request',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    detail: 'one\r\n{"level":"ERROR"}\u2028',
  });
});

test.each([
  [{}, ['INFO', 'ERROR']],
  [{ LOG_LEVEL: 'DEBUG' }, ['INFO', 'ERROR']],
  [{ LOG_LEVEL: 'WARN' }, ['ERROR']],
  [{ LOG_LEVEL: 'ERROR' }, ['ERROR']],
  [{ LOG_LEVEL: 'SILENT' }, []],
  [{ LOG_LEVEL: 'LOUD' }, ['INFO', 'ERROR']],
  [{ AWS_LAMBDA_LOG_LEVEL: 'FATAL' }, []],
  [{ AWS_LAMBDA_LOG_LEVEL: 'INFO', LOG_LEVEL: 'SILENT' }, ['INFO', 'ERROR']],
])('with %j these levels are written: %j', async (environment, levels) => {
  const log = await started(environment);
  log.info('request', {});
  log.error('request', {});
  expect(output.lines().map((line) => JSON.parse(line).level)).toEqual(levels);
});
