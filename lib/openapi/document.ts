import { operations } from '../dialects/all.ts';
import type { AnyOperation } from '../http/operation.ts';
import type { JsonSchema } from './json-schema.ts';
import { hasCodes } from './outcomes.ts';
import { describeRequest } from './request.ts';
import { describeResponses } from './responses.ts';

type Json = Record<string, unknown>;

/** The parts of the document that depend on the deployment. */
export type Deployment = {
  /** Where the paths begin, relative to where the document is. */
  server: string;
  /** `PASSWORD_MIN_LENGTH`, code points. */
  passwordMinimum: number;
  /** Whether the document has the administrator's API. Default: true. */
  adminApi?: boolean;
};

const INFO = {
  title: 'Gatehouse',
  summary: 'Sign-up, log-in, token refresh, log-out and password reset.',
  version: '1.0.0',
  license: { name: 'MIT', identifier: 'MIT' },
  description: `One set of accounts and three dialects of HTTP. A client speaks one dialect and needs to know nothing of the others.

Every path works with and without its trailing slash. Unknown fields are ignored. A body is read as
UTF-8, whatever its \`charset\` says, and has at most 32 KiB.

Some requests never reach the service. API Gateway answers them itself, as problem details (RFC 9457): 404 for a path or a
method that does not exist, 413 for a body of more than 10 MB, 429 when a route has too many requests or the web ACL blocks the
request, 502, 503 or 504 when a function did not answer.`,
};

const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The access token, sent as `Authorization: Bearer …`.',
  },
  iam: {
    type: 'apiKey',
    in: 'header',
    name: 'Authorization',
    description: 'An AWS signature (SigV4) of an IAM principal that may invoke this route.',
    'x-amazon-apigateway-authtype': 'awsSigv4',
  },
  tokenHeader: {
    type: 'apiKey',
    in: 'header',
    name: 'token',
    description:
      'The same access token in the header `token`. `GET /accounts/logout/` reads this header first.',
  },
};

/** The API as an OpenAPI 3.1 document, made from the operations' declarations. */
export function openapiDocument(
  { server, passwordMinimum, adminApi = true }: Deployment,
  declared: readonly AnyOperation[] = operations,
): Json {
  const paths: Record<string, Json> = {};
  const schemas: Record<string, JsonSchema> = {};
  const codes = new Map<string, number>();
  const served = declared.filter(({ dialect }) => adminApi || dialect.name !== 'admin');
  for (const operation of served) {
    const [method = '', path = ''] = operation.route.split(' ');
    const { id, summary, description, dialect } = operation;
    const request = describeRequest(operation, passwordMinimum);
    const { responses, ...made } = describeResponses(operation, passwordMinimum);
    const described = { operationId: id, summary, description, tags: [dialect.name], ...request.members };
    paths[path] = { ...paths[path], [method.toLowerCase()]: { ...described, responses } };
    Object.assign(schemas, request.schemas, made.schemas);
    for (const [code, status] of made.codes) codes.set(code, status);
  }
  const used = JSON.stringify(
    Object.values(paths)
      .flatMap(Object.values)
      .map(({ security }) => security),
  );
  return {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: server, description: 'The API that served this document.' }],
    tags: tagsOf(served, codes),
    paths,
    components: {
      ...sharedParts(paths),
      schemas: sorted(schemas),
      securitySchemes: Object.fromEntries(
        Object.entries(SECURITY_SCHEMES).filter(([name]) => used.includes(`"${name}"`)),
      ),
    },
  };
}

/** The dialects; for the one whose problems have codes, all of them with their statuses. */
function tagsOf(declared: readonly AnyOperation[], codes: Map<string, number>): Json[] {
  const dialects = new Map(declared.map(({ dialect }) => [dialect.name, dialect]));
  const rows = [...codes].sort().map(([code, status]) => `| \`${code}\` | ${status} |`);
  const table = ['', '', '| `code` | status |', '|---|---|', ...rows].join('\n');
  return [...dialects.values()].map(({ name, description, problem }) => ({
    name,
    description: `${description}${hasCodes(problem) ? table : ''}`,
  }));
}

type Parts = Record<string, Json>;
type Operation = { tags: [dialect: string]; responses: Parts };

/** Moves answers that several operations share into components, so that readers see them once. */
function sharedParts(paths: Parts): { headers: Parts; responses: Parts } {
  const all = Object.values(paths).flatMap((path) => Object.values(path) as Operation[]);
  const headers: Parts = {};
  for (const response of all.flatMap(({ responses }) => Object.values(responses))) {
    response.headers = referring(response.headers as Parts, 'headers', headers);
  }
  const counts = new Map<string, number>();
  for (const response of all.flatMap(({ responses }) => Object.values(responses))) {
    const text = JSON.stringify(response);
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  const once = (response: Json) => counts.get(JSON.stringify(response)) === 1;
  const responses: Parts = {};
  for (const operation of all) {
    const prefix = `${operation.tags[0]}-`;
    operation.responses = referring(operation.responses, 'responses', responses, prefix, once);
  }
  return { headers: sorted(headers), responses: sorted(responses) };
}

/**
 * Replaces each part by a reference to a component, which is new or already has the same content.
 *
 * @param stays which parts stay inline
 */
function referring(
  parts: Parts,
  kind: 'headers' | 'responses',
  components: Parts,
  prefix = '',
  stays: (part: Json) => boolean = () => false,
): Parts {
  return Object.fromEntries(
    Object.entries(parts).map(([key, part]) => {
      if (stays(part)) return [key, part];
      const name = nameAmong(components, `${prefix}${key}`, part);
      components[name] = part;
      return [key, { $ref: `#/components/${kind}/${name}` }];
    }),
  );
}

/** The component name of a part; with a number if another part has the name. */
function nameAmong(components: Parts, name: string, part: Json): string {
  const isFree = (candidate: string) =>
    components[candidate] === undefined || JSON.stringify(components[candidate]) === JSON.stringify(part);
  let candidate = name;
  for (let nth = 2; !isFree(candidate); nth += 1) candidate = `${name}-${nth}`;
  return candidate;
}

function sorted<Part>(parts: Record<string, Part>): Record<string, Part> {
  return Object.fromEntries(Object.entries(parts).sort(([a], [b]) => a.localeCompare(b)));
}
