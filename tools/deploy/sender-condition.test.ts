import { expect, test } from 'vitest';
import { restrictSender } from './deployment.ts';

const roleFor = (mailFrom: string) => ({
  Policies: [
    {
      PolicyDocument: {
        Statement: [
          { Action: 'dynamodb:GetItem' },
          { Action: 'ses:SendEmail', Condition: { StringEquals: { 'ses:FromAddress': mailFrom } } },
        ],
      },
    },
  ],
});

test.each([
  ['no-reply@example.com', 'no-reply@example.com'],
  ['Acme <no-reply@example.com>', 'no-reply@example.com'],
  ['Acme <no-reply@example.com> ', 'no-reply@example.com'],
  ['"Acme, <Inc.>" <no-reply@example.com>', 'no-reply@example.com'],
  ['Büro <post@bücher.example>', 'post@xn--bcher-kva.example'],
])('IAM lets send-mail send from the very address that the header of %j has', (mailFrom, address) => {
  const role = roleFor(mailFrom);
  restrictSender(role);
  expect(role).toEqual(roleFor(address));
});
