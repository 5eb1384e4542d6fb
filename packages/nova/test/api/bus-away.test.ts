import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transport } from '@kumo/core/client';
import type { DaemonEnv } from '@kumo/core/daemon';
import { dbJournal } from '@kumo/core/flow';
import { silentLogger } from '@kumo/core/log';
import { type SwitchedBus, switchedBus } from '../../../core/src/testing/bus-switch.ts';
import { Interfaces } from '../../src/app/interfaces.ts';
import { neighbours } from '../../src/app/neighbours.ts';
import { ServerLifecycle } from '../../src/app/server-lifecycle.ts';
import { neighbourClients } from '../../src/compute/neighbour-clients.ts';
import { VolumeSide } from '../../src/compute/volume-side.ts';
import { novaApi } from '../../src/daemons/nova-api.ts';
import { insertVolumeClaim } from '../../src/db/volume-claims.ts';
import { interfaceTimeout } from '../../src/errors.ts';
import { volumeClaims } from '../../src/reconcilers/volume-claims.ts';
import { conductorRpc } from '../../src/rpc/conductor.ts';
import { type Api, startApi } from './harness.ts';
import { NETWORK } from './neighbours.ts';

/** Far below the deadline of a message (30 s), with room for a busy machine. */
const USUAL_MS = 3_000;

async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; ; await sleep(10)) {
    if (await holds()) return;
    assert.ok(Date.now() < end, `${what}: it did not come about`);
  }
}

async function start(t: TestContext): Promise<{ api: Api; bus: SwitchedBus }> {
  let bus: SwitchedBus | undefined;
  const api = await startApi({}, (inner) => {
    bus = switchedBus(inner);
    return bus;
  });
  t.after(async () => {
    bus!.state = 'here';
    await api.stop();
  });
  return { api, bus: bus! };
}

const newVolume = (api: Api) => api.cloud.cinder.addVolume({ size: 1, multiattach: false, bootable: 'false' });
const attachments = (id: string) => `/v2.1/servers/${id}/os-volume_attachments`;

/** Asks for changes of every kind. @returns a wait for all of it to have happened. */
async function changes(api: Api, away: () => void): Promise<() => Promise<void>> {
  const [stopped, rebooted, attached, doomed] = await Promise.all(Array.from({ length: 4 }, () => api.active()));
  const [come, gone] = [newVolume(api), newVolume(api)];
  const ask = async (status: number, method: string, path: string, body?: object, token = 'member') => {
    const began = performance.now();
    const reply = await api.ask(method, path, body, { token });
    assert.equal(reply.status, status, `${method} ${path}: ${JSON.stringify(reply.body)}`);
    assert.ok(performance.now() - began < USUAL_MS, `${method} ${path} took ${performance.now() - began} ms`);
    return reply.body;
  };
  await ask(200, 'POST', attachments(attached!), { volumeAttachment: { volumeId: gone.id } });
  await eventually('the first volume is attached', () => gone.status === 'in-use');
  away();
  await ask(202, 'POST', `/v2.1/servers/${stopped}/action`, { 'os-stop': null });
  await ask(202, 'POST', `/v2.1/servers/${rebooted}/action`, { reboot: { type: 'HARD' } });
  await ask(200, 'POST', attachments(attached!), { volumeAttachment: { volumeId: come.id } });
  await ask(202, 'DELETE', `${attachments(attached!)}/${gone.id}`);
  await ask(204, 'DELETE', `/v2.1/servers/${doomed}`);
  const event = { name: 'network-changed', server_uuid: rebooted, status: 'completed' };
  await ask(200, 'POST', '/v2.1/os-server-external-events', { events: [event] }, 'service');
  const made = await api.create();
  return async () => {
    await api.cloud.until(stopped!, ({ vmState, taskState }) => vmState === 'stopped' && taskState === null);
    await api.cloud.until(rebooted!, ({ vmState, taskState }) => vmState === 'active' && taskState === null);
    await eventually('a volume is attached', () => come.status === 'in-use');
    await eventually('a volume is detached', () => gone.status === 'available');
    await api.cloud.gone(doomed!);
    await api.cloud.active(made);
  };
}

for (const state of ['hangs', 'refuses'] as const) {
  test(`a bus that ${state} delays no answer, and all that was asked for happens when it is back`, async (t) => {
    const { api, bus } = await start(t);
    const happened = await changes(api, () => {
      bus.state = state;
    });
    assert.ok(bus.held.includes('nova-compute.runFlows') && bus.held.includes('nova-compute.externalEvents'));
    bus.state = 'here';
    await happened();
  });
}

test('nova-api dies right after its commits, having sent nothing: all of it happens', async (t) => {
  const { api, bus } = await start(t);
  const silent = switchedBus(bus);
  silent.state = 'hangs';
  const mute = await novaApi({ ...api.env, bus: silent }, api.cloud.config);
  t.after(() => mute.stop());
  const living = api.daemon;
  const happened = await changes(api, () => {
    api.daemon = mute;
  });
  assert.ok(silent.held.includes('nova-compute.runFlows'));
  api.daemon = living;
  await happened();
});

/** nova-api that is killed when Cinder has done `method path`, before it hears of it. */
async function killedAfter(t: TestContext, api: Api, method: string, path: RegExp): Promise<{ died: Promise<void> }> {
  const { promise: died, resolve } = Promise.withResolvers<void>();
  const { promise: buried, reject } = Promise.withResolvers<never>();
  buried.catch(() => {});
  const mortal = (inner: Transport): Transport => ({
    ...inner,
    send: async (request) => {
      const reply = await inner.send(request);
      if (request.method !== method || !path.test(request.path)) return reply;
      resolve();
      return buried;
    },
  });
  const transport: DaemonEnv['transport'] = (daemon) =>
    daemon === 'cinder-api' ? mortal(api.env.transport(daemon)) : api.env.transport(daemon);
  const doomed = await novaApi({ ...api.env, transport }, api.cloud.config);
  const living = api.daemon;
  api.daemon = doomed;
  t.after(async () => {
    api.daemon = living;
    reject(new Error('buried'));
    await doomed.stop();
  });
  return { died };
}

function reconcileClaims(t: TestContext, api: Api) {
  const { cloud } = api;
  const conductor = cloud.env.bus.client(conductorRpc, { from: 'test' });
  const connector = { host: 'controller', ip: '127.0.0.1' };
  const volumes = new VolumeSide(neighbourClients(cloud.env, 'test').cinder, conductor, {
    connector,
    takesFakes: true,
  });
  const loop = volumeClaims({ db: cloud.db, volumes, log: silentLogger, graceMs: -1 });
  loop.start();
  t.after(() => loop.stop());
}

const claims = async (api: Api) => (await api.cloud.db.q.selectFrom('volume_claims').select('id').execute()).length;

test('a volume that was reserved for a request which was cut short is given back', async (t) => {
  const { api } = await start(t);
  const id = await api.active();
  const volume = newVolume(api);
  const { died } = await killedAfter(t, api, 'POST', /\/attachments$/);
  void api.post(attachments(id), { volumeAttachment: { volumeId: volume.id } });
  await died;
  assert.deepEqual([volume.status, await claims(api)], ['reserved', 1]);
  reconcileClaims(t, api);
  await eventually('the claim is settled', async () => (await claims(api)) === 0);
  assert.deepEqual([volume.status, api.cloud.cinder.attachments.size], ['available', 0]);
});

test('a volume whose detaching was cut short is in use again', async (t) => {
  const { api } = await start(t);
  const id = await api.active();
  const volume = newVolume(api);
  await api.post(attachments(id), { volumeAttachment: { volumeId: volume.id } });
  await eventually('it is attached', () => volume.status === 'in-use');
  await api.cloud.flowsEnd();
  const { died } = await killedAfter(t, api, 'POST', /\/volumes\/[^/]+\/action$/);
  void api.delete(`${attachments(id)}/${volume.id}`);
  await died;
  assert.deepEqual([volume.status, await claims(api)], ['detaching', 1]);
  reconcileClaims(t, api);
  await eventually('the claim is settled', async () => (await claims(api)) === 0);
  assert.equal(volume.status, 'in-use');
});

test('a request that is carried out leaves no claim, and one that stayed takes no volume from a server that uses it', async (t) => {
  const { api } = await start(t);
  const id = await api.active();
  const volume = newVolume(api);
  assert.equal((await api.post(attachments(id), { volumeAttachment: { volumeId: volume.id } })).status, 200);
  await eventually('it is attached', () => volume.status === 'in-use');
  await api.cloud.flowsEnd();
  assert.equal(await claims(api), 0);
  await insertVolumeClaim(api.cloud.db.q, { serverId: id, volumeId: volume.id, kind: 'reserve' });
  reconcileClaims(t, api);
  await eventually('the claim is settled', async () => (await claims(api)) === 0);
  assert.deepEqual([volume.status, api.cloud.cinder.attachments.size], ['in-use', 1]);
});

test('an interface that cannot be attached in time is a 503, and is taken back', async (t) => {
  const { api } = await start(t);
  const { cloud } = api;
  const id = await api.active();
  const before = (await cloud.show(id))!;
  await cloud.stopHost('host-1');
  const conductor = cloud.env.bus.client(conductorRpc, { from: 'test' });
  const lifecycle = new ServerLifecycle({ db: cloud.db, compute: cloud.computes(), conductor });
  const interfaces = new Interfaces(neighbours(api.env).neutron, lifecycle, dbJournal(cloud.db), 300);
  const attached = interfaces.attach(cloud.ctx(), before, { networkId: NETWORK }, false);
  await assert.rejects(attached, (error) => interfaceTimeout.is(error) && /within 0.3 s/.test(error.message));
  await cloud.startHost('host-1');
  await cloud.flowsEnd();
  assert.deepEqual((await cloud.show(id))!.networkInfo, before.networkInfo);
});
