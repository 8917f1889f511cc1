import { expect, test } from 'vitest';
import { type DeployedService, grantPermissions } from './deployment.ts';

const custom = { may: { read: { Action: 'dynamodb:GetItem' }, create: { Action: 'dynamodb:PutItem' } } };

function granted(hooks: string[], function_: DeployedService['functions'][string]) {
  const service = { custom, functions: { login: function_ } } as unknown as DeployedService;
  grantPermissions(service, hooks);
  return service.functions.login?.iamRoleStatements;
}

test('only with the hook findLegacy may a function what migration needs', () => {
  const login = () => ({ may: ['read'], mayMigrate: ['create'] });
  expect(granted([], login())).toEqual([custom.may.read]);
  expect(granted(['claims'], login())).toEqual([custom.may.read]);
  expect(granted(['claims', 'findLegacy'], login())).toEqual([custom.may.read, custom.may.create]);
});

test('a function without permissions has a role that allows nothing', () => {
  expect(granted(['findLegacy'], {})).toEqual([]);
});

test('a permission that is nowhere written down is refused by its name', () => {
  expect(() => granted([], { may: ['fly'] })).toThrow('login may fly, which');
});
