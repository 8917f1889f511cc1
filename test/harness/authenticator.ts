import { Secret, TOTP } from 'otpauth';
import type { Client, Reply } from './client.ts';
import { loggedIn, type Person, signedUp, type Tokens } from './people.ts';

const STEP_MS = 30_000;
/** How long a request may take. */
const BUSY_MS = 10_000;

/** An authenticator app, by another implementation than ours. */
export class Authenticator {
  private readonly totp: TOTP;
  /** The step of the last code that was handed out. */
  private last = 0;

  /** @param secret in base32, as the set-up answers it */
  constructor(secret: string) {
    this.totp = new TOTP({ secret: Secret.fromBase32(secret), algorithm: 'SHA1', digits: 6, period: 30 });
  }

  /** @param away in steps */
  code(away = 0): string {
    return this.totp.generate({ timestamp: Date.now() + away * STEP_MS });
  }

  /** A code that is taken now and was not handed out before: each step is good once. Waits where none is left. */
  async fresh(): Promise<string> {
    for (;;) {
      const now = Math.floor(Date.now() / STEP_MS);
      // The step before ends to be good with this one: on a busy machine it may be over when the code arrives.
      const left = STEP_MS - (Date.now() % STEP_MS);
      const step = Math.max(left < BUSY_MS ? now : now - 1, this.last + 1);
      if (step <= now + 1) {
        this.last = step;
        return this.totp.generate({ timestamp: step * STEP_MS });
      }
      await new Promise((resume) => setTimeout(resume, 200));
    }
  }

  /** Six digits that aren't a code of these minutes. */
  wrong(): string {
    const good = [-3, -2, -1, 0, 1, 2, 3].map((away) => this.code(away));
    for (let number = 0; ; number += 1) {
      const code = String(number).padStart(6, '0');
      if (!good.includes(code)) return code;
    }
  }
}

export const bearer = (accessToken: string) => ({ authorization: `Bearer ${accessToken}` });

/** A person with an active TOTP, and what its set-up gave. */
export type Protected = {
  person: Person;
  app: Authenticator;
  factorId: string;
  /** In base32. */
  secret: string;
  recoveryCodes: string[];
  /** The session that confirmed it. */
  tokens: Tokens;
};

/** Signs somebody up, logs in and makes an app the second factor. */
export async function protectedPerson(client: Client): Promise<Protected> {
  const person = await signedUp(client);
  const { accessToken, refreshToken } = await loggedIn(client, person);
  const headers = bearer(accessToken);
  const setUp = await ok(client.send({ path: '/auth/totp', headers, body: {} }));
  const { factorId, secret } = setUp.json as { factorId: string; secret: string };
  const app = new Authenticator(secret);
  const body = { code: await app.fresh() };
  const confirmed = await ok(client.send({ path: '/auth/totp/confirm', headers, body }));
  const given = confirmed.json as { recoveryCodes: string[]; accessToken: string };
  const tokens = { accessToken: given.accessToken, refreshToken };
  return { person, app, factorId, secret, recoveryCodes: given.recoveryCodes, tokens };
}

/** The first step of a log-in: the challenge. */
export async function challenged(client: Client, { email, password }: Person): Promise<string> {
  const reply = await client.send({ path: '/auth/login', body: { email, password } });
  const { challenge } = reply.json as { challenge?: string };
  if (reply.status !== 401 || challenge === undefined)
    throw new Error(`log-in answered ${reply.status} ${reply.text}`);
  return challenge;
}

async function ok(sent: Promise<Reply>): Promise<Reply> {
  const reply = await sent;
  if (reply.status !== 200) throw new Error(`answered ${reply.status} ${reply.text}`);
  return reply;
}
