import { GatehouseProvider, Guard, useSession, useUser } from 'gatehouse-client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LogIn } from './log-in';
import { session, useClient } from './session';

function Home() {
  const user = useUser();
  const gatehouse = useClient();
  return (
    <>
      <h1>Welcome, {user?.name}!</h1>
      <p>{user?.email}</p>
      <button type="button" onClick={() => void gatehouse.logOut().catch(() => undefined)}>
        Log out
      </button>
    </>
  );
}

/** Until it is known who is logged in; a service that cannot be reached has logged nobody out. */
function Waiting() {
  const { error, reload } = useSession();
  if (!error) return <p role="status">One moment …</p>;
  return (
    <>
      <p role="alert">{error.message}</p>
      <button type="button" onClick={() => void reload()}>
        Try again
      </button>
    </>
  );
}

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <GatehouseProvider session={session}>
      <Guard fallback={<LogIn />} loading={<Waiting />}>
        <Home />
      </Guard>
    </GatehouseProvider>
  </StrictMode>,
);
