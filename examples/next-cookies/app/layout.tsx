import type { ReactNode } from 'react';
import { currentUser } from './auth';
import { Providers } from './providers';

export const metadata = { title: 'Gatehouse in Next' };

export default async function Layout({ children }: { children: ReactNode }) {
  const claims = await currentUser();
  const initialUser = claims ? { name: claims.userName, bio: null, email: claims.email } : null;
  return (
    <html lang="en">
      <body>
        <main>
          <Providers initialUser={initialUser}>{children}</Providers>
        </main>
      </body>
    </html>
  );
}
