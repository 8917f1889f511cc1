import { readConfig } from '../lib/config.ts';
import { forgetPassword } from '../lib/core/forget-password.ts';
import { lookAtTag, resetPassword } from '../lib/core/reset-password.ts';
import { type PageOutcome, type PageRequest, pages } from '../lib/dialects/pages.ts';
import { accountWrites } from '../lib/dynamodb/accounts.ts';
import { openDatabase } from '../lib/dynamodb/database.ts';
import { resetRequestStore } from '../lib/dynamodb/reset-requests.ts';
import { openThrottle } from '../lib/dynamodb/throttles.ts';
import { userStore } from '../lib/dynamodb/users.ts';
import { endpoint } from '../lib/http/endpoint.ts';
import { bcryptHasher } from '../lib/passwords/bcrypt.ts';

const config = readConfig(process.env);
const database = openDatabase(config.tablePrefix);
const parts = {
  users: userStore(database),
  resetRequests: resetRequestStore(database),
  accounts: accountWrites(database),
  hasher: bcryptHasher(config.bcryptCost),
  throttle: openThrottle(database, config.limits),
  clock: Date.now,
  passwordMinimum: config.passwordMinimum,
  tagLifetime: config.tagLifetime,
};
const { resetForm, reset, forgetForm, forget } = pages(config);

async function act(request: PageRequest): Promise<PageOutcome> {
  switch (request.ask) {
    case 'reset form': {
      const { tag = '' } = request;
      return { show: 'reset form', tag, ...(await lookAtTag(parts, tag)) };
    }
    case 'reset':
      await resetPassword(parts, request);
      return { show: 'reset' };
    case 'forget form':
      return { show: 'forget form' };
    case 'forget':
      await forgetPassword(parts, request);
      return { show: 'forget' };
    case 'done':
      return { show: 'done', of: request.of };
  }
}

/** Pages: the target of the mailed link and the form that asks for it, over the same use-cases as the APIs. */
export const handler = endpoint(
  {
    'GET /reset-password': resetForm,
    'POST /reset-password': reset,
    'GET /forgot-password': forgetForm,
    'POST /forgot-password': forget,
  },
  act,
  config,
);
