// Resolves a template for given parameters as CloudFormation would, as far as possible before a deployment.
import { isMap, type Template, type TemplateResource, type Value } from './types.ts';

export interface Resolved {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs: Readonly<Record<string, Value>>;
}

const ABSENT = Symbol('AWS::NoValue');

/**
 * The resources and outputs that there are, with conditions, parameters and mappings filled in. Attributes of resources
 * and pseudo parameters stay as they are written.
 *
 * @param given parameters that differ from their defaults
 * @throws Error for a parameter that has no value, or a condition that isn't there
 */
export function resolveTemplate(template: Template, given: Readonly<Record<string, string>> = {}): Resolved {
  const parameters = Object.entries(template.Parameters ?? {}).map(
    ([name, { Default }]) => [name, given[name] ?? Default] as const,
  );
  const context: Context = { template, parameters: new Map(parameters), conditions: new Map() };
  const present = (all: Readonly<Record<string, Value>>) =>
    Object.entries(all).filter(([, { Condition }]) => Condition === undefined || holds(Condition, context));
  const resources = present(template.Resources).map(([id, { Condition, DependsOn, ...resource }]) => {
    const existing = [DependsOn ?? []].flat().filter((other: string) => {
      const condition = template.Resources[other]?.Condition;
      return condition === undefined || holds(condition, context);
    });
    const value = resolve(resource, context) as TemplateResource;
    return [id, { ...value, ...(existing.length > 0 && { DependsOn: existing }) }] as const;
  });
  const outputs = present(template.Outputs ?? {}).map(([id, { Condition, ...output }]) => [
    id,
    resolve(output, context),
  ]);
  return { Resources: Object.fromEntries(resources), Outputs: Object.fromEntries(outputs) };
}

interface Context {
  readonly template: Template;
  readonly parameters: ReadonlyMap<string, string | undefined>;
  readonly conditions: Map<string, boolean>;
}

function holds(name: string, context: Context): boolean {
  const known = context.conditions.get(name);
  if (known !== undefined) return known;
  const expression = context.template.Conditions?.[name];
  if (expression === undefined) throw new Error(`The template has no condition ${name}.`);
  const value = judge(expression, context);
  context.conditions.set(name, value);
  return value;
}

function judge(expression: Value, context: Context): boolean {
  const [[operation, operands] = ['', []]] = Object.entries<Value>(expression);
  switch (operation) {
    case 'Condition':
      return holds(operands, context);
    case 'Fn::Equals':
      return resolve(operands[0], context) === resolve(operands[1], context);
    case 'Fn::Not':
      return !judge(operands[0], context);
    case 'Fn::And':
      return operands.every((each: Value) => judge(each, context));
    case 'Fn::Or':
      return operands.some((each: Value) => judge(each, context));
    default:
      throw new Error(`The template has a condition of ${operation}, which is not understood.`);
  }
}

function resolve(value: Value, context: Context): Value {
  if (Array.isArray(value))
    return value.map((each) => resolve(each, context)).filter((each) => each !== ABSENT);
  if (!isMap(value)) return value;
  const [[operation, operands] = ['', undefined], ...more] = Object.entries<Value>(value);
  const intrinsic = more.length === 0 ? INTRINSICS[operation] : undefined;
  if (intrinsic !== undefined) return intrinsic(operands, context);
  const entries = Object.entries(value).map(([key, each]) => [key, resolve(each, context)] as const);
  return Object.fromEntries(entries.filter(([, each]) => each !== ABSENT));
}

const INTRINSICS: Readonly<Record<string, (operands: Value, context: Context) => Value>> = {
  Ref(name, { parameters }) {
    if (name === 'AWS::NoValue') return ABSENT;
    if (!parameters.has(name)) return { Ref: name };
    const value = parameters.get(name);
    if (value === undefined) throw new Error(`The parameter ${name} has no value.`);
    return value;
  },
  'Fn::If': ([condition, yes, no], context) => resolve(holds(condition, context) ? yes : no, context),
  'Fn::FindInMap'([map, first, second], context) {
    return context.template.Mappings?.[map]?.[resolve(first, context)]?.[resolve(second, context)];
  },
  'Fn::Join'([separator, parts], context) {
    const resolved = resolve(parts, context);
    return resolved.every((part: Value) => typeof part === 'string')
      ? resolved.join(separator)
      : { 'Fn::Join': [separator, resolved] };
  },
  'Fn::Split'([separator, text], context) {
    const resolved = resolve(text, context);
    return typeof resolved === 'string' ? resolved.split(separator) : { 'Fn::Split': [separator, resolved] };
  },
  'Fn::Select'([place, list], context) {
    const resolved = resolve(list, context);
    return Array.isArray(resolved) ? resolved[Number(place)] : { 'Fn::Select': [place, resolved] };
  },
  'Fn::Sub'(text, { parameters }) {
    if (typeof text !== 'string') return { 'Fn::Sub': text };
    const filled = text.replaceAll(/\$\{(\w+)\}/g, (whole, name) => parameters.get(name) ?? whole);
    // `${!x}` stands for itself.
    return /\$\{[^!]/.test(filled) ? { 'Fn::Sub': filled } : filled.replaceAll('${!', '${');
  },
};
