import { expect, test } from 'vitest';
import type { TemplateResource, Value } from '../template/types.ts';
import { permissionChanges, tableChanges } from './resources.ts';
import { settingChanges } from './settings.ts';

const table = (more: Value = {}): TemplateResource => ({
  Type: 'AWS::DynamoDB::Table',
  DeletionPolicy: 'Retain',
  Properties: {
    TableName: 'gatehouse-prod-users',
    KeySchema: [{ AttributeName: 'userId', KeyType: 'HASH' }],
    ...more,
  },
});

test.each<[string, Record<string, TemplateResource>, Record<string, TemplateResource>, string[]]>([
  ['the same', { T: table() }, { T: table() }, []],
  ['a new table', {}, { T: table() }, ['+ T is new']],
  ['one that is gone and kept', { T: table() }, {}, ['- T is gone: the table is kept, outside the stack']],
  [
    'one that is gone with its rows',
    { T: { ...table(), DeletionPolicy: 'Delete' } },
    {},
    ['- T is gone: THE TABLE IS DELETED WITH ITS ROWS'],
  ],
  [
    'another key',
    { T: table() },
    { T: table({ KeySchema: [] }) },
    ['! T IS REPLACED, WITHOUT ITS ROWS: KeySchema changes'],
  ],
  [
    'a new index',
    { T: table() },
    { T: table({ GlobalSecondaryIndexes: [{ IndexName: 'byEmail' }] }) },
    ['+ T: index byEmail, which is filled while the table stays in use'],
  ],
  [
    'a stream',
    { T: table() },
    { T: table({ StreamSpecification: { StreamViewType: 'NEW_IMAGE' } }) },
    ['~ T: StreamSpecification changes in place'],
  ],
])('tables: %s', (_, before, after, sentences) => {
  expect(tableChanges(before, after)).toEqual(sentences);
});

test('permissions that a function gains and loses, with their conditions', () => {
  const stack = (...Statement: Value[]): Record<string, TemplateResource> => ({
    Login: {
      Type: 'AWS::Lambda::Function',
      Properties: { FunctionName: 'gatehouse-prod-login', Role: { 'Fn::GetAtt': ['Role', 'Arn'] } },
    },
    Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyDocument: { Statement } }] } },
  });
  const get = { Action: 'dynamodb:GetItem', Resource: { 'Fn::GetAtt': ['UsersTable', 'Arn'] } };
  const before = stack(get, { ...get, Action: ['kms:Decrypt'] });
  const after = stack(
    { ...get, Condition: { StringEquals: { a: 'b' } } },
    { ...get, Action: ['kms:Decrypt'] },
  );
  expect(permissionChanges(before, after)).toEqual([
    '+ login: dynamodb:GetItem on UsersTable, where {"StringEquals":{"a":"b"}}',
    '- login: dynamodb:GetItem on UsersTable',
  ]);
  expect(permissionChanges(before, before)).toEqual([]);
});

test('settings that are new, gone or changed, and no secret', () => {
  const type = { Type: 'String' };
  const before = {
    template: {
      Resources: {},
      Parameters: { Old: type, Memory: { ...type, Default: '1' }, Key: { ...type, NoEcho: true } },
    },
    parameters: { Key: 'one' },
  };
  const after = {
    template: {
      Resources: {},
      Parameters: { New: { ...type, Default: 'x' }, Memory: type, Key: { ...type, NoEcho: true } },
    },
    parameters: { Memory: '2', Key: 'two' },
  };
  expect(settingChanges(before, after)).toEqual([
    '- Old is gone',
    '~ Memory: 1 → 2',
    '~ Key: a secret → a secret',
    '+ New is new: x',
  ]);
});
