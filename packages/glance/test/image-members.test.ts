import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OTHER_PROJECT, TEST_PROJECT } from '../../core/src/testing/env.ts';
import { type Ask, onDatabases } from './harness.ts';

onDatabases(
  'image members',
  (glance) => {
    const listed = async (id: string, query = ''): Promise<boolean> => {
      const reply = await glance().ask('GET', `/v2/images${query}`, { as: 'other' });
      return reply.json.images.some((image: { id: string }) => image.id === id);
    };
    const add = (id: string, member: string, as?: Ask['as']) =>
      glance().ask('POST', `/v2/images/${id}/members`, { as, body: { member } });
    const answer = (id: string, status: string, as: Ask['as'] = 'other') =>
      glance().ask('PUT', `/v2/images/${id}/members/${OTHER_PROJECT}`, { as, body: { status } });

    test('an image is offered, accepted, and taken back', async () => {
      const { id } = await glance().createWith(Buffer.from('shared'));
      const file = () => glance().ask('GET', `/v2/images/${id}/file`, { as: 'other' });
      assert.equal((await file()).status, 404);
      const added = await add(id, OTHER_PROJECT);
      assert.equal(added.status, 200);
      const { created_at, updated_at, ...member } = added.json;
      assert.ok(created_at && updated_at);
      assert.deepEqual(member, {
        image_id: id,
        member_id: OTHER_PROJECT,
        status: 'pending',
        schema: '/v2/schemas/member',
      });
      assert.equal((await file()).text, 'shared');
      assert.deepEqual([await listed(id), await listed(id, '?member_status=pending')], [false, true]);
      assert.equal((await answer(id, 'accepted')).json.status, 'accepted');
      assert.equal(await listed(id), true);
      assert.equal(await listed(id, '?visibility=shared'), true);
      assert.equal((await answer(id, 'rejected')).json.status, 'rejected');
      assert.deepEqual([await listed(id), await listed(id, '?member_status=all')], [false, true]);
      const members = await glance().ask('GET', `/v2/images/${id}/members`);
      assert.deepEqual(
        members.json.members.map((one: { status: string }) => one.status),
        ['rejected'],
      );
      assert.equal((await glance().ask('DELETE', `/v2/images/${id}/members/${OTHER_PROJECT}`)).status, 204);
      assert.equal((await glance().ask('DELETE', `/v2/images/${id}/members/${OTHER_PROJECT}`)).status, 404);
      assert.equal((await file()).status, 404);
    });

    test('who may do what', async () => {
      const { id } = await glance().create();
      assert.equal((await add(id, OTHER_PROJECT, 'other')).status, 404);
      assert.equal((await add(id, OTHER_PROJECT, 'reader')).status, 403);
      assert.equal((await add(id, OTHER_PROJECT)).status, 200);
      assert.equal((await add(id, OTHER_PROJECT)).status, 409);
      await add(id, 'third');
      assert.equal((await answer(id, 'accepted', 'member')).status, 403);
      assert.equal((await answer(id, 'perhaps')).status, 400);
      assert.equal((await add(id, 'fourth', 'other')).status, 403);
      const own = await glance().ask('GET', `/v2/images/${id}/members`, { as: 'other' });
      assert.deepEqual(
        own.json.members.map((one: { member_id: string }) => one.member_id),
        [OTHER_PROJECT],
      );
      const show = async (member: string, as: Ask['as']) =>
        (await glance().ask('GET', `/v2/images/${id}/members/${member}`, { as })).status;
      assert.deepEqual([await show('third', 'member'), await show('third', 'other')], [200, 404]);
      assert.deepEqual([await show(OTHER_PROJECT, 'other'), await show('nobody', 'member')], [200, 404]);
      assert.equal((await glance().ask('DELETE', `/v2/images/${id}/members/third`, { as: 'other' })).status, 403);
      assert.equal((await glance().patch(id, [], { as: 'other' })).status, 403);
      assert.equal((await glance().ask('DELETE', `/v2/images/${id}`, { as: 'other' })).status, 403);
    });

    test('only shared images have members', async () => {
      const { id } = await glance().create({ visibility: 'private' });
      assert.equal((await add(id, OTHER_PROJECT)).status, 403);
      assert.equal((await glance().ask('GET', `/v2/images/${id}/members`)).status, 403);
      const { id: shared } = await glance().create();
      await add(shared, OTHER_PROJECT);
      await glance().patch(shared, [{ op: 'replace', path: '/visibility', value: 'private' }]);
      assert.equal((await glance().ask('GET', `/v2/images/${shared}`, { as: 'other' })).status, 404);
    });

    test('the number of members is bounded', async () => {
      const { id } = await glance().create();
      for (const member of [OTHER_PROJECT, TEST_PROJECT, 'third']) assert.equal((await add(id, member)).status, 200);
      assert.equal((await add(id, 'fourth')).status, 413);
      assert.equal((await add(id, OTHER_PROJECT)).status, 409);
    });
  },
  { imageMemberQuota: 3 },
);
