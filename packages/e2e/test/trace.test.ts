/** The 28 steps of FLOW.md as `kumo trace` shows them, and the task states on the way. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Api } from '../src/api.ts';
import { Cloud } from '../src/cloud.ts';
import { assertFlow, traceOf } from '../src/flow-steps.ts';
import { GuestShell } from '../src/guest-shell.ts';
import { makeVolume, requestServer, untilStatus, usualParts } from '../src/servers.ts';
import { watchTaskStates } from '../src/task-states.ts';

let cloud: Cloud;
let admin: Api;
let parts: Awaited<ReturnType<typeof usualParts>>;
let taskStates: ReturnType<typeof watchTaskStates>;

before(async () => {
  cloud = await Cloud.start();
  admin = await cloud.api('admin');
  parts = await usualParts(admin);
  taskStates = watchTaskStates(cloud);
});
after(() => cloud?.[Symbol.asyncDispose]());

const BUILD = ['scheduling', 'networking', 'block_device_mapping', 'spawning', null];

test('a server with image, network and volume takes all 28 steps, in order, through all task states', async () => {
  const volumeId = await makeVolume(admin, 'traced');
  const { id } = await cloud.openstack<{ id: string }>([
    ...['server', 'create', '--image', 'kumo-guest', '--flavor', 'm1.nano', '--network', 'private'],
    ...['--block-device-mapping', `vdb=${volumeId}:volume`, '--wait', 'traced'],
  ]);
  assertFlow(await traceOf(cloud, id));
  assert.deepEqual(taskStates.of(id), BUILD);
});

test('a server without a volume skips 25 to 27 and says why', async () => {
  const { imageRef, flavorRef, networkId } = parts;
  const id = await requestServer(admin, { name: 'plain', imageRef, flavorRef, networks: [{ uuid: networkId }] });
  await untilStatus(admin, id, 'ACTIVE');
  const steps = await traceOf(cloud, id);
  assertFlow(steps, [25, 26, 27]);
  assert.match(String(steps[24]!.skipped), /volume/);
  assert.deepEqual(taskStates.of(id), BUILD);
});

test('a server without a network skips 22 to 24 as well', async () => {
  const { imageRef, flavorRef } = parts;
  const id = await requestServer(admin, { name: 'alone', imageRef, flavorRef, networks: 'none' });
  await untilStatus(admin, id, 'ACTIVE');
  assertFlow(await traceOf(cloud, id), [22, 23, 24, 25, 26, 27]);
});

test('kumo demo shows the steps live and how to reach the guest', async () => {
  const said = await cloud.kumo('demo');
  const lines = said.split('\n').filter((line) => /^ ?\d+ {2}/.test(line));
  assert.deepEqual(
    lines.map((line) => Number.parseInt(line, 10)),
    Array.from({ length: 28 }, (_, index) => index + 1),
    said,
  );
  assert.match(lines[0]!, /^ ?1 +client -> keystone +http +[\d.]+ ms/);
  assert.match(lines[24]!, /^25 +nova-compute -> cinder-api +http +[\d.]+ ms/);
  assert.match(lines[27]!, /^28 +nova-compute -> hypervisor +native +[\d.]+ ms/);
  const [, keyFile, address] = /^ *ssh -i (\S+) .*root@(\S+)$/m.exec(said) ?? [];
  const guest = await new GuestShell(address!, keyFile!).ready();
  assert.match(await guest.run('hostname'), /^demo-/);
  assert.equal((await guest.extraDisks()).length, 1);
  const id = /kumo trace (\S+)/.exec(said)![1]!;
  const again = (await cloud.kumo('trace', id)).trimEnd().split('\n');
  assert.deepEqual(
    again.map((line) => line.slice(0, 45)),
    lines.map((line) => line.slice(0, 45)),
  );
});

test('a server that nobody made has no trace, in one sentence', async () => {
  const { code, stdout, stderr } = await cloud.kumoOutcome(['trace', '00000000-0000-4000-8000-000000000000']);
  assert.equal(stdout, '');
  assert.match(stderr, /^kumo: no trace of server 00000000-0000-4000-8000-000000000000 is kept here[^\n]*\n$/);
  assert.equal(code, 1);
});
