import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { silentLogger } from '@kumo/core/log';
import { inProcessBus, rabbitBus } from '@kumo/core/rpc';
import { switchedBus } from '../../core/src/testing/bus-switch.ts';
import { startRabbitmq } from '../../core/src/testing/rabbitmq.ts';
import { cinderApi } from '../src/daemons/cinder-api.ts';
import { Harness } from './harness.ts';

/** Far below the deadline of a message (30 s), with room for a busy machine. */
const USUAL_MS = 3_000;

/** Asks for every kind of change. @returns a wait for all of it to have happened. */
async function changes(h: Harness, away: () => Promise<void>): Promise<() => Promise<void>> {
  const [source, doomed, grown, uploaded, taken] = await Promise.all(Array.from({ length: 5 }, () => h.volume()));
  const old = await h.call('POST', '/v3/snapshots', { body: { snapshot: { volume_id: grown } } });
  const gone = `/v3/snapshots/${old.body.snapshot.id}`;
  await h.until(gone, 'snapshot', 'available');
  await away();
  const ask = async (status: number, method: string, path: string, body?: unknown) => {
    const began = performance.now();
    const answer = await h.call(method, path, { body, token: 'admin' });
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    assert.ok(performance.now() - began < USUAL_MS, `${method} ${path} took ${performance.now() - began} ms`);
    return answer.body;
  };
  const { volume } = await ask(202, 'POST', '/v3/volumes', { volume: { size: 1 } });
  const { snapshot } = await ask(202, 'POST', '/v3/snapshots', { snapshot: { volume_id: source } });
  await ask(202, 'DELETE', gone);
  await ask(202, 'DELETE', `/v3/volumes/${doomed}`);
  await ask(202, 'POST', `/v3/volumes/${grown}/action`, { 'os-extend': { new_size: 2 } });
  const image = { image_name: 'copy', disk_format: 'raw', container_format: 'bare', force: false };
  await ask(202, 'POST', `/v3/volumes/${uploaded}/action`, { 'os-volume_upload_image': image });
  const reserved = { attachment: { volume_uuid: taken, instance_uuid: randomUUID() } };
  const { attachment } = await ask(200, 'POST', '/v3/attachments', reserved);
  await ask(200, 'DELETE', `/v3/attachments/${attachment.id}`);
  return async () => {
    for (const id of [volume.id, grown, uploaded, taken]) await h.until(`/v3/volumes/${id}`, 'volume', 'available');
    await h.until(`/v3/snapshots/${snapshot.id}`, 'snapshot', 'available');
    await h.until(gone, 'snapshot', 'gone');
    await h.until(`/v3/volumes/${doomed}`, 'volume', 'gone');
    assert.equal((await h.call('GET', `/v3/volumes/${grown}`, { token: 'admin' })).body.volume.size, 2);
    assert.ok([...h.glance.images.values()].some(({ body }) => body.name === 'copy' && body.status === 'active'));
  };
}

for (const state of ['hangs', 'refuses'] as const) {
  test(`a bus that ${state} delays no answer, and all that was asked for happens when it is back`, async () => {
    const bus = switchedBus(inProcessBus({ log: silentLogger }));
    const h = await Harness.start({ bus });
    try {
      const happened = await changes(h, async () => {
        bus.state = state;
      });
      assert.ok(bus.held.includes('cinder-scheduler.placeVolume') && bus.held.includes('cinder-volume.runFlows'));
      bus.state = 'here';
      await happened();
    } finally {
      await h.stop();
    }
  });
}

test('RabbitMQ is stopped and started again: the same', async () => {
  const broker = await startRabbitmq();
  const h = await Harness.start({ bus: rabbitBus({ url: broker.url, log: silentLogger }) });
  try {
    const happened = await changes(h, () => broker.stop());
    await broker.start();
    await happened();
    const volume = await h.volume();
    assert.ok(volume);
  } finally {
    await h.stop();
    await broker.destroy();
  }
});

test('cinder-api dies right after its commits, having sent nothing: all of it happens', async () => {
  const h = await Harness.start();
  const silent = switchedBus(h.env.bus);
  silent.state = 'hangs';
  const mute = await cinderApi({ ...h.env, bus: silent }, h.config, { checkReplies: true });
  try {
    const living = h.app;
    const happened = await changes(h, async () => {
      h.app = mute.app!;
    });
    assert.ok(silent.held.length > 0);
    h.app = living;
    await happened();
  } finally {
    await mute.stop();
    await h.stop();
  }
});

test('a back end that does not answer is a 503 that says so, for what needs its answer', async () => {
  const bus = switchedBus(inProcessBus({ log: silentLogger }));
  const h = await Harness.start({ bus });
  try {
    const volume = await h.volume();
    const asked = { attachment: { volume_uuid: volume, instance_uuid: randomUUID() } };
    const made = await h.call('POST', '/v3/attachments', { token: 'service', body: asked });
    bus.state = 'refuses';
    const path = `/v3/attachments/${made.body.attachment.id}`;
    const body = { attachment: { connector: { host: 'compute-1' } } };
    const answer = await h.call('PUT', path, { token: 'service', body });
    assert.equal(answer.status, 503);
    assert.match(JSON.stringify(answer.body), /The back end test-host@\S+ does not answer at the moment/);
    bus.state = 'here';
    assert.equal((await h.call('PUT', path, { token: 'service', body })).status, 200);
  } finally {
    await h.stop();
  }
});
