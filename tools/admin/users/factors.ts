// The second factors of a user in a row of a file: `factors`, an object.
import { createPublicKey } from 'node:crypto';
import * as v from 'valibot';
import type { Totp, TotpSealing } from '../../../lib/core/factors.ts';
import { factorName } from '../../../lib/core/fields.ts';
import { factorIdOf, MAX_PASSKEYS, PASSKEY_ALGORITHMS, type Passkey } from '../../../lib/core/passkeys.ts';
import { ProblemError } from '../../../lib/core/problem.ts';
import type { StoredFactors } from '../../../lib/core/stored-factors.ts';
import { readTotpSecret, writeTotpSecret } from '../../../lib/core/totp.ts';
import type { Sealing } from '../../../lib/tokens/sealing.ts';
import { RefusedRow } from './refused-row.ts';

/** Opens the secrets of authenticator apps, and seals them for the stage. */
export type FactorSecrets = {
  /** The stage's own. */
  stage: TotpSealing;
  /** Under the key that an operator keeps, where there is one. */
  key?: Sealing | undefined;
};

/** How an export writes the secrets: as they are in the table, under the operator's key, or in clear. */
export type SecretForm = 'sealed' | 'encrypted' | 'plain';

/** What a row says of a user's factors. Times are ISO 8601. @throws ProblemError `unavailable` */
export async function writeFactors(
  userId: string,
  { totp, recoveryCodes, passkeys }: StoredFactors,
  form: SecretForm,
  secrets: FactorSecrets,
): Promise<object> {
  return {
    ...(totp && { totp: await writeTotp(userId, totp, form, secrets) }),
    ...(recoveryCodes && {
      recoveryCodes: {
        hashes: recoveryCodes.hashes.toSorted(),
        createdAt: written(recoveryCodes.createdAt),
      },
    }),
    ...(passkeys.length > 0 && { passkeys: passkeys.toSorted(byAge).map(writePasskey) }),
  };
}

async function writeTotp(
  userId: string,
  { id, name, sealedSecret, lastStep, createdAt, lastUsedAt }: Totp,
  form: SecretForm,
  { stage, key }: FactorSecrets,
): Promise<object> {
  const open = async () => writeTotpSecret(await stage.unseal(sealedSecret, { userId, id }));
  const secret = {
    sealed: async () => ({ sealedSecret }),
    encrypted: async () => ({ encryptedSecret: await key?.seal(await open(), kidOf(userId, id)) }),
    plain: async () => ({ secret: await open() }),
  }[form];
  const times = { createdAt: written(createdAt), lastUsedAt: written(lastUsedAt) };
  return { id, name, ...(await secret()), lastStep, ...times };
}

/** Binds an encrypted secret to its owner, so that it can't be swapped for another. */
const kidOf = (userId: string, id: string) => `${userId}/${id}`;

const byAge = (one: Passkey, other: Passkey) =>
  one.createdAt - other.createdAt || one.factorId.localeCompare(other.factorId);

function writePasskey(passkey: Passkey): object {
  const { credentialId, algorithm, counter, backupEligible, backedUp, transports } = passkey;
  const publicKey = Object.entries(passkey.publicKey).toSorted(([one], [other]) => one.localeCompare(other));
  return {
    ...{ credentialId, algorithm, publicKey: Object.fromEntries(publicKey) },
    ...{ counter, backupEligible, backedUp, transports },
    name: passkey.name,
    createdAt: written(passkey.createdAt),
    lastUsedAt: passkey.lastUsedAt === null ? null : written(passkey.lastUsedAt),
  };
}

const written = (time: number) => new Date(time).toISOString();

const time = v.pipe(
  v.string(),
  v.isoTimestamp(),
  v.transform((text) => Date.parse(text)),
  v.number(),
);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const base64url = (least: number, most: number) =>
  v.pipe(
    v.string(),
    v.check((text) => {
      const bytes = Buffer.from(text, 'base64url');
      return bytes.toString('base64url') === text && bytes.length >= least && bytes.length <= most;
    }),
  );
const uuid = v.pipe(v.string(), v.uuid());

const totpInFile = v.strictObject({
  id: uuid,
  name: factorName,
  sealedSecret: v.optional(v.string()),
  encryptedSecret: v.optional(v.string()),
  secret: v.optional(v.string()),
  lastStep: v.optional(count, 0),
  createdAt: time,
  lastUsedAt: time,
});

const publicKey = v.pipe(
  v.variant('kty', [
    v.strictObject({ kty: v.literal('EC'), crv: v.literal('P-256'), x: v.string(), y: v.string() }),
    v.strictObject({ kty: v.literal('OKP'), crv: v.literal('Ed25519'), x: v.string() }),
    v.strictObject({ kty: v.literal('RSA'), n: v.string(), e: v.string() }),
  ]),
  v.check((key) => {
    try {
      return createPublicKey({ key, format: 'jwk' }).type === 'public';
    } catch {
      return false;
    }
  }),
);

/** The key type of each algorithm. */
const KEY_TYPES = { [-7]: 'EC', [-8]: 'OKP', [-257]: 'RSA' } as const;

const passkeyInFile = v.pipe(
  v.strictObject({
    credentialId: base64url(1, 1_023),
    algorithm: v.picklist(PASSKEY_ALGORITHMS),
    publicKey,
    counter: v.pipe(count, v.maxValue(0xffff_ffff)),
    backupEligible: v.boolean(),
    backedUp: v.boolean(),
    transports: v.pipe(v.array(v.string()), v.maxLength(10)),
    name: factorName,
    createdAt: time,
    lastUsedAt: v.nullable(time),
  }),
  v.check(({ algorithm, publicKey: { kty } }) => KEY_TYPES[algorithm] === kty),
);

const factorsInFile = v.strictObject({
  totp: v.optional(totpInFile),
  recoveryCodes: v.optional(
    v.strictObject({ hashes: v.pipe(v.array(base64url(32, 32)), v.maxLength(10)), createdAt: time }),
  ),
  passkeys: v.optional(v.pipe(v.array(passkeyInFile), v.maxLength(MAX_PASSKEYS)), []),
});

type TotpInFile = v.InferOutput<typeof totpInFile>;

/**
 * Reads what a row says of a user's factors, and seals the secret of an app for the stage.
 *
 * @throws RefusedRow for what no export wrote, and for a secret that can't be opened: a user must not come without the factors
 * that they rely on. It repeats no value.
 * @throws ProblemError `unavailable`
 */
export async function readFactors(
  value: unknown,
  userId: string,
  secrets: FactorSecrets,
): Promise<StoredFactors> {
  const read = v.safeParse(factorsInFile, value, { abortEarly: true });
  if (!read.success) {
    const path = read.issues[0].path?.map(({ key }) => String(key)).filter((key) => /^\w{1,20}$/.test(key));
    throw new RefusedRow(`${['factors', ...(path ?? [])].join('.')}: not as an export writes it.`);
  }
  const { totp, recoveryCodes, passkeys } = read.output;
  const added = passkeys.map((one) => ({ ...one, factorId: factorIdOf(one.credentialId), uses: 0 }));
  if (totp === undefined && added.length === 0)
    throw new RefusedRow('factors: neither an authenticator app nor a passkey.');
  if (new Set(added.map(({ factorId }) => factorId)).size < added.length)
    throw new RefusedRow('factors.passkeys: one passkey is there twice.');
  return {
    ...(totp && { totp: await readTotp(userId, totp, secrets) }),
    ...(recoveryCodes && { recoveryCodes }),
    passkeys: added,
  };
}

async function readTotp(userId: string, given: TotpInFile, { stage, key }: FactorSecrets): Promise<Totp> {
  const { sealedSecret, encryptedSecret, secret, ...totp } = given;
  const owner = { userId, id: totp.id };
  const forms = [sealedSecret, encryptedSecret, secret].filter((one) => one !== undefined);
  if (forms.length !== 1)
    throw new RefusedRow('factors.totp: exactly one of sealedSecret, encryptedSecret and secret.');
  if (sealedSecret !== undefined) {
    await opened(stage.unseal(sealedSecret, owner), OTHER_STAGE);
    return { ...totp, sealedSecret };
  }
  const text = secret ?? (await decrypted(encryptedSecret as string, kidOf(userId, totp.id), key));
  const bytes = readTotpSecret(text);
  if (bytes === undefined) throw new RefusedRow('factors.totp.secret: not 10 to 64 bytes in base32.');
  return { ...totp, sealedSecret: await stage.seal(bytes, owner) };
}

const OTHER_STAGE =
  'factors.totp.sealedSecret: sealed by another stage; export with --factor-key and give the same key here.';

function decrypted(text: string, kid: string, key: Sealing | undefined): Promise<string> {
  if (key === undefined)
    throw new RefusedRow('factors.totp.encryptedSecret: give the key of the export with --factor-key.');
  return opened(key.unseal(text, kid), 'factors.totp.encryptedSecret: encrypted under another key.');
}

/** @throws RefusedRow with this reason when it can't be opened, which an outage doesn't say */
async function opened<T>(opening: Promise<T>, reason: string): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new RefusedRow(reason);
  }
}
