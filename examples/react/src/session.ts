import { createClient } from 'gatehouse-client';
import { type AccountClient, withAccount } from 'gatehouse-client/account';
import { createSession, useGatehouse } from 'gatehouse-client/react';

const { VITE_API_URL = '' } = import.meta.env;

/** One for the page. With a server that keeps the session in a cookie it is `createCookieClient(events)`. */
export const session = createSession((events) =>
  withAccount(createClient({ baseUrl: VITE_API_URL, ...events })),
);

export const useClient = () => useGatehouse<AccountClient>();
