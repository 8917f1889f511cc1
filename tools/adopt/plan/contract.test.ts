import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../../folders.ts';
import type { Value } from '../template/types.ts';
import { contractChanges, contractOf } from './contract.ts';

const document = parse(readFileSync(`${root}docs/openapi.yaml`, 'utf8')) as Value;
const contract = contractOf(document);

test('the contract of today is read whole', () => {
  expect(Object.keys(contract).length).toBe(
    Object.values<Value>(document.paths).flatMap((item) =>
      Object.keys(item).filter((key) => /^(get|post|put|patch|delete)$/.test(key)),
    ).length,
  );
  expect(contract['POST /auth/login']?.takes).toEqual(expect.arrayContaining(['email!', 'password!']));
  expect(contract['POST /auth/login']?.answers['200']).toEqual(
    expect.arrayContaining(['accessToken', 'refreshToken', 'user']),
  );
  expect(contractChanges(contract, contract)).toEqual([]);
});

/** The changes that a change of the document makes. */
function changed(change: (copy: Value) => void) {
  const before = { 'POST /a': { takes: ['name', 'email!'], answers: { 200: ['token'], 400: ['code'] } } };
  const copy: Value = structuredClone(before);
  change(copy);
  return contractChanges(before, copy);
}

test.each<[string, (copy: Value) => void, string, boolean]>([
  ['an operation that is gone', (copy) => delete copy['POST /a'], 'POST /a is gone', true],
  ['a new one', (copy) => (copy['GET /b'] = { takes: [], answers: {} }), 'GET /b is new', false],
  [
    'a new field that must be sent',
    (copy) => copy['POST /a'].takes.push('code!'),
    'POST /a needs code',
    true,
  ],
  ['a new field that may', (copy) => copy['POST /a'].takes.push('code'), 'POST /a takes code', false],
  [
    'a field that must be sent from now on',
    (copy) => (copy['POST /a'].takes[0] = 'name!'),
    'POST /a needs name',
    true,
  ],
  [
    'a field that is taken no more',
    (copy) => copy['POST /a'].takes.shift(),
    'POST /a takes name no more',
    true,
  ],
  [
    'a member that is gone',
    (copy) => (copy['POST /a'].answers[200] = []),
    'POST /a → 200 has token no more',
    true,
  ],
  ['a new member', (copy) => copy['POST /a'].answers[200].push('id'), 'POST /a → 200 has id', false],
  ['a status that is gone', (copy) => delete copy['POST /a'].answers[400], 'POST /a → 400 is gone', false],
])('%s', (_, change, sentence, breaks) => {
  expect(changed(change)).toEqual([{ sentence, breaks }]);
});
