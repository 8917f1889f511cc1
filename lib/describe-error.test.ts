import { describe, expect, test } from 'vitest';
import { readConfig } from './config.ts';
import { ProblemError } from './core/problem.ts';
import { MailNotSentError } from './core/send-due-mail.ts';
import { describeError } from './log.ts';

const SECRET = 'ada@example.com is not verified';

describe('what is logged of an error', () => {
  test.each([
    ['ProblemError', new ProblemError({ code: 'internal' }, 'our words')],
    ['MailNotSentError', new MailNotSentError('our words')],
  ])('has the message of a %s, which is ours', (name, error) => {
    expect(describeError(error)).toMatchObject({ name, message: 'our words' });
  });

  test('has the message of a ConfigError, which names variables and holds no value', () => {
    try {
      readConfig({ ISSUER: SECRET });
    } catch (error) {
      const { name, message } = describeError(error);
      expect([name, message]).toEqual(['ConfigError', expect.stringContaining('ISSUER must be')]);
      expect(message).not.toContain(SECRET);
    }
    expect.assertions(2);
  });

  test('has no message that others wrote, in none of its parts', () => {
    const error = Object.assign(new TypeError(SECRET), { code: 'ERR_X', detail: SECRET });
    const described = describeError(error);
    expect(described).toEqual({ name: 'TypeError', code: 'ERR_X', frames: expect.any(Array) });
    expect(JSON.stringify(described)).not.toContain(SECRET);
  });

  test('has no line of a message of several lines that looks like a frame of the stack', () => {
    const { frames } = describeError(new Error('first\nsecond')) as { frames: string[] };
    expect(frames.length).toBeLessThanOrEqual(5);
    expect(frames.length).toBeGreaterThan(0);
    for (const frame of frames) expect(frame).toMatch(/^at /);
  });

  test('has the name of the request that AWS gave it', () => {
    const error = Object.assign(new Error(SECRET), { $metadata: { requestId: 'r-1', httpStatusCode: 400 } });
    expect(describeError(error)).toMatchObject({ name: 'Error', awsRequestId: 'r-1' });
  });

  test('leaves out codes that are not text, and empty parts', () => {
    const error = Object.assign(new Error(SECRET), { code: 7, $metadata: {} });
    expect(Object.keys(describeError(error))).toEqual(['name', 'frames']);
  });

  test('has its causes, to the third', () => {
    const chain = [1, 2, 3, 4, 5].reduce<Error>(
      (cause) => new ProblemError({ code: 'internal' }, 'ours', { cause }),
      new Error(SECRET),
    );
    const depthOf = (described: Record<string, unknown>): number =>
      'cause' in described ? 1 + depthOf(described.cause as Record<string, unknown>) : 0;
    expect(depthOf(describeError(chain))).toBe(3);
  });

  test('has the cause with no message that others wrote', () => {
    const error = new ProblemError({ code: 'internal' }, 'ours', { cause: new Error(SECRET) });
    expect(describeError(error)).toMatchObject({ message: 'ours', cause: { name: 'Error' } });
    expect(JSON.stringify(describeError(error))).not.toContain(SECRET);
  });

  test.each([
    ['string', SECRET],
    ['undefined', undefined],
    ['object', { message: SECRET }],
    ['number', 7],
  ])('is only the type of what is no error: %s', (name, thrown) => {
    expect(describeError(thrown)).toEqual({ name });
  });

  test('has no frames without a stack', () => {
    const error = new Error(SECRET);
    Reflect.deleteProperty(error, 'stack');
    expect(describeError(error)).toEqual({ name: 'Error', frames: [] });
  });
});
