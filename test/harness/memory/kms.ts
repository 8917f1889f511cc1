import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

type KmsRequest = { KeyId: string; CiphertextBlob?: string } & Record<string, unknown>;

export type LocalKms = {
  /** The operations that were asked for, with their input. */
  requests: { operation: string; input: KmsRequest }[];
  /** Answers that are given instead of the right one, the first one first. */
  instead: ({ status: number; answer: object } | 'no answer')[];
  stop(): void;
};

/**
 * What of KMS's API we use, over HTTP. The ciphertext of a data key says in clear which key and context it is of.
 *
 * @see https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html
 */
export async function startLocalKms(): Promise<LocalKms> {
  const requests: LocalKms['requests'] = [];
  const instead: LocalKms['instead'] = [];

  function answerTo(operation: string, input: KmsRequest): { status: number; answer: object } {
    const { KeyId, EncryptionContext } = input;
    if (operation === 'GenerateDataKey') {
      const Plaintext = randomBytes(32).toString('base64');
      const blob = JSON.stringify({ Plaintext, KeyId, EncryptionContext });
      return {
        status: 200,
        answer: { KeyId, Plaintext, CiphertextBlob: Buffer.from(blob).toString('base64') },
      };
    }
    const { Plaintext, ...sealedFor } = JSON.parse(
      Buffer.from(input.CiphertextBlob ?? '', 'base64').toString(),
    );
    return JSON.stringify(sealedFor) === JSON.stringify({ KeyId, EncryptionContext })
      ? { status: 200, answer: { KeyId, Plaintext } }
      : { status: 400, answer: { __type: 'InvalidCiphertextException' } };
  }

  const server = createServer(async (request, response) => {
    const input: KmsRequest = JSON.parse(await text(request));
    const operation = String(request.headers['x-amz-target']).replace('TrentService.', '');
    requests.push({ operation, input });
    const given = instead.shift() ?? answerTo(operation, input);
    if (given === 'no answer') return;
    const { status, answer } = given;
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  Object.assign(process.env, {
    AWS_ENDPOINT_URL_KMS: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_MAX_ATTEMPTS: '1',
  });
  return {
    requests,
    instead,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
