import type { AccessToken } from '../core/access-token.ts';
import type { Profile } from '../core/account.ts';

// What use-cases return, for the examples of the OpenAPI document.

export const profile: Profile = {
  userId: '3f0d1a0e-7a52-4f3b-9d86-5c1f6f9f2c11',
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  bio: null,
};

const accessToken: AccessToken = {
  token: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIzZjBkIn0.c2lnbmF0dXJl',
  expiresIn: 3_600,
};

const refreshToken =
  'an-example-of-a-refresh-token-an-example-of-a-refresh-token-an-example-of-a-refresh-token';

export const loggedIn = { profile, accessToken, refreshToken };
