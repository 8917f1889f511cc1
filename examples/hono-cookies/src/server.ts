import { serve } from '@hono/node-server';
import { app } from './app.ts';

const { port } = new URL(process.env.ORIGIN ?? 'http://localhost:8080');
serve({ fetch: app.fetch, port: Number(process.env.PORT ?? port), hostname: 'localhost' }, (address) =>
  console.log(`http://localhost:${address.port}`),
);
