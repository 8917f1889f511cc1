// ISSUER=http://localhost:3000 node express.ts
import express from 'express';
import { type AccessTokenClaims, AccessTokenError, accessTokenVerifier } from 'gatehouse-client/verify';

const verify = accessTokenVerifier({ issuer: process.env.ISSUER ?? '' });
const app = express();

app.use(async (request, response, next) => {
  try {
    response.locals.claims = await verify(request.headers.authorization);
  } catch (error) {
    if (!(error instanceof AccessTokenError)) throw error;
    const { status, challenge, message } = error;
    if (challenge) response.set('WWW-Authenticate', challenge);
    response.status(status).json({ message });
    return;
  }
  next();
});

app.get('/me', (_request, response) => {
  // People are told apart by userId. An address that is not verified is only what somebody has typed.
  const { userId, email, email_verified } = response.locals.claims as AccessTokenClaims;
  response.json({ userId, email: email_verified ? email : null });
});

app.listen(Number(process.env.PORT ?? 4000), () => console.log('ready'));
