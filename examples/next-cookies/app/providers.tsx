'use client';
import type { User } from 'gatehouse-client';
import { type AccountClient, withAccount } from 'gatehouse-client/account';
import { createCookieClient } from 'gatehouse-client/cookies';
import { createSession, GatehouseProvider, useGatehouse } from 'gatehouse-client/react';
import type { ReactNode } from 'react';

const session = createSession((events) => withAccount(createCookieClient(events)));

export const useClient = () => useGatehouse<AccountClient>();

export function Providers({ initialUser, children }: { initialUser: User | null; children: ReactNode }) {
  return (
    <GatehouseProvider session={session} initialUser={initialUser}>
      {children}
    </GatehouseProvider>
  );
}
