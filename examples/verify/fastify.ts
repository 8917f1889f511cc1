// ISSUER=http://localhost:3000 node fastify.ts
import Fastify from 'fastify';
import {
  type AccessTokenClaims,
  AccessTokenError,
  accessTokenVerifier,
  requireRole,
} from 'gatehouse-client/verify';

declare module 'fastify' {
  interface FastifyRequest {
    claims: AccessTokenClaims;
  }
}

const verify = accessTokenVerifier({ issuer: process.env.ISSUER ?? '' });
const app = Fastify();

app.decorateRequest('claims');
app.addHook('onRequest', async (request) => {
  request.claims = await verify(request.headers.authorization);
});
app.setErrorHandler((error, _request, reply) => {
  if (!(error instanceof AccessTokenError)) throw error;
  const { status, challenge, message } = error;
  if (challenge) reply.header('WWW-Authenticate', challenge);
  reply.code(status).send({ message });
});

// People are told apart by userId. An address that is not verified is only what somebody has typed.
app.get('/me', async ({ claims: { userId, email, email_verified } }) => ({
  userId,
  email: email_verified ? email : null,
}));

app.get('/drafts', async ({ claims }) => {
  requireRole(claims, 'editor');
  return { drafts: [] };
});

await app.listen({ port: Number(process.env.PORT ?? 4000) });
console.log('ready');
