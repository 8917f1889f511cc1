// The part of Lambda's event filtering that serverless.yml uses.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
import type { Pattern } from '../deploy/service.ts';

/**
 * Whether a record passes a pattern. Every key must match, and of a list one rule is enough. Like Lambda's,
 * `exists` looks at leaves only: an object in that place does not exist.
 * @throws Error for a rule that Lambda knows and this does not
 */
export function passes(pattern: Pattern, record: unknown): boolean {
  return Object.entries(pattern).every(([key, expected]) => {
    const value = isObject(record) ? record[key] : undefined;
    return isRules(expected) ? expected.some((rule) => follows(rule, value)) : passes(expected, value);
  });
}

function follows(rule: unknown, value: unknown): boolean {
  if (!isObject(rule)) return value === rule;
  if ('exists' in rule) return rule.exists === (value !== undefined && !isObject(value));
  throw new Error(
    `tools/local/event-filter.ts does not know the rule ${JSON.stringify(rule)}: add it there.`,
  );
}

function isRules(expected: Pattern | readonly unknown[]): expected is readonly unknown[] {
  return Array.isArray(expected);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
