// A back office's client of the administrator's API. Each request is signed with the credentials of its role, which Lambda,
// ECS and the AWS CLI put into the environment.
import { AwsClient } from 'aws4fetch';

export type User = {
  userId: string;
  email: string;
  name: string;
  bio: string | null;
  status: 'active' | 'disabled';
  emailVerified: boolean;
  roles: string[];
  /** ISO 8601. */
  createdAt: string;
};

type Act =
  | 'disable'
  | 'enable'
  | 'end-sessions'
  | 'verify'
  | 'remove-factors'
  | 'start-reset'
  | 'unlock'
  | 'delete';

/** An answer that was no success. `code` says why: docs/admin-api.md. */
export class AdminError extends Error {
  readonly status: number;
  readonly code: string | undefined;

  constructor(status: number, { code, detail }: { code?: string; detail?: string }) {
    super(detail ?? `The administrator's API answered ${status}.`);
    this.status = status;
    this.code = code;
  }
}

/** @param api the URL of Gatehouse @param environment with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION */
export function adminClient(api: string, environment: NodeJS.ProcessEnv = process.env) {
  const {
    AWS_ACCESS_KEY_ID = '',
    AWS_SECRET_ACCESS_KEY = '',
    AWS_SESSION_TOKEN,
    AWS_REGION = '',
  } = environment;
  const aws = new AwsClient({
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
    service: 'execute-api',
    region: AWS_REGION,
  });

  async function send<Answer>(method: string, path: string, body?: object): Promise<Answer> {
    const response = await aws.fetch(`${api}/admin/users${path}`, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new AdminError(response.status, answer as object);
    return answer as Answer;
  }

  return {
    /** Everybody, page by page. */
    async *users(): AsyncGenerator<User> {
      let next: string | null = '';
      while (next !== null) {
        const page: { users: User[]; next: string | null } = await send('GET', next && `?next=${next}`);
        yield* page.users;
        next = page.next;
      }
    },
    async find(email: string): Promise<User | undefined> {
      const { users } = await send<{ users: User[] }>('GET', `?email=${encodeURIComponent(email)}`);
      return users[0];
    },
    async create(row: Partial<User> & { email: string; name: string; passwordHash?: string }): Promise<User> {
      return (await send<{ user: User }>('POST', '', row)).user;
    },
    async act(userId: string, act: Act): Promise<User> {
      return (await send<{ user: User }>('POST', `/${userId}/${act}`)).user;
    },
    async setRoles(userId: string, roles: readonly string[]): Promise<User> {
      return (await send<{ user: User }>('PUT', `/${userId}/roles`, { roles })).user;
    },
  };
}
