// ISSUER=http://localhost:3000 node express.ts
import express, { type NextFunction, type Request, type Response } from 'express';
import {
  type AccessTokenClaims,
  AccessTokenError,
  accessTokenVerifier,
  requireRole,
} from 'gatehouse-client/verify';

const verify = accessTokenVerifier({ issuer: process.env.ISSUER ?? '' });
const app = express();

app.use(async (request, response, next) => {
  response.locals.claims = await verify(request.headers.authorization);
  next();
});

app.get('/me', (_request, response) => {
  // People are told apart by userId. An address that is not verified is only what somebody has typed.
  const { userId, email, email_verified } = response.locals.claims as AccessTokenClaims;
  response.json({ userId, email: email_verified ? email : null });
});

app.get('/drafts', (_request, response) => {
  requireRole(response.locals.claims, 'editor');
  response.json({ drafts: [] });
});

app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
  if (!(error instanceof AccessTokenError)) return next(error);
  const { status, challenge, message } = error;
  if (challenge) response.set('WWW-Authenticate', challenge);
  response.status(status).json({ message });
});

app.listen(Number(process.env.PORT ?? 4000), () => console.log('ready'));
