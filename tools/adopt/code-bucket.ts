// The bucket from which Lambda takes the code and CloudFormation the template.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { Code } from './code.ts';

/** Makes a private bucket that allows only TLS. @returns its name */
export async function makeCodeBucket(client: S3Client, region: string): Promise<string> {
  const name = `gatehouse-code-${randomBytes(8).toString('hex')}`;
  const LocationConstraint = region as BucketLocationConstraint;
  await client.send(
    new CreateBucketCommand({
      Bucket: name,
      // us-east-1 is where a bucket is made that names no place, and cannot be named.
      ...(region !== 'us-east-1' && { CreateBucketConfiguration: { LocationConstraint } }),
    }),
  );
  await client.send(
    new PutPublicAccessBlockCommand({
      Bucket: name,
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    }),
  );
  const arn = `arn:${partitionOf(region)}:s3:::${name}`;
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  });
  await client.send(new PutBucketPolicyCommand({ Bucket: name, Policy }));
  return name;
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** Uploads the files that the bucket doesn't have yet. The prefix differs for different code. */
export async function uploadCode(client: S3Client, bucket: string, code: Code): Promise<void> {
  for (const file of code.files) {
    const place = { Bucket: bucket, Key: `${code.prefix}${file}` };
    const isThere = await client.send(new HeadObjectCommand(place)).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    await client.send(new PutObjectCommand({ ...place, Body: readFileSync(`${code.folder}${file}`) }));
  }
}

/** Uploads a template. @returns its URL, as CloudFormation wants it */
export async function uploadTemplate(
  client: S3Client,
  { bucket, region, key, text }: { bucket: string; region: string; key: string; text: string },
): Promise<string> {
  await client.send(
    new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType: 'application/json' }),
  );
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
  return `https://${bucket}.s3.${region}.${domain}/${key}`;
}
