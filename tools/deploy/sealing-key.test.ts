import { expect, test } from 'vitest';
import { keepSealingKey } from './deployment.ts';

const ARN = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const own = { 'Fn::GetAtt': ['SealingKey', 'Arn'] };
const table = { 'Fn::GetAtt': ['KeysTable', 'Arn'] };

test('a key that is there takes the place of the stack’s own wherever that was named', () => {
  const service = {
    functions: {
      login: {
        iamRoleStatements: [
          { Action: 'kms:Decrypt', Resource: own },
          { Action: 'dynamodb:GetItem', Resource: table },
        ],
      },
      welcome: {},
    },
    provider: { environment: { SEALING_KMS_KEY: own as unknown } },
    resources: {
      Resources: {
        SealingKey: { Type: 'AWS::KMS::Key' },
        SealingKeyAlias: {
          Type: 'AWS::KMS::Alias',
          Properties: { AliasName: 'alias/x', TargetKeyId: { Ref: 'SealingKey' } },
        },
      },
    },
  };
  keepSealingKey(service, ARN);
  expect(JSON.stringify(service)).not.toContain('"SealingKey"');
  expect(service.functions.login.iamRoleStatements).toEqual([
    { Action: 'kms:Decrypt', Resource: ARN },
    { Action: 'dynamodb:GetItem', Resource: table },
  ]);
  expect(service.provider.environment.SEALING_KMS_KEY).toBe(ARN);
  expect(service.resources.Resources.SealingKeyAlias.Properties.TargetKeyId).toBe(ARN);
});
