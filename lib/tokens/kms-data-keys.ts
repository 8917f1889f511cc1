import { DecryptCommand, GenerateDataKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { fromEnv } from '@aws-sdk/credential-provider-env';
import type { DataKeys } from './sealing.ts';

/**
 * Data keys wrapped by a KMS key that never leaves KMS and that only the signing functions' roles may use. CloudTrail
 * records each use with the `kid` as encryption context.
 *
 * @param keyId the KMS key's ARN, or its alias
 * @param client default: with the credentials of a function
 * @see https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
 */
export function kmsDataKeys(keyId: string, client = functionsClient()): DataKeys {
  return {
    async create(kid) {
      const { Plaintext, CiphertextBlob } = await client.send(
        new GenerateDataKeyCommand({ KeyId: keyId, KeySpec: 'AES_256', EncryptionContext: { kid } }),
      );
      if (!Plaintext || !CiphertextBlob) throw new Error('KMS answered without a data key');
      return { dataKey: Plaintext, wrapped: Buffer.from(CiphertextBlob).toString('base64url') };
    },

    async unwrap(wrapped, kid) {
      if (wrapped === undefined) throw new Error('the sealed key was not sealed by KMS');
      const { Plaintext } = await client.send(
        new DecryptCommand({
          KeyId: keyId,
          CiphertextBlob: Buffer.from(wrapped, 'base64url'),
          EncryptionContext: { kid },
        }),
      );
      if (!Plaintext) throw new Error('KMS answered without a data key');
      return Plaintext;
    },
  };
}

function functionsClient(): KMSClient {
  return new KMSClient({
    credentials: fromEnv(),
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
  });
}
