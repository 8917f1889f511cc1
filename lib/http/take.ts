import { type FieldRules, namesOf, type RawFields } from '../core/fields.ts';
import type { PasswordPolicy } from '../core/password-policy.ts';
import type { Field } from '../core/problem.ts';
import { type BodyForm, bodyFields } from './body.ts';
import type { Request } from './request.ts';

/** A parameter of the path or the query, as the OpenAPI document describes it. Values are text, or absent. */
export type Parameter = { description: string; example: string; required?: boolean; schema?: object };

/** What an operation reads of a request. Nothing else of the request reaches its use-case. */
export type Takes = {
  body?: {
    /** The core's rules. The core applies them; here they only name the fields to read. An array: exactly one of its members. */
    fields: FieldRules | ((policy: PasswordPolicy) => FieldRules);
    /** Default: JSON alone. */
    forms?: readonly BodyForm[];
    /** The dialect's names of the core's fields, where they differ. */
    names?: Partial<Record<Field, string>>;
    /** Whether a field that is `null` or empty counts as missing, as in an HTML form. */
    emptyIsMissing?: boolean;
  };
  query?: Record<string, Parameter>;
  /** The parameters of a path such as `GET /admin/users/{userId}`. */
  path?: Record<string, Parameter>;
  /** Where the access token may be: `Authorization: Bearer`, or a header named `token`, which then takes precedence. */
  accessToken?: readonly ('bearer' | 'token')[];
  /** Whether the access token is optional. */
  anonymous?: boolean;
  /** Whether only IAM principals may call the route. serverless.yml has to say so as well. */
  iam?: boolean;
};

/** What was read of a request: nothing but what the operation declares. */
export type Taken = {
  /** The fields of the body as they came, under the core's names. The body is read only when this is accessed. */
  readonly fields: RawFields;
  /** The same, for a use-case that checks the access token first: the body must not be refused before it. */
  body(): RawFields;
  accessToken: string | undefined;
  /** @throws Error for a parameter that is not declared */
  query(name: string): string | undefined;
  /** @throws Error for a parameter that is not declared */
  path(name: string): string;
};

/**
 * Makes the request reader of a declaration. The values are unchecked: the core decides in which order it refuses them.
 *
 * @throws ProblemError of the reader: `body-too-large`, `unsupported-media-type`, `malformed-body`
 */
export function requestReader({ body, query, path, accessToken = [] }: Takes): (request: Request) => Taken {
  const { names = {}, emptyIsMissing = false, forms = ['json'] } = body ?? {};
  // Any minimum will do, since only the names of the fields are used.
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

/** The access token of `Authorization: Bearer`. Text that can't be a token is kept, and later refused as invalid. */
function bearerToken(request: Request): string | undefined {
  return /^bearer +(.*)$/is.exec(request.header('authorization') ?? '')?.[1]?.trim();
}
