import { describe, expect, test } from 'vitest';
import { readResetTag } from '../../lib/core/opaque-token.ts';
import { ownWorld } from '../faults/own-world.ts';
import { askedFor } from '../faults/scenarios.ts';
import { overHttp } from '../harness/client.ts';
import { mailsTo, tagIn } from '../harness/inbox.ts';
import { form, pageOf } from '../harness/page-of.ts';
import { mailedTag, signedUp } from '../harness/people.ts';

// Programs that look at mails open every link in them, before anybody reads them.

const NEW_PASSWORD = 'a new battery staple';

describe('opening a link', () => {
  test('any number of times, by GET or HEAD, changes no row, and the link works after it', async () => {
    const world = await ownWorld();
    const person = await signedUp(world.client);
    const tagId = await askedFor(world, person.email);
    const tag = tagIn((await mailsTo(person.email)).at(-1));
    const rows = async () =>
      Promise.all(
        ['users', 'emails', 'reset-tags', 'throttles', 'sessions'].map((table) => world.rowsOf(table)),
      );
    const before = await rows();
    for (let time = 0; time < 3; time += 1) {
      const path = `/reset-password?tag=${tag}`;
      expect((await world.client.send({ method: 'GET', path })).status).toBe(200);
    }
    expect(await rows()).toEqual(before);
    expect(readResetTag(tag)?.tagId).toBe(tagId);
    const reply = await world.client.send(form('/reset-password', { tag, password: NEW_PASSWORD }));
    expect(reply.status).toBe(303);
    expect(await rows()).not.toEqual(before);
  });

  test('over HTTP as mail scanners do, by HEAD and GET, leaves it usable', async () => {
    const tag = await mailedTag(overHttp, await signedUp(overHttp));
    const path = `/reset-password?tag=${tag}`;
    for (const method of ['HEAD', 'GET', 'HEAD', 'GET', 'OPTIONS']) await overHttp.send({ method, path });
    expect(pageOf(await overHttp.send(form('/reset-password', { tag, password: NEW_PASSWORD }))).status).toBe(
      200,
    );
  });
});
