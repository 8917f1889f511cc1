import { existsSync } from 'node:fs';
import { type Sealing, sealingWith, secretDataKeys } from '../../../lib/tokens/sealing.ts';
import { sealingSecret } from '../../local/sealing-secret.ts';
import { OperatorError } from '../command-line/operator-error.ts';

/** Encrypts under the key in a file: 32 bytes in base64url. If there is no file, one is made that only its owner can read. */
export function newFactorKey(file: string): Sealing {
  const key = Buffer.from(sealingSecret(file), 'base64url');
  if (key.length !== 32)
    throw new OperatorError(`${file} holds no key: it is 32 bytes in base64url, as \`export\` makes it.`);
  return sealingWith(secretDataKeys(key));
}

/** @throws OperatorError when there is no such file, or no key in it */
export function existingFactorKey(file: string): Sealing {
  if (!existsSync(file)) throw new OperatorError(`There is no file ${file}.`);
  return newFactorKey(file);
}
