import { expect, test } from 'vitest';
import type { Request } from '../../http/request.ts';
import { callerOf } from './dialect.ts';

test('whoever calls has a name', () => {
  const caller = 'arn:aws:iam::000000000000:user/ops';
  expect(callerOf({ caller } as Request)).toBe(caller);
  expect(callerOf({} as Request)).toBe('nobody'); // which `endpoint` refuses before
});
