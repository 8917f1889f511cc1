import type * as v from 'valibot';
import { type FieldRules, namesOf } from '../core/fields.ts';
import type { Field } from '../core/problem.ts';
import { MEDIA_TYPES } from '../http/body.ts';
import type { Declaration } from '../http/operation.ts';
import type { Parameter, Takes } from '../http/take.ts';
import { isOptional, type JsonSchema, requestSchema } from './json-schema.ts';

type Json = Record<string, unknown>;

/** The core's rules of an operation's fields. */
export function rulesOf({ body }: Takes, passwordMinimum: number): FieldRules {
  if (body === undefined) return {};
  return typeof body.fields === 'function' ? body.fields({ minimum: passwordMinimum }) : body.fields;
}

/** `security`, `parameters` and `requestBody` of the Operation Object, and the schema that the body refers to. */
export function describeRequest(
  { id, takes }: Declaration,
  passwordMinimum: number,
): { members: Json; schemas: Record<string, JsonSchema> } {
  const parameters = [...parametersIn('path', takes.path), ...parametersIn('query', takes.query)];
  const name = `${id.charAt(0).toUpperCase()}${id.slice(1)}Request`;
  const schema = bodySchema(takes, passwordMinimum);
  return {
    schemas: schema === undefined ? {} : { [name]: schema as JsonSchema },
    members: {
      security: security(takes),
      ...(parameters.length > 0 && { parameters }),
      ...(schema && { requestBody: requestBody(takes, schema, name) }),
    },
  };
}

function security({ accessToken = [], anonymous = false, iam = false }: Takes): Json[] {
  const schemes = { bearer: { bearer: [] }, token: { tokenHeader: [] } };
  const all: Json[] = accessToken.map((place) => schemes[place]);
  return [...all, ...(iam ? [{ iam: [] }] : []), ...(anonymous ? [{}] : [])];
}

function parametersIn(place: 'path' | 'query', parameters: Record<string, Parameter> = {}): Json[] {
  return Object.entries(parameters).map(([name, { description, example, required = false, schema }]) => ({
    name,
    in: place,
    required: required || place === 'path',
    description,
    schema: schema ?? { type: 'string' },
    // Everything in a URL is text.
    example: schema && 'type' in schema && schema.type === 'integer' ? Number(example) : example,
  }));
}

function bodySchema({ body, ...takes }: Takes, passwordMinimum: number): Json | undefined {
  if (body === undefined) return undefined;
  const { names = {}, emptyIsMissing } = body;
  const rules = rulesOf({ ...takes, body }, passwordMinimum);
  const sets: readonly v.ObjectEntries[] = Array.isArray(rules) ? rules : [rules];
  const outside = (field: string) => names[field as Field] ?? field;
  const all = Object.assign({}, ...sets) as Record<string, v.GenericSchema>;
  const properties = Object.fromEntries(
    Object.entries(all).map(([field, rule]) => {
      const schema = requestSchema(rule);
      const filled = emptyIsMissing && schema.type === 'string';
      return [outside(field), { ...schema, ...(filled && { minLength: 1 }) }];
    }),
  );
  const requiredOf = (entries: v.ObjectEntries) =>
    Object.entries(entries)
      .filter(([, rule]) => !isOptional(rule as v.GenericSchema))
      .map(([field]) => outside(field));
  if (sets.length === 1)
    return { type: 'object', ...required(requiredOf(sets[0] as v.ObjectEntries)), properties };
  return { type: 'object', properties, oneOf: sets.map((set) => onlyThese(set, namesOf(rules), outside)) };
}

/** Requires a field, of any type. Redocly wants each required property to be defined in the same place. */
const present = (name: string) => ({ required: [name], properties: { [name]: {} } });

/** One set of fields without the fields of the others: each member of `oneOf` has to exclude the other members. */
function onlyThese(set: v.ObjectEntries, all: readonly string[], outside: (field: string) => string): Json {
  const others = all.filter((field) => !(field in set)).map(outside);
  return {
    ...required(Object.keys(set).map(outside)),
    ...(others.length > 1 && { not: { anyOf: others.map(present) } }),
    ...(others.length === 1 && { not: present(others[0] as string) }),
  };
}

const required = (names: string[]) => (names.length > 0 ? { required: names } : {});

function requestBody({ body }: Takes, schema: Json, name: string): Json {
  const { forms = ['json'] } = body ?? {};
  const $ref = `#/components/schemas/${name}`;
  const sets = schema.oneOf as object[] | undefined;
  return {
    // One of the sets may be empty.
    required: sets ? sets.every((set) => 'required' in set) : 'required' in schema,
    content: Object.fromEntries(
      forms.map((form) => [MEDIA_TYPES[form], { schema: { $ref }, example: exampleOf(schema) }]),
    ),
  };
}

function exampleOf({ properties, oneOf = [] }: Json): Json {
  const [first] = oneOf as { required: string[] }[];
  return Object.fromEntries(
    Object.entries(properties as Record<string, JsonSchema>).flatMap(([name, property]) => {
      if (first && !first.required.includes(name)) return [];
      const { examples, anyOf } = property;
      const [example] = examples ?? (anyOf?.[0] as JsonSchema | undefined)?.examples ?? [];
      return example === undefined ? [] : [[name, example]];
    }),
  );
}
