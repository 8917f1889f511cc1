// The packaged template's roles allow only what the packaged code does. With the hook findLegacy three roles need more.
import { isMap, type Template, type TemplateResource } from './types.ts';

/** What the resolved serverless.yml says of it. */
export interface MigratingService {
  readonly functions: Readonly<
    Record<string, { readonly handler: string; readonly mayMigrate?: readonly string[] }>
  >;
  readonly custom: { readonly may: Readonly<Record<string, object | undefined>> };
}

/** The template with a policy for each function that takes part in migration. @throws Error for a function without a role */
export function withMigration(template: Template, { functions, custom }: MigratingService): Template {
  const policies = Object.entries(functions).flatMap(([name, { handler, mayMigrate = [] }]) => {
    if (mayMigrate.length === 0) return [];
    const role = roleOf(template, handler);
    const Statement = mayMigrate.map((permission) => custom.may[permission]);
    const policy: TemplateResource = {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'migration',
        Roles: [{ Ref: role }],
        PolicyDocument: { Version: '2012-10-17', Statement },
      },
    };
    return [[`Migration${name.replaceAll('-', '')}`, policy] as const];
  });
  return { ...template, Resources: { ...template.Resources, ...Object.fromEntries(policies) } };
}

function roleOf({ Resources }: Template, handler: string): string {
  for (const { Type, Properties = {} } of Object.values(Resources)) {
    if (Type !== 'AWS::Lambda::Function' || Properties.Handler !== handler) continue;
    const [role] = isMap(Properties.Role)
      ? ((Properties.Role['Fn::GetAtt'] as [string] | undefined) ?? [])
      : [];
    if (role !== undefined) return role;
  }
  throw new Error(`The packaged template has no role for ${handler}.`);
}
