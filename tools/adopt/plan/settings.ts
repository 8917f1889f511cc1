// The settings in which two deployments differ.
import type { Template, TemplateParameter } from '../template/types.ts';

interface Side {
  readonly template: Template | undefined;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Parameters that locate the code, which aren't settings. */
const OF_CODE = ['CodeBucket', 'CodePrefix'];

/** Settings that are new or gone, and values that change; without the values of secrets. */
export function settingChanges(before: Side, after: Side): string[] {
  const [old, next] = [before.template?.Parameters ?? {}, after.template?.Parameters ?? {}];
  const names = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter(
    (name) => !OF_CODE.includes(name),
  );
  return names.flatMap((name) => {
    const [known, now] = [old[name], next[name]];
    if (now === undefined) return [`- ${name} is gone`];
    const value = valueIn(now, after.parameters[name]);
    if (known === undefined)
      return before.template === undefined ? [] : [`+ ${name} is new: ${shown(now, value)}`];
    const former = valueIn(known, before.parameters[name]);
    return former === value ? [] : [`~ ${name}: ${shown(now, former)} → ${shown(now, value)}`];
  });
}

function valueIn({ Default = '' }: TemplateParameter, given: string | undefined): string {
  return given ?? Default;
}

function shown({ NoEcho }: TemplateParameter, value: string): string {
  if (value === '') return 'not set';
  return NoEcho ? 'a secret' : value;
}
