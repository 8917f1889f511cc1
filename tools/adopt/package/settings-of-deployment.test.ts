import { expect, test } from 'vitest';
import { settingsOfTemplate } from './settings-of-deployment.ts';

const settings = settingsOfTemplate();

test('every setting has a value that stands for it, and for no other', () => {
  const standIns = settings
    .filter(({ kind, standIn }) => kind !== 'rate' && !['true', 'on'].includes(standIn))
    .map(({ standIn }) => standIn);
  expect(new Set(standIns).size).toBe(standIns.length);
});

test.each([
  ['appUrl', 'environment'],
  ['waf', 'switch'],
  ['adminApi', 'switch'],
  ['events', 'switch'],
  ['domainName', 'switch'],
  ['monthlyBudget', 'switch'],
  ['memoryMb', 'value'],
  ['requestsPerSecond', 'rate'],
])('%s is of the kind %s', (name, kind) => {
  expect(settings.find((setting) => setting.name === name)?.kind).toBe(kind);
});
