import { asker, withoutTokens } from './ask.ts';
import { type Client, type LogIn, seam } from './client.ts';
import { noSession } from './gatehouse-error.ts';
import { contentOf, type Fields, MESSAGE, USER } from './post.ts';

export type Factor = {
  factorId: string;
  type: 'totp' | 'passkey';
  name: string | null;
  /** Times are ISO 8601 in UTC. */
  createdAt: string;
  lastUsedAt: string | null;
};

export type Account = {
  user: {
    userId: string;
    name: string;
    bio: string | null;
    email: string;
    emailVerified: boolean;
    roles: string[];
    createdAt: string | null;
    passwordChangedAt: string | null;
  };
  /** Active ones only. */
  factors: Factor[];
  /** `null` without recovery codes. */
  recoveryCodesLeft: number | null;
};

export type Session = {
  sessionId: string;
  /** Such as `Firefox on Windows`. */
  device: string | null;
  createdAt: string;
  lastUsedAt: string;
  expiresAt: string;
  acr: 'aal1' | 'aal2';
  /** Whether this session made the request. */
  current: boolean;
};

/** Everything kept about the holder, without secrets. */
export type AccountExport = Omit<Account, 'recoveryCodesLeft'> & { sessions: Fields[]; activity: unknown };

/**
 * What a passkey answers to a challenge: `toJSON()` of the browser's PublicKeyCredential.
 * @see WebAuthn Level 3, AuthenticationResponseJSON
 */
export type PasskeyAnswer = {
  id: string;
  rawId: string;
  type: string;
  /** Bytes are base64url. */
  response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string };
  clientExtensionResults: object;
  authenticatorAttachment?: string;
};

/** One proof of who is there. */
export type Proof =
  | { password: string }
  | { code: string }
  | { recoveryCode: string }
  | { passkey: PasskeyAnswer };

/** What a server asks for before it does something serious (RFC 9470). */
export type StepUpRequest = {
  /** `aal2` when the account has a second factor or a passkey: then a password alone will not do. */
  acrValues: string[];
  /** Seconds that the proof may be old; `undefined` when only the level matters. */
  maxAge: number | undefined;
};

export type AccountOptions = {
  /**
   * Asks the user for a proof and calls `stepUp` with it. The request that was refused is sent again, once, when this
   * resolves with `true`; otherwise its refusal is returned. Requests that are refused meanwhile wait for the same answer.
   */
  onStepUpRequired?(request: StepUpRequest): Promise<boolean> | boolean;
};

type Message = { message: string };

/**
 * The client, with everything that account holders do to their accounts. Each method rejects with a GatehouseError, whose
 * `code` is `step-up-required` where a fresh proof is needed that `onStepUpRequired` has not brought.
 */
export function withAccount(client: Client, { onStepUpRequired }: AccountOptions = {}) {
  const { call, isOurs, logInBy, store } = client[seam];
  let asking: Promise<boolean> | undefined;

  /** Whether the user has given a new proof. Asks once for all who wait. */
  function proved(request: StepUpRequest): Promise<boolean> {
    const prove = async () => (await onStepUpRequired?.(request)) === true;
    asking ??= prove().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  const authFetch: Client['authFetch'] = async (input, init) => {
    const { id } = (await store.read()) ?? {};
    const response = await client.authFetch(input, init);
    if (response.status !== 401 || !isOurs(response) || (init && 'duplex' in init)) return response;
    const request = await stepUpRequestOf(response);
    if (!request || !(await proved(request))) return response;
    // Somebody else may have logged in while the user was asked: nothing of this one is done to that one's account.
    if (id === undefined || (await store.read())?.id !== id) throw noSession();
    await response.body?.cancel();
    return client.authFetch(input, init);
  };

  const ask = asker(client, authFetch);

  /** The session has ended at the service: forgets it here and in every tab. */
  async function endHere(): Promise<void> {
    const held = await store.read();
    if (held) await store.logOut(held.id);
  }

  async function endSessions(
    which: { sessionId: string } | { others: true } | { all: true },
  ): Promise<Message> {
    const answer = await ask<Message>('/sessions/end', which);
    if ('all' in which) await endHere();
    return answer;
  }

  async function deleteAccount(): Promise<Message> {
    const answer = await ask<Message>('/delete-account', {});
    await endHere();
    return answer;
  }

  /** Opens a session, or only says a sentence, as after a second click. */
  const verifyAndLogIn = async (fields: Fields): Promise<Message | LogIn> =>
    withoutTokens(await logInBy<LogIn & Fields>('/verify-email', fields, MESSAGE));

  return {
    ...client,
    authFetch,

    /** Proves anew who is there. The session keeps the proof, and every tab has the new access token. */
    stepUp: (proof: Proof) =>
      ask<Message & { recoveryCodesLeft?: number }>('/step-up', proof, MESSAGE, client.authFetch),

    account: () => ask<Account>('/account', undefined, HOLDER),

    /** Changes the name, the bio or both. */
    profile: (fields: { name?: string; bio?: string | null }) => ask<LogIn>('/profile', fields, USER),

    /** Sets a new password. Every other session ends; this one lives on. */
    changePassword: (fields: { password: string; newPassword: string }) =>
      ask<Message>('/change-password', fields),

    sessions: () => ask<{ sessions: Session[] }>('/sessions', undefined, ['sessions']),

    /** Ends one session, all but this one, or all: then this client is logged out, too. */
    endSessions,

    /** Everything kept about the holder, to hand over as a file. */
    export: () => ask<AccountExport>('/export', undefined, HOLDER),

    /** Deletes the account at once, and logs out. */
    deleteAccount,

    /**
     * Verifies an address: in the tab that signed up by the code in the mail; by the link's token and the password
     * anywhere; or as who is logged in, by the link's token or the code.
     *
     * The first two open a session when they complete a sign-up; their answer has `user` then.
     */
    verifyEmail: (
      proof:
        | { verification: string; code: string }
        | { token: string; password: string }
        | { token: string }
        | { code: string },
    ): Promise<Message | LogIn> =>
      'verification' in proof || 'password' in proof ? verifyAndLogIn(proof) : ask('/verify-email', proof),

    /** Mails again: to the sign-up of that `verification`, else to who is logged in. */
    sendVerification: (verification?: string): Promise<Message> =>
      verification === undefined
        ? ask('/send-verification', {})
        : call('/send-verification', { verification }),

    /** Asks for another address, which counts once it is verified. */
    changeEmail: (fields: { email: string }) => ask<Message>('/change-email', fields),

    /** Undoes what a notice was about. @param token of the notice's link */
    undo: (token: string) => call<Message>('/undo', { token }),

    totp: {
      /** A secret for an authenticator, pending for 10 minutes. Show `uri` as a QR code and `secret` to type. */
      begin: (fields: { name?: string } = {}) =>
        ask<{ factorId: string; secret: string; uri: string }>('/totp', fields, [
          'factorId',
          'secret',
          'uri',
        ]),
      /** Makes it active. The recovery codes are shown only now; every other session ends. */
      confirm: (fields: { code: string }) =>
        ask<Message & { recoveryCodes: string[] }>('/totp/confirm', fields, CODES),
      remove: () => ask<Message>('/totp/remove', {}),
    },

    /** Ten new recovery codes; the old ones are dead. */
    recoveryCodes: () => ask<{ recoveryCodes: string[] }>('/recovery-codes', {}, CODES),

    /**
     * The second half of a log-in.
     * @param fields the `challenge` of the error `second-factor-required`, and a code or a recovery code
     */
    logInWithSecondFactor: async (
      fields: { challenge: string } & ({ code: string } | { recoveryCode: string }),
    ): Promise<LogIn & { recoveryCodesLeft?: number }> =>
      withoutTokens(await logInBy<LogIn & Fields>('/login/second-factor', fields)),
  };
}

export type AccountClient = ReturnType<typeof withAccount>;

/**
 * What an answer asks for, if it asks for a step-up: by the problem details of Gatehouse, since API Gateway renames the
 * header, or by the header (RFC 9470), as other servers do.
 */
async function stepUpRequestOf(response: Response): Promise<StepUpRequest | undefined> {
  const { code, acrValues, maxAge } = await contentOf(response);
  if (code === 'step-up-required')
    return { acrValues: Array.isArray(acrValues) ? acrValues : [], maxAge: Number(maxAge) || undefined };
  const header = response.headers.get('www-authenticate') ?? '';
  if (!header.includes('error="insufficient_user_authentication"')) return undefined;
  return {
    acrValues: /acr_values="([^"]+)"/.exec(header)?.[1]?.split(' ') ?? [],
    maxAge: Number(/max_age="?(\d+)/.exec(header)?.[1]) || undefined,
  };
}

// What the documented answers have; what else answers 200 is not Gatehouse.
const HOLDER = ['user', 'factors'];
const CODES = ['recoveryCodes'];
