// What lib/hooks.ts may export, and how the core calls it. docs/hooks.md is the guide.
import type { User } from './account.ts';
import type { AuthMethod } from './session.ts';

/** The claims of Gatehouse, which a hook must not set. */
export const RESERVED_CLAIMS = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'acr', 'amr', 'auth_time'],
  ...['client_id', 'userId', 'userName', 'email', 'email_verified', 'roles'],
] as const satisfies readonly ReservedClaim[];

type ReservedClaim =
  | 'iss'
  | 'sub'
  | 'aud'
  | 'exp'
  | 'nbf'
  | 'iat'
  | 'jti'
  | 'sid'
  | 'acr'
  | 'amr'
  | 'auth_time'
  | 'client_id'
  | 'userId'
  | 'userName'
  | 'email'
  | 'email_verified'
  | 'roles';

type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

/** Claims that a hook adds to an access token: at most 2,048 bytes of JSON, and none of the reserved names. */
export type OwnClaims = { readonly [name: string]: Json | undefined } & {
  readonly [name in ReservedClaim]?: never;
};

export type HookUser = {
  userId: string;
  name: string;
  /** Normalised. */
  email: string;
  emailVerified: boolean;
  roles: readonly string[];
};

export type HookSession = { sessionId: string; acr: 'aal1' | 'aal2'; amr: readonly AuthMethod[] };

/** A user of the previous system, as `findLegacy` returns them. */
export type LegacyUser = { name: string; emailVerified: boolean; roles?: readonly string[] | undefined };

/** `signal`, to pass to `fetch`, is aborted when the hook runs out of time or has answered. */
type Limits = { signal: AbortSignal };
// biome-ignore lint/suspicious/noConfusingVoidType: what a function without `return` returns
type Nothing = undefined | null | void;
type Soon<T> = T | Promise<T>;

/** @returns nothing, or the sentence that refuses the sign-up */
export type BeforeSignUp = (
  signUp: { email: string; name: string; client: { userAgent: string | undefined } },
  limits: Limits,
) => Soon<string | Nothing>;

/** @returns nothing, or the claims to add to the access token */
export type Claims = (
  about: { user: HookUser; session: HookSession },
  limits: Limits,
) => Soon<OwnClaims | Nothing>;

/**
 * @param who `password` as it was typed at a log-in; absent for a forgotten password, where the question is only whether
 * somebody has the address
 * @returns nothing for an unknown address or a wrong password
 */
export type FindLegacy = (
  who: { email: string; password?: string },
  limits: Limits,
) => Soon<LegacyUser | Nothing>;

export type HookName = 'beforeSignUp' | 'claims' | 'findLegacy';

/**
 * What a failed hook does. `refuse`, the default: the request is refused, and may be sent again. `continue`: it goes on as
 * if the hook had returned nothing.
 */
export type OnError = { readonly [name in HookName]?: 'refuse' | 'continue' };

/** What lib/hooks.ts may export. */
export type Hooks = {
  readonly beforeSignUp?: BeforeSignUp;
  readonly claims?: Claims;
  readonly findLegacy?: FindLegacy;
  readonly onError?: OnError;
};

/** @throws ProblemError `sign-up-refused`, `hook-failed` */
export type JudgeSignUp = (signUp: Parameters<BeforeSignUp>[0]) => Promise<void>;

/** @throws ProblemError `hook-failed` */
export type AskClaims = (
  user: Pick<User, 'userId' | 'name' | 'email' | 'emailVerified' | 'roles'>,
  session: HookSession,
) => Promise<OwnClaims | undefined>;

/** Lazy migration: looks up accounts of the previous system. */
export type Migration = {
  /** @throws ProblemError `hook-failed` */
  find(who: { email: string; password?: string }): Promise<LegacyUser | undefined>;
  /**
   * Starts to measure the time that every failed log-in takes: as long as `find` may take.
   *
   * @returns waits until that time has passed; otherwise a slow answer would reveal that nobody has the address here
   */
  startTimer(): () => Promise<void>;
};
