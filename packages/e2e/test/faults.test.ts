/**
 * Every daemon in a process of its own, over RabbitMQ and MariaDB, with real guests: at each of the 28 steps the process
 * concerned is killed and started again; the broker is killed in mid-build; the cloud goes down and comes up below running guests. The servers become ACTIVE once, and an audit finds nothing left over.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import type { Api } from '../src/api.ts';
import { ArmedFault } from '../src/armed-fault.ts';
import { type Audit, settledAudit, untilAsBefore } from '../src/audit.ts';
import { buildThrough } from '../src/build-through.ts';
import { Cloud } from '../src/cloud.ts';
import { eventually } from '../src/eventually.ts';
import { GuestShell, makeSshAccess } from '../src/guest-shell.ts';
import { guestPids, guestsOf } from '../src/host-state.ts';
import {
  giveFloatingIp,
  imageAndVolume,
  makeVolume,
  removeServer,
  requestServer,
  untilStatus,
  untilVolume,
  usualParts,
} from '../src/servers.ts';
import { type ServersBeside, startServersBeside } from '../src/servers-beside.ts';
import { type BuildFault, FAULTS_BEHIND, STEP_FAULTS } from '../src/step-faults.ts';

/** For these the host must not have the image yet. */
const IMAGE_STEPS = [19, 20, 21];

const files = mkdtempSync(join(tmpdir(), 'kumo-e2e-'));
const fault = new ArmedFault(files);
let beside: ServersBeside;
let cloud: Cloud;
let admin: Api;
let parts: Awaited<ReturnType<typeof usualParts>>;
let volumeId: string;
let fresh: Audit;

before(async () => {
  beside = await startServersBeside('mariadb');
  cloud = await Cloud.start({ ...beside.options, env: { KUMO_FAULT: fault.setting } });
  admin = await cloud.api();
  parts = await usualParts(admin);
  volumeId = await makeVolume(admin, 'kept');
  // The first server makes what stays: the image's cached base.
  const id = await createOnce(admin, 'first');
  await untilStatus(admin, id, 'ACTIVE');
  await removeServer(admin, id);
  await untilVolume(admin, volumeId, 'available');
  fresh = await settledAudit(cloud, admin);
});
after(async () => {
  await cloud?.[Symbol.asyncDispose]();
  await beside?.[Symbol.asyncDispose]();
  rmSync(files, { recursive: true });
});

/** What a trial that failed has left must not fail the next one. */
beforeEach(async () => {
  fault.disarm();
  for (const id of await serverIds(admin)) await removeServer(admin, id);
});

async function serverIds(api: Api, name = ''): Promise<string[]> {
  const query = name === '' ? '' : `?name=${encodeURIComponent(`^${name}$`)}`;
  return (await api.get<{ servers: { id: string }[] }>('compute', `/servers${query}`)).servers.map(({ id }) => id);
}

/** What a careful client does when its request was cut off: looks whether the server is there, and asks again if not. */
async function createOnce(api: Api, name: string): Promise<string> {
  const { imageRef, flavorRef, networkId } = parts;
  const request = {
    name,
    imageRef,
    flavorRef,
    networks: [{ uuid: networkId }],
    block_device_mapping_v2: imageAndVolume(imageRef, volumeId),
  };
  let isFirst = true;
  return eventually(
    `the request for ${name} to be taken`,
    async () => {
      const [made] = isFirst ? [] : await serverIds(api, name);
      isFirst = false;
      return made ?? (await requestServer(api, request));
    },
    { everyMs: 250 },
  );
}

/** Undefined while the daemon does not answer. */
const pidOf = async (daemon: string) =>
  (await cloud.status()).services.find(({ name, healthy }) => name === daemon && healthy)?.pid;

/** Kills a daemon while a server is built: the server becomes ACTIVE, once, and goes without a trace. */
async function buildDespite(name: string, { victim, fault: wanted }: BuildFault): Promise<void> {
  const pid = await pidOf(victim);
  fault.arm(wanted);
  // A token of its own: that of the trial before may be known everywhere already.
  const api = await eventually('a token', () => cloud.api());
  const id = await createOnce(api, name);
  await untilStatus(api, id, 'ACTIVE', 120_000);
  assert.ok(fault.hasStruck, `${victim} was not killed: no span fitted ${JSON.stringify(wanted)}`);
  fault.disarm();
  await eventually(`${victim} to be back`, async () => ((await pidOf(victim)) ?? pid) !== pid || undefined);
  assert.equal(guestsOf(id), 1, 'one guest');
  assert.deepEqual(await serverIds(admin), [id], 'one server');
  await removeServer(api, id);
  await untilVolume(api, volumeId, 'available');
  await untilAsBefore(cloud, admin, fresh, 60_000);
}

function emptyImageCache(): void {
  const images = join(cloud.stateDir, 'nova/images');
  const cached = readdirSync(images);
  assert.ok(cached.length > 0);
  for (const name of cached) rmSync(join(images, name), { recursive: true });
}

for (const { step, ...wanted } of STEP_FAULTS) {
  test(`step ${step}: ${wanted.victim} is killed`, async () => {
    if (IMAGE_STEPS.includes(step)) emptyImageCache();
    await buildDespite(`step-${step}`, wanted);
  });
}

for (const [index, { what, ...wanted }] of FAULTS_BEHIND.entries())
  test(`${wanted.victim} is killed ${what}`, () => buildDespite(`behind-${index}`, wanted));

test('RabbitMQ is killed in mid-build and started again', () =>
  buildThrough(cloud, admin, fresh, async () => {
    await beside.rabbitmq.kill();
    await beside.rabbitmq.start();
  }));

test('down with guests running, and up again: the same guests, still reachable all the time', async () => {
  const privateKey = await makeSshAccess(admin, 'stays', files);
  const { imageRef, flavorRef, networkId } = parts;
  const id = await requestServer(admin, {
    name: 'stays',
    imageRef,
    flavorRef,
    key_name: 'stays',
    networks: [{ uuid: networkId }],
    security_groups: [{ name: 'stays' }],
  });
  await untilStatus(admin, id, 'ACTIVE');
  const floating = await giveFloatingIp(admin, id);
  const guest = await new GuestShell(floating.address, privateKey).ready(120_000);
  await guest.run('echo here > /tmp/mark');
  const pids = guestPids(cloud.stateDir);
  assert.deepEqual([...pids.keys()], [id]);

  const begun = performance.now();
  await cloud.down();
  assert.ok(performance.now() - begun < 12_000, 'no daemon had to be killed');
  assert.equal(await guest.run('cat /tmp/mark'), 'here', 'reachable while Kumo is down');
  await cloud.up();
  assert.deepEqual(guestPids(cloud.stateDir), pids, 'the same process');
  await untilStatus(admin, id, 'ACTIVE');
  assert.equal(await guest.run('cat /tmp/mark'), 'here', 'reachable when Kumo is up again');

  await removeServer(admin, id);
  await admin.delete('network', `/floatingips/${floating.id}`);
  await untilAsBefore(cloud, admin, fresh, 60_000);
});
