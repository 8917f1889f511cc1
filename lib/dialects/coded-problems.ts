import * as v from 'valibot';
import type { FieldProblem } from '../core/problem.ts';
import type { Answer } from '../http/operation.ts';
import { text } from './answer-parts.ts';
import { type ProblemDetails, problemAnswer } from './problem-details.ts';
import { NOT_ONE_OF, sentenceFor } from './sentences.ts';

// Problem details with a `code`, and with a list of the wrong fields.

const errors = v.pipe(
  v.array(
    v.object({
      field: text('The field of the request.', 'email'),
      code: text('What was wrong with the field, for programs. More codes may be added.', 'invalid-email'),
      message: text('What was wrong with the field, for people.', 'Enter a valid email address.'),
    }),
  ),
  v.minLength(1),
  v.description('Only if fields were refused: one entry for each.'),
);

export type FieldErrors = v.InferOutput<typeof errors>;

/** The members of these problems that aren't in RFC 9457. */
export const codedMembers = {
  code: v.optional(text('What was wrong, for programs. More codes may be added.', 'invalid-fields')),
  errors: v.optional(errors),
};

/** @param fields empty when the request fits none of several sets of fields */
export function refusedFields(
  fields: readonly FieldProblem[],
): Answer<ProblemDetails & { errors?: FieldErrors }> {
  if (fields.length === 0) return problemAnswer(400, NOT_ONE_OF);
  return withMembers(problemAnswer(400, 'Some fields are missing or invalid; see errors.'), {
    errors: fields.map((field) => ({
      field: field.field,
      code: field.reason,
      message: sentenceFor(field),
    })),
  });
}

/** Adds members to the body of a problem (RFC 9457 section 3.2). */
export function withMembers<Members extends object>(
  { body, ...answer }: Answer<ProblemDetails>,
  members: Members,
): Answer<ProblemDetails & Members> {
  return { ...answer, body: { ...(body as ProblemDetails), ...members } };
}
