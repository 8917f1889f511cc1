// An application for whatever runs Hono: Workers, Deno, Bun, or Node with @hono/node-server.

import {
  type AccessTokenClaims,
  AccessTokenError,
  accessTokenVerifier,
  requireRole,
} from 'gatehouse-client/verify';
import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';

const verify = accessTokenVerifier({ issuer: process.env.ISSUER ?? '' });

const authenticated = createMiddleware<{ Variables: { claims: AccessTokenClaims } }>(async (c, next) => {
  c.set('claims', await verify(c.req.header('authorization')));
  return next();
});

const app = new Hono()
  .use(authenticated)
  .get('/me', (c) => {
    // People are told apart by userId. An address that is not verified is only what somebody has typed.
    const { userId, email, email_verified } = c.get('claims');
    return c.json({ userId, email: email_verified ? email : null });
  })
  .get('/drafts', (c) => {
    requireRole(c.get('claims'), 'editor');
    return c.json({ drafts: [] });
  });

app.onError((error, c) => {
  if (!(error instanceof AccessTokenError)) throw error;
  const { status, challenge, message } = error;
  if (challenge) c.header('WWW-Authenticate', challenge);
  return c.json({ message }, status);
});

export default app;
