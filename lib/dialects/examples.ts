import type { AccessToken } from '../core/access-token.ts';
import type { Profile } from '../core/account.ts';
import type { RecordedEvent } from '../core/account-event.ts';
import type { AccountOverview } from '../core/account-overview.ts';
import type { ExportedAccount } from '../core/export-account.ts';
import type { ListedSession } from '../core/list-sessions.ts';
import type { Problem } from '../core/problem.ts';

// Results of use-cases, for the examples in the OpenAPI document.

export const profile: Profile = {
  userId: '3f0d1a0e-7a52-4f3b-9d86-5c1f6f9f2c11',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  bio: null,
};

export const accessToken: AccessToken = {
  token: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIzZjBkIn0.c2lnbmF0dXJl',
  expiresIn: 3_600,
};

const refreshToken =
  'an-example-of-a-refresh-token-an-example-of-a-refresh-token-an-example-of-a-refresh-token';

export const loggedIn = { profile, accessToken, refreshToken };

const OPENED_AT = Date.UTC(2026, 0, 15, 12);
const DAY_MS = 86_400_000;

export const overview: AccountOverview = {
  user: {
    ...profile,
    status: 'active',
    credentialVersion: 1,
    createdAt: OPENED_AT - DAY_MS,
    emailVerified: true,
  },
  factors: [],
  recoveryCodesLeft: null,
};

const session = {
  sessionId: '5f4dcc3b-5aa7-4a5d-8b3d-2a1f0c9e8d7b',
  createdAt: OPENED_AT,
  lastUsedAt: OPENED_AT,
  acr: 'aal1',
  device: 'Firefox on Windows',
  current: true,
} as const;

export const listedSessions: ListedSession[] = [{ ...session, expiresAt: OPENED_AT + 7 * DAY_MS }];

export const activity: RecordedEvent[] = [
  {
    ...{ eventId: '0f8d7c26-5b1e-8c3a-9d42-6f1e2b3c4d5e', userId: profile.userId, at: OPENED_AT, order: 0 },
    event: {
      type: 'session.opened',
      ...{ sessionId: session.sessionId, acr: 'aal1', amr: ['pwd'] },
      ...(session.device !== undefined && { device: session.device }),
    },
  },
];

export const exported: ExportedAccount = {
  ...overview,
  activity,
  sessions: [
    {
      ...session,
      userId: profile.userId,
      credentialVersion: 1,
      amr: ['pwd'],
      authTime: OPENED_AT,
      idleExpiresAt: OPENED_AT + 7 * DAY_MS,
      absoluteExpiresAt: OPENED_AT + 30 * DAY_MS,
      live: true,
    },
  ],
};
export const secondFactorRequired = {
  code: 'second-factor-required',
  challenge: 'an-opaque-challenge',
  methods: ['totp', 'recovery-code'],
  expiresIn: 300,
} as const satisfies Problem;

export const stepUpRequired = { code: 'step-up-required', acrValues: ['aal2'] } as const satisfies Problem;
/** The refusal of an operation that requires a fresh proof, for an account without a factor. */
export const freshStepUpsRequired = [
  { code: 'step-up-required', acrValues: ['aal1'], maxAge: 300 },
  { code: 'step-up-required', acrValues: ['aal2'], maxAge: 300 },
] as const satisfies Problem[];

export const totpSetUp = {
  factorId: '7f1d4c7e-9f50-4b1c-8f0e-8f9a5d0f3c21',
  secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  uri: 'otpauth://totp/Gatehouse:ada%40example.com?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Gatehouse&algorithm=SHA1&digits=6&period=30',
};

export const recoveryCodes = ['0123AB-CDEFGH-JKMNPQ-RSTVWX', 'WXVTSR-QPNMKJ-HGFEDC-BA3210'];

export const totpConfirmed = { recoveryCodes, accessToken };

export const loggedInByCode = { profile, accessToken, refreshToken, recoveryCodesLeft: 9 };

export const steppedUp = {
  token: accessToken.token,
  expiresIn: accessToken.expiresIn,
  recoveryCodesLeft: 9,
};
