/**
 * Waits until both have settled, so that nothing still runs when the caller goes on or gives up (unlike `Promise.all`).
 *
 * @throws the first one's error, or else the second one's
 */
export async function both<First, Second>(
  first: Promise<First>,
  second: Promise<Second>,
): Promise<[First, Second]> {
  const [one, other] = await Promise.allSettled([first, second]);
  if (one.status === 'rejected') throw one.reason;
  if (other.status === 'rejected') throw other.reason;
  return [one.value, other.value];
}
