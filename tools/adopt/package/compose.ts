// One template with conditions, from the templates that the framework makes with everything on and with one thing off at a
// time: what differs depends on that thing.
import { isDeepStrictEqual as equal } from 'node:util';
import { isIntrinsic, isMap, type Template, type TemplateResource, type Value } from '../template/types.ts';

/** What the framework made without one thing. */
export interface Without {
  /** The condition under which the feature is on. */
  readonly condition: string;
  readonly template: Template;
}

const NO_VALUE = { Ref: 'AWS::NoValue' };

/** @returns the template with everything on, in which whatever one of the others lacks or has otherwise is conditional */
export function compose(full: Template, others: readonly Without[]): Template {
  const conditions: Record<string, Value> = { ...full.Conditions };
  const ids = new Set(
    [full, ...others.map(({ template }) => template)].flatMap((each) => Object.keys(each.Resources)),
  );
  const resources = [...ids].map((id) => {
    const { resource, needs } = composeResource(full.Resources[id], id, others);
    return [id, { ...resource, ...conditionOf(needs, conditions) }] as const;
  });
  const outputs = mergeValue(
    full.Outputs,
    others.map(({ condition, template }) => ({ condition, value: template.Outputs })),
  );
  const composed = waitOnConditions(Object.fromEntries(resources));
  return { ...full, Conditions: conditions, Resources: composed, Outputs: outputs };
}

type Resources = Readonly<Record<string, TemplateResource>>;

/**
 * What is always made cannot depend on what isn't: it depends on a handle, which refers to that on condition. (A handle is
 * nothing but a name, and costs nothing.)
 */
function waitOnConditions(resources: Resources): Resources {
  const handles: Record<string, TemplateResource> = {};
  const waiting = Object.entries(resources).map(([id, resource]) => {
    const dependsOn = [resource.DependsOn ?? []].flat();
    const conditional = dependsOn.filter((other) => {
      const condition = resources[other]?.Condition;
      return condition !== undefined && condition !== resource.Condition;
    });
    if (conditional.length === 0) return [id, resource] as const;
    const handle = `${id}Waits`;
    const refs = conditional.map((other) => ({
      'Fn::If': [resources[other]?.Condition, { Ref: other }, NO_VALUE],
    }));
    handles[handle] = { Type: 'AWS::CloudFormation::WaitConditionHandle', Metadata: { For: refs } };
    const others = dependsOn.filter((other) => !conditional.includes(other));
    return [id, { ...resource, DependsOn: [...others, handle] }] as const;
  });
  return { ...Object.fromEntries(waiting), ...handles };
}

function composeResource(known: TemplateResource | undefined, id: string, others: readonly Without[]) {
  if (known === undefined) {
    const [only, ...more] = others.filter(({ template }) => id in template.Resources);
    if (only === undefined || more.length > 0)
      throw new Error(`${id} is there without any of several things.`);
    return { resource: only.template.Resources[id], needs: [`!${only.condition}`] };
  }
  const without = others.filter(({ template }) => !(id in template.Resources));
  const differing = others.flatMap(({ condition, template }) => {
    const value = template.Resources[id];
    return value === undefined ? [] : [{ condition, value: value as Value }];
  });
  const { DependsOn, ...rest } = known;
  const resource = mergeValue(
    rest,
    differing.map(({ condition, value: { DependsOn: _, ...value } }) => ({ condition, value })),
  );
  // To depend on what isn't made is allowed, and means nothing.
  const all = [DependsOn, ...differing.map(({ value }) => value.DependsOn)].flat();
  const dependsOn = [...new Set(all.filter((other): other is string => other !== undefined))];
  return {
    resource: { ...resource, ...(dependsOn.length > 0 && { DependsOn: dependsOn }) },
    needs: [known.Condition ?? [], without.map(({ condition }) => condition)].flat(),
  };
}

/** A resource has one condition: several are one that needs them all, which is added. */
function conditionOf(needs: readonly string[], conditions: Record<string, Value>): { Condition?: string } {
  const [first, ...more] = needs;
  if (first === undefined) return {};
  const written = needs.map((need) =>
    need.startsWith('!') ? { 'Fn::Not': [{ Condition: need.slice(1) }] } : { Condition: need },
  );
  const name = needs.map((need) => need.replace(/^!/, 'Not')).join('And');
  if (more.length > 0) conditions[name] = { 'Fn::And': written };
  else if (first.startsWith('!')) conditions[name] = written[0];
  return { Condition: name };
}

interface Alternative {
  readonly condition: string;
  readonly value: Value;
}

/** `undefined` is what isn't there. */
function mergeValue(full: Value, all: readonly Alternative[]): Value {
  const others = all.filter(({ value }) => !equal(value, full));
  if (others.length === 0) return full;
  const values = [full, ...others.map(({ value }) => value)];
  if (values.every((value) => isMap(value) && !isIntrinsic(value))) return mergeMaps(full, others);
  if (values.every(Array.isArray)) {
    const lists = mergeLists(full, others);
    if (lists !== undefined) return lists;
  }
  return others.reduceRight(
    (on, { condition, value }) => ({ 'Fn::If': [condition, on ?? NO_VALUE, value ?? NO_VALUE] }),
    full,
  );
}

function mergeMaps(full: Value, others: readonly Alternative[]): Value {
  const keys = new Set([full, ...others.map(({ value }) => value)].flatMap(Object.keys));
  const merged = [...keys].map((key) => [
    key,
    mergeValue(
      full[key],
      others.map(({ condition, value }) => ({ condition, value: value[key] })),
    ),
  ]);
  return Object.fromEntries(merged);
}

/** Where the others only lack elements, or have as many. @returns undefined otherwise */
function mergeLists(full: readonly Value[], others: readonly Alternative[]): Value[] | undefined {
  if (others.every(({ value }) => value.length === full.length))
    return full.map((element, place) =>
      mergeValue(
        element,
        others.map(({ condition, value }) => ({ condition, value: value[place] })),
      ),
    );
  const kept = others.map(({ condition, value }) => ({ condition, places: placesIn(full, value) }));
  if (kept.some(({ places }) => places === undefined)) return undefined;
  return full.map((element, place) =>
    kept
      .filter(({ places }) => !places?.has(place))
      .reduceRight((on: Value, { condition }) => ({ 'Fn::If': [condition, on, NO_VALUE] }), element),
  );
}

/** At which places of `full` the elements of `part` stand, in their order; `undefined` if one doesn't. */
function placesIn(full: readonly Value[], part: readonly Value[]): ReadonlySet<number> | undefined {
  const places = new Set<number>();
  let next = 0;
  for (const [place, element] of full.entries()) {
    if (next < part.length && equal(element, part[next])) {
      places.add(place);
      next += 1;
    }
  }
  return next === part.length ? places : undefined;
}
