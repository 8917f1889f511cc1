// The wire contract in short, from the OpenAPI document: what may be sent, and what comes back. The packaged template
// carries it, so that a later version can say what it changes.
import type { Value } from '../template/types.ts';

interface OperationContract {
  /** The fields of the body and the parameters; those with a `!` must be sent. */
  readonly takes: readonly string[];
  /** By status: the members of the answer. */
  readonly answers: Readonly<Record<string, readonly string[]>>;
}

/** By `POST /auth/login`. */
export type Contract = Readonly<Record<string, OperationContract>>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** @param document OpenAPI 3.1, parsed */
export function contractOf(document: Value): Contract {
  const operations = Object.entries<Value>(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method] !== undefined).map((method) => [
      `${method.toUpperCase()} ${path}`,
      operationOf(item[method], document),
    ]),
  );
  return Object.fromEntries(operations);
}

function operationOf(operation: Value, document: Value): OperationContract {
  const parameters = (operation.parameters ?? []).map((each: Value) => {
    const { name, in: place, required } = follow(each, document);
    return `${place} ${name}${required ? '!' : ''}`;
  });
  const { content = {} } = follow(operation.requestBody ?? {}, document);
  const answers = Object.entries<Value>(operation.responses ?? {}).map(([status, response]) => [
    status,
    membersOf(follow(response, document).content ?? {}, document).map((member) => member.replace(/!$/, '')),
  ]);
  return {
    takes: [...new Set([...parameters, ...membersOf(content, document)])].sort(),
    answers: Object.fromEntries(answers),
  };
}

/** Of bodies of every media type. */
function membersOf(content: Value, document: Value): string[] {
  const all = Object.values<Value>(content).flatMap(({ schema = {} }) => members(schema, document));
  return [...new Set(all)].sort();
}

function members(schema: Value, document: Value): string[] {
  const { properties = {}, required = [], allOf = [], oneOf = [], anyOf = [] } = follow(schema, document);
  const own = Object.keys(properties).map((name) => (required.includes(name) ? `${name}!` : name));
  const together = allOf.flatMap((part: Value) => members(part, document));
  // Of several shapes a member must be sent only if it must in each.
  const shapes = [...oneOf, ...anyOf].map((part: Value) => members(part, document));
  const either = shapes.flat().map((member) => {
    const always = shapes.every((shape) => shape.includes(member));
    return always ? member : member.replace(/!$/, '');
  });
  return [...own, ...together, ...either];
}

function follow(value: Value, document: Value): Value {
  if (typeof value?.$ref !== 'string') return value ?? {};
  const path = value.$ref.replace(/^#\//, '').split('/');
  const target = path.reduce(
    (place: Value, name: string) => place?.[name.replaceAll('~1', '/').replaceAll('~0', '~')],
    document,
  );
  return follow(target, document);
}

export interface ContractChange {
  readonly sentence: string;
  /** Whether a client that was right before may be wrong now. */
  readonly breaks: boolean;
}

/** What clients of the one notice of the other. */
export function contractChanges(before: Contract, after: Contract): ContractChange[] {
  const changes: ContractChange[] = [];
  const note = (sentence: string, breaks = false) => changes.push({ sentence, breaks });
  for (const name of Object.keys(before)) if (!(name in after)) note(`${name} is gone`, true);
  for (const [name, operation] of Object.entries(after)) {
    const known = before[name];
    if (known === undefined) note(`${name} is new`);
    else changes.push(...operationChanges(name, known, operation));
  }
  return changes;
}

function operationChanges(
  name: string,
  before: OperationContract,
  after: OperationContract,
): ContractChange[] {
  const bare = (member: string) => member.replace(/!$/, '');
  const has = (members: readonly string[], member: string) => members.map(bare).includes(bare(member));
  const taken = after.takes.flatMap((member): ContractChange[] => {
    if (!has(before.takes, member))
      return member.endsWith('!')
        ? [{ sentence: `${name} needs ${bare(member)}`, breaks: true }]
        : [{ sentence: `${name} takes ${member}`, breaks: false }];
    const isNewDemand = member.endsWith('!') && !before.takes.includes(member);
    return isNewDemand ? [{ sentence: `${name} needs ${bare(member)}`, breaks: true }] : [];
  });
  const ignored = before.takes
    .filter((member) => !has(after.takes, member))
    .map((member) => ({ sentence: `${name} takes ${bare(member)} no more`, breaks: true }));
  const statuses = Object.keys({ ...before.answers, ...after.answers });
  const answers = statuses.flatMap((status) =>
    answerChanges(`${name} → ${status}`, before.answers[status], after.answers[status]),
  );
  return [...taken, ...ignored, ...answers];
}

function answerChanges(
  name: string,
  before: readonly string[] | undefined,
  after: readonly string[] | undefined,
): ContractChange[] {
  if (before === undefined) return [{ sentence: `${name} is new`, breaks: false }];
  if (after === undefined) return [{ sentence: `${name} is gone`, breaks: name.includes('→ 2') }];
  const gone = before.filter((member) => !after.includes(member));
  const added = after.filter((member) => !before.includes(member));
  return [
    ...gone.map((member) => ({ sentence: `${name} has ${member} no more`, breaks: true })),
    ...added.map((member) => ({ sentence: `${name} has ${member}`, breaks: false })),
  ];
}
