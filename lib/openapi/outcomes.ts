import * as v from 'valibot';
import { type FieldRules, namesOf, type RawFields, readFields, readOneOf } from '../core/fields.ts';
import { type Problem, type ProblemCode, ProblemError } from '../core/problem.ts';
import { codedMembers, withMembers } from '../dialects/coded-problems.ts';
import { type ProblemDetails, problemAnswer, problemDetails } from '../dialects/problem-details.ts';
import type { Answer, AnyOperation, ProblemSample } from '../http/operation.ts';
import type { Request } from '../http/request.ts';
import { rulesOf } from './request.ts';

/** One possible answer of an operation. */
export type Outcome = {
  name: string;
  answer: Answer;
  schema: v.GenericSchema;
  /** The `code` in the answer, if its dialect has codes. */
  code?: string | undefined;
};

/** Seconds, in examples. */
const RETRY_AFTER = 2;

/** The reason for each field in the example of a refused request. Other fields are refused as numbers. */
const REFUSED: Record<string, unknown> = {
  name: '',
  email: 'ada@',
  password: 'short',
  confirm: 'different',
};

/** The dialects of programs don't depend on the request. */
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

/** The errors of API Gateway itself: problem details with a `code` on every route. */
const gatewayProblem = v.pipe(
  v.object({ ...problemDetails.entries, code: codedMembers.code }),
  v.title('GatewayProblem'),
  v.description('RFC 9457, with a `message` and a `code`. API Gateway answers so by itself.'),
);

/** The answers of API Gateway itself, as infrastructure/gateway-responses.ts has them. */
const GATEWAY_THROTTLED = gatewayAnswer(
  'gateway-throttled',
  'throttled',
  problemAnswer(429, 'Too many requests. Try again in a second.', { 'Retry-After': '1' }),
);

const GATEWAY_TOO_LARGE = gatewayAnswer(
  'gateway-too-large',
  'body-too-large',
  problemAnswer(413, 'The request body is too large.'),
);

function gatewayAnswer(name: string, code: ProblemCode, answer: Answer<ProblemDetails>): Outcome {
  return { name, schema: gatewayProblem, answer: withMembers(answer, { code }) };
}

/** Every possible answer of an operation, made by its own code. */
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
    // A media type has one schema for a status, so the answers of API Gateway take that of a dialect that has codes too.
    ...[GATEWAY_THROTTLED, ...(takes.body ? [GATEWAY_TOO_LARGE] : [])].map((outcome) => ({
      ...outcome,
      ...(hasCodes(dialect.problem) && { schema: dialect.problem }),
    })),
  ];
}

/** Whether the errors of a dialect have a `code`. */
export function hasCodes(problem: v.GenericSchema): boolean {
  return 'entries' in problem && 'code' in (problem.entries as object);
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
