import { redirect } from 'next/navigation';
import { currentUser } from './auth';
import { LogOut } from './log-out';

export default async function Page() {
  const claims = await currentUser();
  if (!claims) redirect('/log-in');
  return (
    <>
      <h1>Welcome, {claims.userName}!</h1>
      <p>{claims.email}</p>
      <LogOut />
    </>
  );
}
