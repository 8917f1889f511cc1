import { namesOf, type RawFields } from '../core/fields.ts';
import { type BodyForm, bodyFields } from './body.ts';
import type { Takes } from './operation.ts';
import type { Request } from './request.ts';

export type { BodyForm };

/** What an operation's declaration took of a request: nothing that it does not declare. */
export type Taken = {
  /** The fields of the body, under the core's names and as they came. */
  fields: RawFields;
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
    body === undefined ? [] : namesOf(typeof body.fields === 'function' ? body.fields(0) : body.fields);
  const isMissing = (value: unknown) => emptyIsMissing && (value === null || value === '');

  return (request) => {
    const sent = body === undefined ? {} : bodyFields(request, forms);
    const values = fields.map((field) => [field, sent[names[field] ?? field]] as const);
    return {
      fields: Object.fromEntries(values.filter(([, value]) => value !== undefined && !isMissing(value))),
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
