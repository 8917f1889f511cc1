import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';

export type { JsonSchema };

type Schema = v.GenericSchema;

/** What code decides and JSON Schema cannot say; `metadata` next to it says what can be said. */
const UNSPEAKABLE = ['transform', 'check', 'raw_check', 'raw_transform'];

/**
 * What a field may be, as JSON Schema 2020-12: never stricter than the rule itself.
 *
 * @throws Error for a rule of code without metadata, which the document could not mention
 */
export function requestSchema(schema: Schema): JsonSchema {
  const silent = pipeOf(schema).some(({ type }) => UNSPEAKABLE.includes(type));
  if (silent && !pipeOf(schema).some(({ type }) => type === 'metadata'))
    throw new Error(
      'A rule of lib/core/fields.ts has no v.metadata, by which lib/openapi would describe it.',
    );
  return converted(schema, UNSPEAKABLE);
}

/** What an answer's body is. @throws Error for what JSON Schema cannot express */
export function answerSchema(schema: Schema): JsonSchema {
  return converted(schema, []);
}

/** What the schema is called in the document: its `v.title`. */
export function nameOf(schema: Schema): string {
  const name = v.getTitle(schema);
  if (name === undefined) throw new Error('A schema of an answer in lib/dialects has no v.title.');
  return name;
}

/** Whether a request may leave the field out. */
export function isOptional(schema: Schema): boolean {
  return v.safeParse(schema, undefined).success;
}

function converted(schema: Schema, ignoreActions: string[]): JsonSchema {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    target: 'draft-2020-12',
    typeMode: 'input',
    errorMode: 'throw',
    ignoreActions,
  });
  return rest;
}

function pipeOf(schema: Schema): { type: string }[] {
  if ('wrapped' in schema) return pipeOf(schema.wrapped as Schema);
  return 'pipe' in schema ? (schema.pipe as { type: string }[]) : [];
}
