'use client';
import { useRouter } from 'next/navigation';
import { useClient } from './providers';

export function LogOut() {
  const gatehouse = useClient();
  const router = useRouter();
  async function leave() {
    await gatehouse.logOut().catch(() => undefined); // the cookie is gone in any case
    router.replace('/log-in');
    router.refresh();
  }
  return (
    <button type="button" onClick={() => void leave()}>
      Log out
    </button>
  );
}
