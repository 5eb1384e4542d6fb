/**
 * Every daemon in a process of its own, over RabbitMQ and MariaDB, with real guests: at each of the 28 steps the process
 * concerned is killed and started again; the broker and the database are restarted in mid-build; the cloud goes down and comes
 * up below running guests. The servers become ACTIVE once, and an audit finds nothing left over.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Api } from '../src/api.ts';
import { ArmedFault } from '../src/armed-fault.ts';
import { type Audit, settledAudit, untilAsBefore } from '../src/audit.ts';
import { Cloud } from '../src/cloud.ts';
import { eventually } from '../src/eventually.ts';
import { GuestShell, makeKeyPair } from '../src/guest-shell.ts';
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
import { STEP_FAULTS } from '../src/step-faults.ts';

const files = mkdtempSync('/tmp/kumo-e2e-');
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

async function namesakes(api: Api, name: string): Promise<string[]> {
  const { servers } = await api.get<{ servers: { id: string }[] }>(
    'compute',
    `/servers?name=${encodeURIComponent(`^${name}$`)}`,
  );
  return servers.map(({ id }) => id);
}

/** What a careful client does when its request was cut off: looks whether the server is there, and asks again if not. */
function createOnce(api: Api, name: string): Promise<string> {
  const { imageRef, flavorRef, networkId } = parts;
  const server = {
    name,
    imageRef,
    flavorRef,
    networks: [{ uuid: networkId }],
    block_device_mapping_v2: imageAndVolume(imageRef, volumeId),
  };
  return eventually(
    `the request for ${name} to be taken`,
    async () => (await namesakes(api, name))[0] ?? (await requestServer(api, server)),
    { everyMs: 250 },
  );
}

const pidOf = async (daemon: string) => (await cloud.status()).services.find(({ name }) => name === daemon)?.pid;

for (const { step, victim, fault: wanted } of STEP_FAULTS) {
  test(`step ${step}: ${victim} is killed`, async () => {
    const pid = await pidOf(victim);
    const name = `step-${step}`;
    fault.arm(wanted);
    const api = await eventually('a token', () => cloud.api());
    const id = await createOnce(api, name);
    await untilStatus(api, id, 'ACTIVE', 120_000);
    assert.ok(fault.hasStruck, `${victim} was not killed: no span fitted ${JSON.stringify(wanted)}`);
    fault.disarm();
    await eventually(`${victim} to be back`, async () => {
      const { ready } = await cloud.status();
      return (ready && (await pidOf(victim)) !== pid) || undefined;
    });
    assert.equal(guestsOf(id), 1, 'one guest');
    assert.deepEqual(await namesakes(api, name), [id], 'one server');
    await removeServer(api, id);
    await untilVolume(api, volumeId, 'available');
    await untilAsBefore(cloud, admin, fresh, 60_000);
  });
}

/** Asks for three servers at once, does something to the cloud while they are built, and sees them ACTIVE, once each. */
async function buildThrough(name: string, disturb: () => Promise<void>): Promise<void> {
  const { imageRef, flavorRef, networkId } = parts;
  await requestServer(admin, {
    name,
    imageRef,
    flavorRef,
    networks: [{ uuid: networkId }],
    min_count: 3,
    max_count: 3,
  });
  await disturb();
  const { servers } = await eventually('the cloud to answer', () =>
    admin.get<{ servers: { id: string; status: string }[] }>('compute', '/servers/detail'),
  );
  assert.equal(servers.length, 3);
  assert.ok(
    servers.some(({ status }) => status === 'BUILD'),
    'it happened while servers were built',
  );
  for (const { id } of servers) {
    await untilStatus(admin, id, 'ACTIVE', 120_000);
    assert.equal(guestsOf(id), 1);
  }
  for (const { id } of servers) await removeServer(admin, id);
  await untilAsBefore(cloud, admin, fresh, 60_000);
}

test('RabbitMQ is restarted in mid-build', () =>
  buildThrough('broker', async () => {
    await beside.rabbitmq.kill();
    await beside.rabbitmq.start();
  }));

test('MariaDB is restarted in mid-build', () =>
  buildThrough('database', async () => {
    await beside.database.kill();
    await beside.database.start();
  }));

test('down with guests running, and up again: the same guests, still reachable all the time', async () => {
  const { privateKey, publicKey } = await makeKeyPair(join(files, 'key'));
  await admin.post('compute', '/os-keypairs', {
    keypair: { name: 'stays', type: 'ssh', public_key: readFileSync(publicKey, 'utf8').trim() },
  });
  const { security_group: group } = await admin.post<{ security_group: { id: string } }>(
    'network',
    '/security-groups',
    { security_group: { name: 'stays' } },
  );
  await admin.post('network', '/security-group-rules', {
    security_group_rule: { security_group_id: group.id, direction: 'ingress', protocol: 'tcp' },
  });
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

  await cloud.down();
  assert.equal(await guest.run('cat /tmp/mark'), 'here', 'reachable while Kumo is down');
  await cloud.up();
  assert.deepEqual(guestPids(cloud.stateDir), pids, 'the same process');
  await untilStatus(admin, id, 'ACTIVE');
  assert.equal(await guest.run('cat /tmp/mark'), 'here', 'reachable when Kumo is up again');

  await removeServer(admin, id);
  await admin.delete('network', `/floatingips/${floating.id}`);
  await untilAsBefore(cloud, admin, fresh, 60_000);
});
