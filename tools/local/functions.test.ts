import { expect, inject, test } from 'vitest';
import { overHttp } from '../../test/harness/client.ts';
import { loggedIn, signedUp } from '../../test/harness/people.ts';
import { readService } from '../deploy/service.ts';
import { functionEnvironment } from './environment.ts';
import { openFunctions } from './functions.ts';
import { gatewayEvent } from './gateway-event.ts';

test('a hash holds up no other function', async () => {
  const service = await readService();
  const { environment } = inject('stack');
  const functions = await openFunctions({
    names: ['login', 'welcome'],
    environment: (name) => functionEnvironment(service, name, { ...environment, BCRYPT_COST: '14' }),
  });
  const person = await signedUp(overHttp);
  const { accessToken } = await loggedIn(overHttp, person);
  const headers = [['Authorization', `Bearer ${accessToken}`]] as const;
  const welcome = () => functions.invoke('welcome', gatewayEvent({ method: 'POST', url: '/auth', headers }));
  const body = Buffer.from(JSON.stringify({ email: person.email, password: 'not this one' }));
  const login = gatewayEvent({
    method: 'POST',
    url: '/auth/login',
    headers: [['Content-Type', 'application/json']],
    body,
  });
  await welcome(); // its thread has started, and knows the keys
  let welcomes = 0;
  let over = false;
  const hashing = functions.invoke('login', login).finally(() => {
    over = true;
  });
  while (!over) {
    expect(await welcome()).toMatchObject({ statusCode: 200 });
    welcomes += 1;
  }
  expect(await hashing).toMatchObject({ statusCode: 401 });
  await functions.stop();
  // In one thread bcryptjs would let a welcome's three steps have ten turns a second.
  expect(welcomes).toBeGreaterThan(20);
});
