import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openapiDocument } from '../../lib/openapi/document.ts';
import type { Call, Reply } from './client.ts';

// Holds every answer of the tests to the OpenAPI document, so that it cannot promise what the service does not do, and
// every request that was answered with success, so that it cannot forbid what the service takes.

type Json = Record<string, unknown>;
type Header = { required: boolean; schema: { type: string } };
type Content = Record<string, { schema: Json }>;
type Documented = {
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { headers: Record<string, Header>; content?: Content }>;
};

const document = resolved(openapiDocument({ server: '/', passwordMinimum: 8 })) as {
  paths: Record<string, Record<string, Documented>>;
};
const operations = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [
      `${method.toUpperCase()} ${withoutSlash(path)}`,
      operation,
    ]),
  ),
);

const ajv = new Ajv2020({ allErrors: true, coerceTypes: false, unicodeRegExp: true });
addFormats.default(ajv);
const validators = new Map<unknown, ValidateFunction>();

/** Throws when the document doesn't have this answer to this request. Requests of undocumented routes are ignored. */
export function expectDocumented(call: Call, reply: Reply): void {
  const route = `${call.method ?? 'POST'} ${withoutSlash(new URL(call.path, 'http://localhost').pathname)}`;
  const operation = operations.get(route) ?? operations.get(withParameters(route));
  if (operation === undefined) return;
  const faults = [...faultsOfReply(operation, reply), ...faultsOfRequest(operation, call, reply)];
  if (faults.length === 0) return;
  throw new Error(
    `${route} answered ${reply.status}, which docs/openapi.yaml does not have:\n  ${faults.join('\n  ')}`,
  );
}

function faultsOfReply({ responses }: Documented, { status, headers, text, json }: Reply): string[] {
  const response = responses[status];
  if (response === undefined) return ['its status is not documented'];
  const faults = Object.entries(response.headers).flatMap(([name, header]) =>
    faultsOfHeader(name, header, headers[name.toLowerCase()]),
  );
  for (const name of ['www-authenticate', 'retry-after', 'location', 'set-cookie']) {
    const known = Object.keys(response.headers).some((documented) => documented.toLowerCase() === name);
    if (name in headers && !known) faults.push(`the header ${name} is not documented`);
  }
  if (response.content === undefined) return text === '' ? faults : [...faults, 'there is a body'];
  const content = response.content[mediaTypeOf(headers)];
  if (content === undefined) return [...faults, `its type ${headers['content-type']} is not documented`];
  return [...faults, ...faultsOf(strict(content.schema), content, json).map((fault) => `body${fault}`)];
}

function faultsOfHeader(name: string, { required, schema }: Header, value: string | undefined): string[] {
  if (value === undefined) return required ? [`the header ${name} is missing`] : [];
  const typed = schema.type === 'integer' ? Number(value) : value;
  return faultsOf(schema, schema, typed).map((fault) => `the header ${name}${fault}`);
}

/** A request that was carried out has to be one that the document allows. */
function faultsOfRequest({ requestBody }: Documented, { body, headers = {} }: Call, { status }: Reply) {
  if (status >= 300 || requestBody === undefined) return [];
  if (body === undefined) return requestBody.required ? ['a request without a body'] : [];
  const sent = typeof body === 'string' || body instanceof Uint8Array ? String(body) : JSON.stringify(body);
  const type = mediaTypeOf({ 'content-type': 'application/json', ...lowerCase(headers) });
  const content = requestBody.content[type];
  if (content === undefined) return [`requests of ${type} are not documented`];
  if (type === 'multipart/form-data') return []; // its fields are those of the other form
  const fields =
    type === 'application/json' ? JSON.parse(sent) : Object.fromEntries(new URLSearchParams(sent));
  return faultsOf(content.schema, content.schema, fields).map((fault) => `a request${fault}`);
}

function faultsOf(schema: Json, key: object, value: unknown): string[] {
  const validate = validators.get(key) ?? ajv.compile(schema);
  validators.set(key, validate);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The schema as the tests want it: a member more than is documented is a fault, which clients must live with. */
function strict(schema: Json): Json {
  return walk(schema, (part) => (part.type === 'object' ? { additionalProperties: false, ...part } : part));
}

/** The document without references, which are all to its components. */
function resolved(root: Json): Json {
  const at = (ref: string) =>
    ref
      .slice(2)
      .split('/')
      .reduce((part, name) => part[name] as Json, root);
  const inline = (part: Json): Json => (typeof part.$ref === 'string' ? walk(at(part.$ref), inline) : part);
  return walk(root, inline);
}

/** Rebuilds a value of JSON, each object as `change` wants it. */
function walk(value: Json, change: (part: Json) => Json): Json {
  const rebuilt = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(rebuilt);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(change(part as Json)).map(([key, all]) => [key, rebuilt(all)]));
  };
  return rebuilt(value) as Json;
}

function mediaTypeOf(headers: Record<string, string>): string {
  return (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function lowerCase(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** The routes that have a parameter have it in this place. */
function withParameters(route: string): string {
  return route.replace(/^(\w+ \/admin\/users)\/[^/]+/, '$1/{userId}');
}

function withoutSlash(path: string): string {
  return path.replace(/(?<=.)\/$/, '');
}
