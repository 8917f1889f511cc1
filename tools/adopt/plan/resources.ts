// What two versions of the resources differ in, as far as an operator should know before the one becomes the other.
import { isDeepStrictEqual as equal } from 'node:util';
import type { Resolved } from '../template/resolve.ts';
import type { TemplateResource, Value } from '../template/types.ts';

type Resources = Resolved['Resources'];

/** `+ login: dynamodb:GetItem on UsersTable`, and `-` for what a function may no longer. */
export function permissionChanges(before: Resources, after: Resources): string[] {
  const [old, next] = [permissionsOf(before), permissionsOf(after)];
  const functions = [...new Set([...old.keys(), ...next.keys()])].sort();
  return functions.flatMap((name) => {
    const [had, has] = [old.get(name) ?? new Set(), next.get(name) ?? new Set()];
    return [
      ...[...has].filter((each) => !had.has(each)).map((each) => `+ ${name}: ${each}`),
      ...[...had].filter((each) => !has.has(each)).map((each) => `- ${name}: ${each}`),
    ];
  });
}

function permissionsOf(resources: Resources): Map<string, Set<string>> {
  const permissions = new Map<string, Set<string>>();
  for (const { Type, Properties } of Object.values(resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const role = resources[Properties?.Role?.['Fn::GetAtt']?.[0] ?? ''];
    const statements = (role?.Properties?.Policies ?? []).flatMap(
      ({ PolicyDocument }: Value) => PolicyDocument.Statement,
    );
    permissions.set(nameOf(Properties?.FunctionName), new Set(statements.flatMap(sentencesOf)));
  }
  return permissions;
}

/** Without what every function of a stage is called by. */
function nameOf(functionName: Value): string {
  return written(functionName).replace(/^gatehouse-[a-z\d]+-/, '');
}

function sentencesOf({ Action, Resource, Condition }: Value): string[] {
  const where = Condition === undefined ? '' : `, where ${JSON.stringify(Condition)}`;
  const resources = [Resource].flat();
  return [Action]
    .flat()
    .flatMap((action) => resources.map((each) => `${action} on ${written(each)}${where}`));
}

function written(value: Value): string {
  if (typeof value === 'string') return value;
  if (value?.['Fn::GetAtt']) return String(value['Fn::GetAtt'][0]);
  if (typeof value?.['Fn::Sub'] === 'string') return value['Fn::Sub'];
  return JSON.stringify(value);
}

/** A sentence for each table that is new, gone or touched. */
export function tableChanges(before: Resources, after: Resources): string[] {
  const tables = (resources: Resources) =>
    new Map(Object.entries(resources).filter(([, { Type }]) => Type === 'AWS::DynamoDB::Table'));
  const [old, next] = [tables(before), tables(after)];
  const all = [...new Set([...old.keys(), ...next.keys()])].sort();
  return all.flatMap((id) => changesOfTable(id, old.get(id), next.get(id)));
}

function changesOfTable(
  id: string,
  before: TemplateResource | undefined,
  after: TemplateResource | undefined,
): string[] {
  if (before === undefined) return [`+ ${id} is new`];
  if (after === undefined) {
    const fate =
      before.DeletionPolicy === 'Retain'
        ? 'the table is kept, outside the stack'
        : 'THE TABLE IS DELETED WITH ITS ROWS';
    return [`- ${id} is gone: ${fate}`];
  }
  const [old, next] = [before.Properties ?? {}, after.Properties ?? {}];
  const replaced = ['TableName', 'KeySchema'].filter((name) => !equal(old[name], next[name]));
  if (replaced.length > 0)
    return [`! ${id} IS REPLACED, WITHOUT ITS ROWS: ${replaced.join(' and ')} changes`];
  const others = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter(
    (name) => name !== 'GlobalSecondaryIndexes' && !equal(old[name], next[name]),
  );
  return [
    ...indexChanges(id, old.GlobalSecondaryIndexes, next.GlobalSecondaryIndexes),
    ...others.map((name) => `~ ${id}: ${name} changes in place`),
  ];
}

function indexChanges(id: string, before: Value[] = [], after: Value[] = []): string[] {
  const names = (indexes: Value[]) => indexes.map(({ IndexName }) => IndexName as string);
  const [old, next] = [names(before), names(after)];
  return [
    ...next
      .filter((name) => !old.includes(name))
      .map((name) => `+ ${id}: index ${name}, which is filled while the table stays in use`),
    ...old.filter((name) => !next.includes(name)).map((name) => `- ${id}: index ${name}`),
  ];
}

/** Types of resources that are made anew or vanish, counted. */
export function countChanges(before: Resources, after: Resources): string[] {
  const count = (resources: Resources) => {
    const counts = new Map<string, number>();
    for (const { Type } of Object.values(resources)) counts.set(Type, (counts.get(Type) ?? 0) + 1);
    return counts;
  };
  const [old, next] = [count(before), count(after)];
  return [...new Set([...old.keys(), ...next.keys()])].sort().flatMap((type) => {
    const difference = (next.get(type) ?? 0) - (old.get(type) ?? 0);
    return difference === 0 ? [] : [`${difference > 0 ? '+' : ''}${difference} ${type}`];
  });
}
