// The systems that a user would pick instead, installed from npm into bench/peers and run in this process.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { compare, hash } from 'bcryptjs';
import { localAccess } from '../tools/local/local-access.ts';
import { somebody } from './stack.ts';
import type { Contestant } from './timing.ts';

const FOLDER = new URL('peers/', import.meta.url);

type Peer = {
  signUp(email: string, password: string): Promise<unknown>;
  logIn(email: string, password: string): Promise<unknown>;
  refresh(token: unknown): Promise<unknown>;
  welcome(token: unknown): Promise<unknown>;
};
type Hasher = {
  hash(password: string): Promise<string>;
  verify(password: string, stored: string): Promise<boolean>;
};

/** Installs the peers unless they are there. @throws Error when npm cannot */
export function installPeers(): void {
  if (existsSync(new URL('node_modules/hono', FOLDER))) return;
  console.log('Installing the peers into bench/peers …');
  execFileSync('npm', ['ci', '--omit=optional', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: FOLDER,
    stdio: 'inherit',
  });
}

export type Access = { access?: string; refresh?: string };

const TABLE = 'openauth';

/** The peers with their own hash, and with bcrypt at ours. */
export async function openPeers(dynamodbUrl: string, cost: number) {
  const database = new DynamoDBClient(localAccess(dynamodbUrl));
  await database.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
  database.destroy();
  const hasher = { hash: (password: string) => hash(password, cost), verify: compare };
  const { openAuth } = await peer('openauth.js');
  const { betterAuth } = await peer('better-auth.js');
  const open = (hashes?: Hasher) =>
    openAuth({ endpoint: dynamodbUrl, table: TABLE, ...(hashes && { hasher: hashes }) }) as Promise<Peer>;
  const better = (hashes?: Hasher) => betterAuth({ ...(hashes && { hasher: hashes }) }) as Promise<Peer>;
  return {
    openAuth: await open(),
    openAuthAtOurCost: await open(hasher),
    betterAuth: await better(),
    betterAuthAtOurCost: await better(hasher),
    /** OpenAuth behind a meter. */
    meteredOpenAuth: (url: string) => openAuth({ endpoint: url, table: TABLE }) as Promise<Peer>,
  };
}

type Factory = (options: object) => Promise<unknown>;

// By URL: the types of a peer that may not be installed would be missing.
const peer = async (file: string) =>
  (await import(new URL(file, FOLDER).href)) as Record<string, Factory> & {
    openAuth: Factory;
    betterAuth: Factory;
  };

/** What is compared: refresh, welcome and log-in of each. */
export async function peerContestants(
  peers: Awaited<ReturnType<typeof openPeers>>,
  every: number,
): Promise<Contestant[]> {
  const { openAuth, openAuthAtOurCost, betterAuth, betterAuthAtOurCost } = peers;
  return [
    await refreshing('OpenAuth refresh', openAuth),
    await welcoming('OpenAuth welcome', openAuth),
    await loggingIn('OpenAuth log-in, own scrypt', openAuth, every),
    await loggingIn('OpenAuth log-in, our bcrypt', openAuthAtOurCost, every),
    await refreshing('better-auth refresh', betterAuth),
    await welcoming('better-auth welcome', betterAuth),
    await loggingIn('better-auth log-in, own scrypt', betterAuth, every),
    await loggingIn('better-auth log-in, our bcrypt', betterAuthAtOurCost, every),
  ];
}

async function loggedIn(peer: Peer): Promise<unknown> {
  const { email, password } = somebody();
  await peer.signUp(email, password);
  return peer.logIn(email, password);
}

async function refreshing(name: string, peer: Peer): Promise<Contestant> {
  return {
    name,
    async prepare() {
      // OpenAuth's token is good for one refresh, better-auth's for all of them.
      const tokens = (await cached(peer)) as { refresh?: string };
      return async () => {
        const next = await peer.refresh(tokens.refresh ?? tokens);
        if (tokens.refresh) tokens.refresh = String(next);
      };
    },
  };
}

async function welcoming(name: string, peer: Peer): Promise<Contestant> {
  return {
    name,
    async prepare() {
      const tokens = (await cached(peer)) as { access?: string };
      return () => peer.welcome(tokens.access ?? tokens);
    },
  };
}

async function loggingIn(name: string, peer: Peer, every: number): Promise<Contestant> {
  const { email, password } = somebody();
  await peer.signUp(email, password);
  return { name, every, prepare: async () => () => peer.logIn(email, password) };
}

const sessions = new Map<Peer, Promise<unknown>>();

/** One session a peer. */
function cached(peer: Peer): Promise<unknown> {
  const session = sessions.get(peer) ?? loggedIn(peer);
  sessions.set(peer, session);
  return session;
}

/** Round trips and units of OpenAuth's operations, behind a meter. */
export async function meteredOpenAuth(peer: Peer) {
  const { email, password } = somebody();
  await peer.signUp(email, password);
  const tokens = (await peer.logIn(email, password)) as { access: string; refresh: string };
  const next = await peer.refresh(tokens.refresh);
  await peer.welcome(tokens.access);
  return {
    'log-in': () => peer.logIn(email, password),
    refresh: () => peer.refresh(next),
    welcome: () => peer.welcome(tokens.access),
  };
}
