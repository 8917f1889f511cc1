import { type JsonSchema, toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';

export type { JsonSchema };

type Schema = v.GenericSchema;

/** Actions that are code, which JSON Schema can't express. `metadata` next to them describes what can be expressed. */
const UNSPEAKABLE = ['transform', 'check', 'raw_check', 'raw_transform'];

/**
 * The JSON Schema 2020-12 of a field, which is never stricter than its rule.
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

/** The schema of an answer's body. @throws Error for what JSON Schema can't express */
export function answerSchema(schema: Schema): JsonSchema {
  return converted(schema, []);
}

/** The schema's name in the document: its `v.title`. */
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
