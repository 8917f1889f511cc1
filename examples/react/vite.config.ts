import { defineConfig } from 'vite';

// The API is asked through Vite: then `npm start` of Gatehouse needs no setting, and the page no other origin.
const proxy = { '^/auth(/|$)': process.env.API_URL ?? 'http://localhost:3000' };

export default defineConfig({ server: { proxy, strictPort: true }, preview: { proxy, strictPort: true } });
