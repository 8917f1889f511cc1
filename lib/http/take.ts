import { type FieldRules, namesOf, type RawFields } from '../core/fields.ts';
import type { PasswordPolicy } from '../core/password-policy.ts';
import type { Field } from '../core/problem.ts';
import { type BodyForm, bodyFields } from './body.ts';
import type { Request } from './request.ts';

/** A parameter of the path or the query, as the OpenAPI document describes it. Values are text, or absent. */
export type Parameter = { description: string; example: string; required?: boolean; schema?: object };

/** What an operation takes of a request. Nothing else of the request reaches its use-case. */
export type Takes = {
  body?: {
    /** The core's own rules. The core applies them; here they say which fields are read. An array: exactly one of its members. */
    fields: FieldRules | ((policy: PasswordPolicy) => FieldRules);
    /** Default: JSON alone. */
    forms?: readonly BodyForm[];
    /** What the dialect calls the core's fields, where it differs. */
    names?: Partial<Record<Field, string>>;
    /** Whether a field that is `null` or empty counts as missing, as in an HTML form. */
    emptyIsMissing?: boolean;
  };
  query?: Record<string, Parameter>;
  /** Of a route such as `GET /admin/users/{userId}`. */
  path?: Record<string, Parameter>;
  /** Where an access token may be: `Authorization: Bearer`, or a header named `token`, which then comes first. */
  accessToken?: readonly ('bearer' | 'token')[];
  /** Whether the request may come without an access token, where it takes one. */
  anonymous?: boolean;
  /** Whether API Gateway lets through only what an IAM principal signed. serverless.yml has to say so as well. */
  iam?: boolean;
};

/** What an operation's declaration took of a request: nothing that it does not declare. */
export type Taken = {
  /** The fields of the body, under the core's names and as they came. The body is read when they are first looked at. */
  readonly fields: RawFields;
  /** The same, for a use-case that first judges the access token: a body must not be refused before it. */
  body(): RawFields;
  accessToken: string | undefined;
  /** @throws Error for a parameter that is not declared */
  query(name: string): string | undefined;
  /** @throws Error for a parameter that is not declared */
  path(name: string): string;
};

/**
 * Makes the reader of a declaration. What comes out is unchecked: the core decides in which order it refuses things.
 *
 * @throws ProblemError of the reader: `body-too-large`, `unsupported-media-type`, `malformed-body`
 */
export function taker({ body, query, path, accessToken = [] }: Takes): (request: Request) => Taken {
  const { names = {}, emptyIsMissing = false, forms = ['json'] } = body ?? {};
  // Any minimum will do: a rule's strictness does not change what its field is called.
  const fields =
    body === undefined
      ? []
      : namesOf(typeof body.fields === 'function' ? body.fields({ minimum: 0 }) : body.fields);
  const isMissing = (value: unknown) => emptyIsMissing && (value === null || value === '');

  const readBody = (request: Request): RawFields => {
    const sent = body === undefined ? {} : bodyFields(request, forms);
    const values = fields.map((field) => [field, sent[names[field] ?? field]] as const);
    return Object.fromEntries(values.filter(([, value]) => value !== undefined && !isMissing(value)));
  };

  return (request) => {
    return {
      get fields() {
        return readBody(request);
      },
      body: () => readBody(request),
      accessToken: accessToken.includes('token')
        ? request.header('token') || bearerToken(request)
        : accessToken.length > 0
          ? bearerToken(request)
          : undefined,
      query: (name) => request.query(declared(query, name)),
      path: (name) => request.path(declared(path, name)) ?? '',
    };
  };
}

function declared(parameters: object | undefined, name: string): string {
  if (parameters !== undefined && name in parameters) return name;
  throw new Error(`the operation reads the parameter ${name}, which it does not declare`);
}

/** The access token of `Authorization: Bearer`; text that cannot be one stays, to be refused as invalid. */
function bearerToken(request: Request): string | undefined {
  return /^bearer +(.*)$/is.exec(request.header('authorization') ?? '')?.[1]?.trim();
}
