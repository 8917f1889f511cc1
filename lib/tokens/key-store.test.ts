import { describe, expect, test } from 'vitest';
import { NOON } from '../../test/harness/memory/clock.ts';
import { isPublished, type PublicKey, signingKeyAt } from './key-store.ts';

const keyOf = (kid: string, signsFrom: number, verifiesUntil?: number): PublicKey => ({
  kid,
  publicJwk: {},
  signsFrom,
  ...(verifiesUntil !== undefined && { verifiesUntil }),
});

describe('of several keys', () => {
  test('none signs when there is none', () => {
    expect(signingKeyAt([], NOON)).toBeUndefined();
  });

  test('the latest that has begun signs, in whatever order they are read', () => {
    const keys = [keyOf('old', NOON - 2), keyOf('new', NOON - 1), keyOf('next', NOON + 1)];
    expect(signingKeyAt(keys, NOON)?.kid).toBe('new');
    expect(signingKeyAt(keys.toReversed(), NOON)?.kid).toBe('new');
  });

  test('a key signs from its first millisecond', () => {
    const keys = [keyOf('old', NOON - 2), keyOf('next', NOON + 1)];
    expect(signingKeyAt(keys, NOON)?.kid).toBe('old');
    expect(signingKeyAt(keys, NOON + 1)?.kid).toBe('next');
  });

  test('none signs before the first begins', () => {
    expect(signingKeyAt([keyOf('next', NOON + 1)], NOON)).toBeUndefined();
  });

  test('one that is no longer published does not sign, even if it is the latest', () => {
    const keys = [keyOf('old', NOON - 2), keyOf('withdrawn', NOON - 1, NOON)];
    expect(signingKeyAt(keys, NOON - 1)?.kid).toBe('withdrawn');
    expect(signingKeyAt(keys, NOON)?.kid).toBe('old');
  });

  test('two that began at once sign one at a time', () => {
    expect(signingKeyAt([keyOf('a', NOON), keyOf('b', NOON)], NOON)?.kid).toBe('a');
  });
});

test('a key is published until the last of its tokens has expired, and before it signs', () => {
  expect(isPublished(keyOf('current', NOON), NOON)).toBe(true);
  expect(isPublished(keyOf('next', NOON + 1), NOON)).toBe(true);
  expect(isPublished(keyOf('replaced', 0, NOON + 1), NOON)).toBe(true);
  expect(isPublished(keyOf('replaced', 0, NOON), NOON)).toBe(false);
  expect(isPublished(keyOf('withdrawn', 0, 0), NOON)).toBe(false);
});
