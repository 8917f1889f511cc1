import { expect, test } from 'vitest';
import { withBucketOfClone } from './bucket-of-clone.ts';
import type { Template } from './types.ts';

const packaged: Template = {
  Parameters: { Stage: { Type: 'String' } },
  Resources: { UsersTable: { Type: 'AWS::DynamoDB::Table' } },
  Outputs: { ApiUrl: { Value: 'https://api.example.com' } },
};
const bucket = { Type: 'AWS::S3::Bucket' };
const policy = {
  Type: 'AWS::S3::BucketPolicy',
  Properties: { Bucket: { Ref: 'ServerlessDeploymentBucket' } },
};
const name = { Value: { Ref: 'ServerlessDeploymentBucket' } };

test('a stack of a clone keeps the bucket from which the clone deploys, and nothing else that only it has', () => {
  const deployed: Template = {
    Resources: {
      ServerlessDeploymentBucket: bucket,
      ServerlessDeploymentBucketPolicy: policy,
      UsersTable: { Type: 'AWS::DynamoDB::Table', DeletionPolicy: 'Delete' },
      LoginLambdaVersionAbc: { Type: 'AWS::Lambda::Version' },
    },
    Outputs: { ServerlessDeploymentBucketName: name, ServiceEndpoint: { Value: 'x' } },
  };
  expect(withBucketOfClone(packaged, deployed)).toStrictEqual({
    ...packaged,
    Resources: {
      ...packaged.Resources,
      ServerlessDeploymentBucket: bucket,
      ServerlessDeploymentBucketPolicy: policy,
    },
    Outputs: { ...packaged.Outputs, ServerlessDeploymentBucketName: name },
  });
});

test.each([
  ['a stack of the package', packaged],
  ['no stack', undefined],
])('%s gets no such bucket', (_, deployed) => {
  expect(withBucketOfClone(packaged, deployed)).toStrictEqual(packaged);
});
