/** A connector's `gid`, as a member may send it too. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultIdBounds } from '@kumo/core/confine';
import { FileHarnesses } from './drivers/file-harness.ts';
import { Harness } from './harness.ts';

test('a connector names a guest of this host by its group, or is refused with 400', {
  skip: process.getuid?.() === 0 ? false : 'needs root',
}, async () => {
  const files = new FileHarnesses();
  const owners = {
    volumes: defaultIdBounds('/tmp/kv-groups', 'volumes'),
    guests: defaultIdBounds('/tmp/kv-groups', 'guests'),
  };
  const { driver, config } = await files.make({ host: 'test-host', owners });
  const h = await Harness.start({ driver });
  try {
    const volume = await h.volume();
    const made = await h.call('POST', '/v3/attachments', {
      token: 'member',
      body: { attachment: { volume_uuid: volume, instance_uuid: randomUUID() } },
    });
    const path = `/v3/attachments/${made.body.attachment.id}`;
    const update = (gid: unknown, token = 'member') =>
      h.call('PUT', path, { token, body: { attachment: { connector: { host: 'test-host', gid } } } });
    const { first, count } = owners.guests;
    for (const gid of [0, -1, 1.5, '1', true, 2 ** 40, 5, 1000, first - 1, first + count, owners.volumes.first]) {
      const answer = await update(gid);
      assert.equal(answer.status, 400, String(gid));
      assert.match(JSON.stringify(answer.body), /gid/, String(gid));
    }
    assert.deepEqual((await driver.list()).volumes[0]!.connectedHosts, []);
    assert.equal((await update(first)).status, 200);
    assert.equal((await update(first + 1, 'service')).status, 200);
    const record = JSON.parse(await readFile(join(config.stateDirectory, 'exports', `${volume}.json`), 'utf8'));
    assert.deepEqual(record.gids, [first, first + 1]);
  } finally {
    await h.stop();
    await files.close();
  }
});
