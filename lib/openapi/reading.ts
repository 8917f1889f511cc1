import type { Operation } from '../dialects/dialect.ts';
import type { Request } from '../http/request.ts';

/** What an operation takes of a request, found out by having it read some. */
export type Reading<Input> = {
  /** What the use-case was handed. */
  input: Input;
  /** The media types of bodies that it takes; none where it looks at no body. */
  mediaTypes: string[];
  /** What the client calls each field, by the core's name. */
  names: Record<string, string>;
  /** Whether a field that is empty counts as missing. */
  emptyIsMissing: boolean;
  queries: string[];
  /** Headers of its own; those about the body are left out. */
  headers: string[];
};

/** Every name that some dialect gives a field. One that is missing here is an error below. */
const NAMES = ['name', 'bio', 'email', 'username', 'password', 'confirm', 'refreshToken'];

const BOUNDARY = 'openapi';

/** A body of each media type in which each field is what `fill` makes of its name. */
const BODIES: Record<string, (fill: (name: string) => string) => string> = {
  'application/json': (fill) => JSON.stringify(Object.fromEntries(NAMES.map((name) => [name, fill(name)]))),
  'application/x-www-form-urlencoded': (fill) =>
    new URLSearchParams(NAMES.map((name): [string, string] => [name, fill(name)])).toString(),
  'multipart/form-data': (fill) =>
    `${NAMES.map(
      (name) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${fill(name)}\r\n`,
    ).join('')}--${BOUNDARY}--\r\n`,
};

/** Reads requests through the operation of a dialect, so that nobody has to write down what it takes. */
export async function readingOf<Input, Output, Body>(
  operation: Operation<Input, Output, Body>,
): Promise<Reading<Input>> {
  const queries = new Set<string>();
  const headers = new Set<string>();
  const read = (mediaType: string, fill: (name: string) => string) => {
    let looked = false;
    const request: Request = {
      client: '192.0.2.1',
      language: 'en',
      query: (name) => void queries.add(name),
      header(name) {
        if (name === 'content-type') return `${mediaType}; boundary=${BOUNDARY}`;
        if (name !== 'content-length') headers.add(name);
        return undefined;
      },
      get body() {
        looked = true;
        return Buffer.from(BODIES[mediaType]?.(fill) ?? '');
      },
    };
    return operation.read(request).then((input) => ({ input, looked }));
  };

  const taken = [];
  for (const mediaType of Object.keys(BODIES)) {
    const { input, looked } = await read(mediaType, (name) => name).catch(() => ({
      input: null,
      looked: true,
    }));
    if (input !== null) taken.push({ mediaType, input, looked });
  }
  const [first] = taken;
  if (first === undefined)
    throw new Error(`${operation.dialect}: ${operation.name} takes no body known here.`);
  const empty = fieldsOf((await read(first.mediaType, () => '')).input);
  return {
    input: first.input,
    mediaTypes: taken.filter(({ looked }) => looked).map(({ mediaType }) => mediaType),
    names: namesOf(operation, fieldsOf(first.input)),
    emptyIsMissing: Object.values(empty).includes(undefined),
    queries: [...queries],
    headers: [...headers],
  };
}

function fieldsOf(input: unknown): Record<string, unknown> {
  return typeof input === 'object' && input !== null && 'fields' in input
    ? (input.fields as Record<string, unknown>)
    : {};
}

function namesOf({ dialect, name }: { dialect: string; name: string }, fields: Record<string, unknown>) {
  for (const [field, given] of Object.entries(fields)) {
    if (typeof given !== 'string')
      throw new Error(`${dialect}: ${name} calls ${field} by a name that lib/openapi/reading.ts lacks.`);
  }
  return fields as Record<string, string>;
}
