import { expect, test } from 'vitest';
import { readRoles } from './roles.ts';

const many = (count: number) => Array.from({ length: count }, (_, nth) => `role-${nth}`);

test.each([[[]], [['admin']], [['a', 'B_2.c:d-e', 'x'.repeat(64)]], [many(50)]])('%j are roles', (roles) => {
  expect(readRoles(roles)).toEqual(roles);
});

test('a repeated role is one', () => {
  expect(readRoles(['admin', 'editor', 'admin'])).toEqual(['admin', 'editor']);
});

test.each([
  [['']],
  [['two words']],
  [['x'.repeat(65)]],
  [['é']],
  [['admin\n']],
  [[7]],
  [[null]],
  [['admin', ['editor']]],
  [many(51)],
])('%j are none', (roles) => {
  expect(readRoles(roles)).toBeUndefined();
});
