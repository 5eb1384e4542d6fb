/** Images that fail on their way, with the driver of real files: the volume is as before, and nothing is left open. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { untilNothingOpen } from '../../core/src/testing/open-files.ts';
import { FileDriver } from '../src/drivers/volume/index.ts';
import { Harness } from './harness.ts';

const stateDirectory = mkdtempSync(join(tmpdir(), 'kumo-transfers-'));
let h: Harness;

before(async () => {
  h = await Harness.start({ driver: await FileDriver.open({ stateDirectory, host: 'storage-1' }) });
});
after(async () => {
  await h?.stop();
  rmSync(stateDirectory, { recursive: true });
});

async function uploaded(volumeId: string, diskFormat: string): Promise<string> {
  const body = { 'os-volume_upload_image': { image_name: 'copy', disk_format: diskFormat, container_format: 'bare' } };
  const { status, body: made } = await h.call('POST', `/v3/volumes/${volumeId}/action`, { body });
  assert.equal(status, 202, JSON.stringify(made));
  await h.until(`/v3/volumes/${volumeId}`, 'volume', 'available', 60_000);
  return made['os-volume_upload_image'].image_id;
}

const refused = [
  { diskFormat: 'raw', bytes: 0 },
  { diskFormat: 'raw', bytes: 4 << 20 },
  { diskFormat: 'qcow2', bytes: 0 },
];
for (const { diskFormat, bytes } of refused)
  test(`an upload as ${diskFormat} that Glance refuses after ${bytes} bytes`, async () => {
    const id = await h.volume();
    h.glance.refusesAfterBytes = bytes;
    try {
      const imageId = await uploaded(id, diskFormat);
      assert.equal(h.glance.images.get(imageId), undefined, 'the image is removed');
    } finally {
      h.glance.refusesAfterBytes = Number.POSITIVE_INFINITY;
    }
    await untilNothingOpen(stateDirectory);
  });

test('an upload that succeeds', async () => {
  const imageId = await uploaded(await h.volume(), 'raw');
  assert.equal(h.glance.images.get(imageId)?.body.size, 2 ** 30);
  await untilNothingOpen(stateDirectory);
});

test('an image that is no disk of its format', async () => {
  const imageRef = h.glance.add(Buffer.alloc(1 << 20, 'no qcow2 '), { disk_format: 'qcow2' });
  await h.volume({ imageRef }, { status: 'error' });
  await untilNothingOpen(stateDirectory);
});
