import type * as v from 'valibot';
import { type FieldRules, namesOf, type RawFields, readFields, readOneOf } from '../core/fields.ts';
import { type Problem, type ProblemCode, ProblemError } from '../core/problem.ts';
import { problemAnswer, problemDetails } from '../dialects/problem-details.ts';
import type { Answer, AnyOperation, ProblemSample } from '../http/operation.ts';
import type { Request } from '../http/request.ts';
import { rulesOf } from './request.ts';

/** One of the things that an operation may answer. */
export type Outcome = {
  name: string;
  answer: Answer;
  schema: v.GenericSchema;
  /** The `code` that the answer has for programs, where its dialect gives it one. */
  code?: string | undefined;
};

/** Seconds, in examples. */
const RETRY_AFTER = 2;

/** What is wrong with each field in the example of a refused request; of other fields, that they are numbers. */
const REFUSED: Record<string, unknown> = {
  name: '',
  email: 'ada@',
  password: 'short',
  confirm: 'different',
};

/** The dialects of programs answer every request alike. */
const ANY_REQUEST: Request = {
  client: '192.0.2.1',
  language: 'en',
  device: undefined,
  caller: undefined,
  header: () => undefined,
  headers: () => [],
  query: () => undefined,
  path: () => undefined,
  body: undefined,
};

/** What API Gateway answers by itself, in the words of its gateway responses. */
const GATEWAY_THROTTLED: Outcome = {
  name: 'gateway-throttled',
  schema: problemDetails,
  answer: problemAnswer(429, 'Too many requests. Try again in a second.', { 'Retry-After': '1' }),
};

const GATEWAY_TOO_LARGE: Outcome = {
  name: 'gateway-too-large',
  schema: problemDetails,
  answer: problemAnswer(413, 'The request body is too large.'),
};

/** Everything that the operation may answer, as its own code words it. */
export function outcomesOf(operation: AnyOperation, passwordMinimum: number): Outcome[] {
  const { dialect, takes, route, problems, success } = operation;
  const rules = rulesOf(takes, passwordMinimum);
  const ofBodies: ProblemCode[] = takes.body
    ? ['malformed-body', 'body-too-large', 'unsupported-media-type']
    : [];
  const ofSites: ProblemCode[] = route.startsWith('GET ') ? [] : ['cross-site-request'];
  const ofSignatures: ProblemCode[] = takes.iam ? ['forbidden'] : [];
  const samples = [
    ...ofSignatures,
    ...ofBodies,
    ...ofSites,
    ...problems,
    'unavailable',
    'internal',
  ] as ProblemSample[];
  const all = samples.flatMap((sample) =>
    sample === 'invalid-fields' ? refusals(rules, passwordMinimum) : [problemOf(sample)],
  );
  return [
    { name: 'success', answer: operation.write(success.example, ANY_REQUEST), schema: success.body },
    ...all.map(({ name, problem }) => {
      const answer = dialect.fail(problem, ANY_REQUEST, operation);
      const { code } = (answer.body ?? {}) as { code?: string };
      return { name, answer, schema: dialect.problem, code };
    }),
    // A dialect whose errors have a type of their own takes in API Gateway's, which lack its members.
    ...[GATEWAY_THROTTLED, ...(takes.body ? [GATEWAY_TOO_LARGE] : [])].map((outcome) => ({
      ...outcome,
      ...(speaksProblemDetails(operation) && { schema: dialect.problem }),
    })),
  ];
}

function speaksProblemDetails(operation: AnyOperation): boolean {
  const { headers } = operation.dialect.fail({ code: 'internal' }, ANY_REQUEST, operation);
  return headers?.['Content-Type'] === 'application/problem+json';
}

function problemOf(sample: ProblemSample): { name: string; problem: Problem } {
  if (typeof sample !== 'string') return { name: sample.code, problem: sample };
  const waits = sample === 'throttled' || sample === 'unavailable' || sample === 'hook-failed';
  return {
    name: sample,
    problem: { code: sample, ...(waits && { retryAfter: RETRY_AFTER }) } as Problem,
  };
}

/** What a request without fields gets, and one whose fields are all wrong, where any text is not right. */
function refusals(rules: FieldRules, passwordMinimum: number): { name: string; problem: Problem }[] {
  const wrong = Object.fromEntries(namesOf(rules).map((field) => [field, REFUSED[field] ?? 5]));
  return [
    ...refusal('missing-fields', rules, {}, passwordMinimum),
    ...refusal('refused-fields', rules, wrong, passwordMinimum),
  ];
}

function refusal(name: string, rules: FieldRules, fields: RawFields, passwordMinimum: number) {
  try {
    if (Array.isArray(rules)) readOneOf(rules, fields, { minimum: passwordMinimum });
    else readFields(rules as v.ObjectEntries, fields, { minimum: passwordMinimum });
    return [];
  } catch (error) {
    return error instanceof ProblemError ? [{ name, problem: error.problem }] : [];
  }
}
