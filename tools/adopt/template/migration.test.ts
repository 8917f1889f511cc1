import { expect, test } from 'vitest';
import { readService } from '../../deploy/service.ts';
import { type MigratingService, withMigration } from './migration.ts';

const service = (await readService()) as unknown as MigratingService;

/** As the framework writes functions and their roles. */
const template = {
  Resources: Object.fromEntries(
    Object.entries(service.functions).map(([name, { handler }]) => [
      `${name}Function`,
      {
        Type: 'AWS::Lambda::Function',
        Properties: { Handler: handler, Role: { 'Fn::GetAtt': [`${name}Role`, 'Arn'] } },
      },
    ]),
  ),
};

test('with the hook findLegacy three roles may do more: create accounts, and read tombstones', () => {
  const { Resources } = withMigration(template, service);
  const added = Object.entries(Resources).filter(([id]) => !(id in template.Resources));
  expect(Object.fromEntries(added)).toEqual({
    Migrationlogin: policyOf('login', ['createAccounts', 'readTombstones']),
    Migrationresetpassword: policyOf('reset-password', ['createAccounts']),
    Migrationsendmail: policyOf('send-mail', ['readTombstones']),
  });
});

function policyOf(name: string, permissions: string[]) {
  const Statement = permissions.map((permission) => service.custom.may[permission]);
  for (const statement of Statement) expect(statement).toMatchObject({ Effect: 'Allow' });
  return {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'migration',
      Roles: [{ Ref: `${name}Role` }],
      PolicyDocument: { Version: '2012-10-17', Statement },
    },
  };
}

test('a template that lacks a function is refused', () => {
  expect(() => withMigration({ Resources: {} }, service)).toThrow('no role for functions/login.handler');
});
