import * as v from 'valibot';
import type { LoggedIn } from '../../core/admit.ts';
import type { Bearer } from '../../core/authenticate.ts';
import type { Language } from '../../core/language.ts';
import { type PasskeyLogInRequest, passkeyLogInFields } from '../../core/log-in-by-passkey.ts';
import {
  type ManagePasskeyRequest,
  removePasskeyFields,
  renamePasskeyFields,
} from '../../core/manage-passkeys.ts';
import { CHALLENGE_MS, PASSKEY_ALGORITHMS, type Passkey } from '../../core/passkeys.ts';
import {
  type RegisterPasskeyRequest,
  type RegistrationOffer,
  registerPasskeyFields,
} from '../../core/register-passkey.ts';
import { userHandleOf } from '../../core/user-handle.ts';
import type { Operation } from '../../http/operation.ts';
import { text } from '../answer-parts.ts';
import * as examples from '../examples.ts';
import { auth, type Done, done, fromHolder, message, written, writtenOrNull } from './dialect.ts';
import { loggedIn, writeLoggedIn } from './sessions.ts';

/** The relying party: its host and the name that browsers show. */
type RelyingPartyName = { rp: { id: string; name: string } };

const challenge = text('Can be used once, within five minutes.', 'AZrGq0p4…');
const timeout = v.pipe(v.number(), v.integer(), v.description('Milliseconds.'));
const publicKey = v.literal('public-key');
const credentialId = text('The id of a credential, base64url.', 'k3J9…');

const creationOptions = v.pipe(
  v.object({
    rp: v.object({
      id: text('The host that passkeys belong to.', 'app.example.com'),
      name: text('For people.'),
    }),
    user: v.object({
      id: text('The user handle, base64url. It contains no personal data.'),
      name: text('The email address.', 'ada@example.com'),
      displayName: text('The name.', 'Ada Lovelace'),
    }),
    challenge,
    pubKeyCredParams: v.array(v.object({ type: publicKey, alg: v.picklist(PASSKEY_ALGORITHMS) })),
    timeout,
    excludeCredentials: v.pipe(
      v.array(v.object({ type: publicKey, id: credentialId, transports: v.array(v.string()) })),
      v.description('The passkeys that the account already has.'),
    ),
    authenticatorSelection: v.object({
      residentKey: v.literal('required'),
      requireResidentKey: v.literal(true),
      userVerification: v.literal('required'),
    }),
    attestation: v.literal('none'),
    extensions: v.object({ credProps: v.literal(true) }),
  }),
  v.title('PasskeyCreationOptions'),
  v.description(
    'PublicKeyCredentialCreationOptionsJSON, for `PublicKeyCredential.parseCreationOptionsFromJSON()`.',
  ),
);

export const passkeyOptions: Operation<
  Bearer,
  RegistrationOffer & RelyingPartyName,
  v.InferOutput<typeof creationOptions>
> = {
  id: 'authPasskeyOptions',
  dialect: auth,
  route: 'POST /auth/passkeys/options',
  metric: 'AccountRequests',
  summary: 'Begin to add a passkey',
  description:
    'Returns what a browser needs to create a passkey. The access token must show a proof from the last five minutes, at the highest level that the account can reach.',
  takes: { accessToken: ['bearer'] },
  input: ({ accessToken }, { client }) => ({ accessToken, client }),
  problems: [
    'missing-access-token',
    'invalid-access-token',
    ...examples.freshStepUpsRequired,
    'factor-limit',
    'throttled',
  ],
  success: {
    body: creationOptions,
    example: {
      rp: { id: 'app.example.com', name: 'Example' },
      user: { ...examples.profile, status: 'active', credentialVersion: 1, createdAt: 0 },
      challenge: 'AZrGq0p4…',
      existing: [],
    },
  },
  write: ({ rp, user, challenge, existing }) => ({
    status: 200,
    body: {
      rp,
      user: { id: userHandleOf(user.userId).toString('base64url'), name: user.email, displayName: user.name },
      challenge,
      pubKeyCredParams: PASSKEY_ALGORITHMS.map((alg) => ({ type: 'public-key' as const, alg })),
      timeout: CHALLENGE_MS,
      excludeCredentials: existing.map(({ credentialId: id, transports }) => ({
        type: 'public-key' as const,
        id,
        transports: [...transports],
      })),
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
      attestation: 'none',
      extensions: { credProps: true },
    },
  }),
};

const time = v.pipe(v.string(), v.isoTimestamp());

const added = v.pipe(
  v.object({
    message,
    passkey: v.object({
      factorId: text('The id of the passkey in the account.'),
      type: v.literal('passkey'),
      name: v.nullable(text('As it was sent; `null` if none was.', 'My phone')),
      createdAt: time,
      lastUsedAt: v.nullable(time),
    }),
  }),
  v.title('AuthPasskeyAdded'),
);

export const registerPasskey: Operation<RegisterPasskeyRequest, Passkey, v.InferOutput<typeof added>> = {
  id: 'authAddPasskey',
  dialect: auth,
  route: 'POST /auth/passkeys',
  metric: 'AccountRequests',
  summary: 'Add a passkey',
  description:
    'Adds the passkey that a browser created for a challenge of this session. An account can have ten passkeys. The access token must show the highest level that the account can reach.',
  takes: { accessToken: ['bearer'], body: { fields: registerPasskeyFields } },
  input: fromHolder,
  problems: [
    'missing-access-token',
    'invalid-access-token',
    { code: 'step-up-required', acrValues: ['aal2'] },
    'invalid-fields',
    'invalid-passkey',
    'factor-limit',
    'throttled',
  ],
  success: {
    body: added,
    example: {
      ...{
        factorId: 'sYBkXmhK0X8sLcVH9Q0bW7m0b0lOaDqgpU1K2vQ3rTs',
        name: 'My phone',
        lastUsedAt: null,
        uses: 0,
      },
      ...{ credentialId: 'k3J9…', algorithm: -7, publicKey: { kty: 'EC', crv: 'P-256', x: '', y: '' } },
      ...{ counter: 0, backupEligible: true, backedUp: true, transports: [], createdAt: 1_768_392_000_000 },
    },
  },
  write: ({ factorId, name, createdAt, lastUsedAt }) => ({
    status: 201,
    body: {
      message: 'The passkey was added.',
      passkey: {
        ...{ factorId, type: 'passkey', name, createdAt: written(createdAt) },
        lastUsedAt: writtenOrNull(lastUsedAt),
      },
    },
  }),
};

export const renamePasskey: Operation<ManagePasskeyRequest, void, Done> = {
  id: 'authRenamePasskey',
  dialect: auth,
  route: 'POST /auth/passkeys/rename',
  metric: 'AccountRequests',
  summary: 'Rename a passkey',
  description: 'Gives a passkey another name. A passkey that the account does not have gets the same answer.',
  takes: { accessToken: ['bearer'], body: { fields: renamePasskeyFields } },
  input: ({ accessToken, body }, { client }) => ({ accessToken, client, body }),
  problems: ['missing-access-token', 'invalid-access-token', 'invalid-fields', 'throttled'],
  success: { body: done, example: undefined },
  write: () => ({ status: 200, body: { message: 'The passkey was renamed.' } }),
};

const removed = v.pipe(
  v.object({
    message,
    accepted: v.pipe(
      v.array(credentialId),
      v.description('The remaining credentials, for `PublicKeyCredential.signalAllAcceptedCredentials()`.'),
    ),
  }),
  v.title('AuthPasskeyRemoved'),
);

export const removePasskey: Operation<
  ManagePasskeyRequest & { language: Language },
  string[],
  v.InferOutput<typeof removed>
> = {
  id: 'authRemovePasskey',
  dialect: auth,
  route: 'POST /auth/passkeys/remove',
  metric: 'AccountRequests',
  summary: 'Remove a passkey',
  description:
    'Removes the passkey and ends every session that it opened. A passkey that the account does not have gets the same answer. The access token must show a proof from the last five minutes, at the highest level that the account can reach.',
  takes: { accessToken: ['bearer'], body: { fields: removePasskeyFields } },
  input: fromHolder,
  problems: [
    'missing-access-token',
    'invalid-access-token',
    ...examples.freshStepUpsRequired,
    'invalid-fields',
    'throttled',
  ],
  success: { body: removed, example: ['k3J9…'] },
  write: (accepted) => ({ status: 200, body: { message: 'The passkey was removed.', accepted } }),
};

const requestOptions = v.pipe(
  v.object({
    challenge,
    timeout,
    rpId: text('The host that passkeys belong to.', 'app.example.com'),
    allowCredentials: v.pipe(
      v.array(v.never()),
      v.description('Empty: the browser offers every passkey that it has for this host.'),
    ),
    userVerification: v.literal('required'),
  }),
  v.title('PasskeyRequestOptions'),
  v.description(
    'PublicKeyCredentialRequestOptionsJSON, for `PublicKeyCredential.parseRequestOptionsFromJSON()`.',
  ),
);

export const passkeyLogInOptions: Operation<
  undefined,
  { challenge: string } & RelyingPartyName,
  v.InferOutput<typeof requestOptions>
> = {
  id: 'authPasskeyLogInOptions',
  dialect: auth,
  route: 'POST /auth/login/passkey/options',
  metric: 'AccountRequests',
  summary: 'Begin to log in with a passkey',
  description:
    'Returns what a browser needs to ask for a passkey, the same for every user. The challenge can also be used for a step-up.',
  takes: {},
  input: () => undefined,
  problems: [],
  success: {
    body: requestOptions,
    example: { rp: { id: 'app.example.com', name: 'Example' }, challenge: 'AZrGq0p4…' },
  },
  write: ({ rp, challenge }) => ({
    status: 200,
    body: {
      challenge,
      timeout: CHALLENGE_MS,
      rpId: rp.id,
      allowCredentials: [],
      userVerification: 'required',
    },
  }),
};

export const logInByPasskey: Operation<PasskeyLogInRequest, LoggedIn, v.InferOutput<typeof loggedIn>> = {
  id: 'authPasskeyLogIn',
  dialect: auth,
  route: 'POST /auth/login/passkey',
  metric: 'LogIns',
  summary: 'Log in with a passkey',
  description:
    'Opens a session of the level `aal2`. The code `unknown-credential` means that no account has the passkey; the browser may then forget it.',
  takes: { body: { fields: passkeyLogInFields } },
  input: ({ fields }, { client, language, device }) => ({ fields, client, language, device }),
  problems: ['invalid-fields', 'unknown-credential', 'wrong-credentials', 'throttled', 'hook-failed'],
  success: { body: loggedIn, example: examples.loggedIn },
  write: writeLoggedIn,
};
