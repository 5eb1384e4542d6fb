/** A whole cloud of fake drivers below a small file system, under the load of its members, while that is filled and freed. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { noSmallDisk, type SmallDisk, smallDisk } from '../../core/src/testing/small-disk.ts';
import type { Api } from '../src/api.ts';
import { Cloud } from '../src/cloud.ts';
import { eventually } from '../src/eventually.ts';
import { type LoadKind, MemberLoad } from '../src/member-load.ts';

const skip = noSmallDisk;
const AT_ONCE = 60;
const SERVICES = ['keystone', 'glance', 'placement', 'nova', 'neutron', 'cinder'];
let cloud: Cloud;
let disk: SmallDisk;
let admin: Api;

before(async () => {
  if (skip) return;
  cloud = await Cloud.prepare({ fake: true });
  mkdirSync(cloud.stateDir);
  disk = smallDisk(96, cloud.stateDir);
  await cloud.up();
  admin = await cloud.api();
  const { projectId } = admin;
  await admin.put('network', `/quotas/${projectId}`, { quota: { network: -1 } });
  const compute = { instances: -1, cores: -1, ram: -1, key_pairs: -1 };
  await admin.put('compute', `/os-quota-sets/${projectId}`, { quota_set: compute });
  await admin.put('volume', `/os-quota-sets/${projectId}`, { quota_set: { volumes: -1, gigabytes: -1 } });
});
after(async () => {
  if (!cloud) return;
  await cloud.down();
  disk?.[Symbol.dispose]();
  await cloud[Symbol.asyncDispose]();
});

async function kinds(): Promise<Record<string, LoadKind>> {
  const { flavors } = await admin.get<{ flavors: { id: string }[] }>('compute', '/flavors');
  const { images } = await admin.get<{ images: { id: string; status: string }[] }>('image', '/images');
  const imageRef = images.find(({ status }) => status === 'active')?.id;
  assert.ok(imageRef, 'there is an image');
  const server = (name: string) => ({ name, flavorRef: flavors[0]!.id, imageRef, networks: 'none' });
  return {
    network: {
      ...{ service: 'network', path: '/networks' },
      body: (name) => ({ network: { name } }),
      idOf: ({ network }: { network: { id: string } }) => network.id,
    },
    image: {
      ...{ service: 'image', path: '/images' },
      body: (name) => ({ name, description: 'x'.repeat(5_000) }),
      idOf: ({ id }: { id: string }) => id,
    },
    'key pair': {
      ...{ service: 'compute', path: '/os-keypairs' },
      body: (name) => ({ keypair: { name, public_key: `ssh-ed25519 ${KEY}` } }),
      idOf: ({ keypair }: { keypair: { name: string } }) => keypair.name,
    },
    volume: {
      ...{ service: 'volume', path: '/volumes', most: 4 },
      body: (name) => ({ volume: { name, size: 1 } }),
      idOf: ({ volume }: { volume: { id: string } }) => volume.id,
    },
    server: {
      ...{ service: 'compute', path: '/servers', most: 3 },
      body: (name) => ({ server: server(name) }),
      idOf: ({ server: { id } }: { server: { id: string } }) => id,
    },
    user: {
      ...{ service: 'identity', path: '/users' },
      body: (name) => ({ user: { name } }),
      idOf: ({ user }: { user: { id: string } }) => user.id,
    },
  };
}
const KEY = 'AAAAC3NzaC1lZDI1NTE5AAAAIJ7pZ3r5bT0cW0X1m9c1B6m3VtWkq2E5q0bWZr2Jx1Qe';

test('a full disk: who reads is served, who changes is told why, and within 5 s of room all is as before, with all that was answered', {
  skip,
  timeout: 180_000,
}, async () => {
  const load = new MemberLoad(admin, await kinds(), AT_ONCE);
  let full = 0;
  let freed = 0;
  try {
    await sleep(2_000);
    full = performance.now();
    // What checkpoints and removed logs give back is taken as well.
    for (let i = 0; i < 50; i++) {
      disk.fill();
      await sleep(100);
    }
    const login = await cloud.api();
    assert.ok(login.token, 'logins go on');
    disk.free();
    freed = performance.now();
    await sleep(8_000);
  } finally {
    await load.stop();
  }

  assert.deepEqual(load.broken, [], 'every request was answered');
  const reads = load.answers.filter(({ isRead }) => isRead);
  assert.ok(reads.length > 100, `${reads.length} reads`);
  const failedReads = reads.filter(({ status }) => status !== 200);
  assert.deepEqual(failedReads, []);
  const changes = load.answers.filter(({ isRead }) => !isRead);
  const refused = changes.filter(({ status }) => status >= 400);
  assert.ok(refused.length > 100, `${refused.length} were refused`);
  // Also Nova's, when it is another service that has no room.
  for (const { kind, status, text } of refused)
    assert.ok(status === 503 && /disk/.test(text), `${kind}: ${status} ${text}`);
  // A database whose log has room of its own goes on; most have none.
  const kindsRefused = new Set(refused.map(({ kind }) => kind));
  assert.ok(kindsRefused.size >= 3, [...kindsRefused].join());
  assert.ok(refused.every(({ atMs }) => atMs > full));
  const late = refused.filter(({ atMs }) => atMs > freed + 5_000);
  assert.deepEqual(late, [], 'nothing is refused 5 s after there was room');

  for (const [place, { kind, service }] of load.there)
    assert.ok(await admin.exists(service, place), `${kind} ${place} was answered and is lost`);
  assert.ok(load.gone.size > 0, 'something was deleted');
  for (const [place, service] of load.gone)
    assert.ok(!(await admin.exists(service, place)), `${place} was answered to be gone`);
  await atRest(load);
  for (const service of SERVICES) {
    using database = new DatabaseSync(join(cloud.stateDir, 'db', `${service}.db`), { readOnly: true });
    assert.deepEqual({ ...database.prepare('pragma quick_check').get() }, { quick_check: 'ok' }, service);
  }
  const { services, ready } = await cloud.status();
  assert.ok(ready && services.every(({ healthy }) => healthy));
  const log = readFileSync(join(cloud.stateDir, 'log', 'kumo.log'), 'utf8');
  assert.match(log, /spans can be stored again/);
});

/** What was under way goes on by itself: nothing stays half made. */
async function atRest(load: MemberLoad): Promise<void> {
  const wanted = [...load.there].filter(([, { kind }]) => kind === 'server' || kind === 'volume');
  assert.ok(wanted.length > 20, `${wanted.length} servers and volumes`);
  for (const [place, { kind, service }] of wanted) {
    const status = await eventually(
      `${kind} ${place} at rest`,
      async () => {
        const shown = await admin.get<Record<string, { status: string }>>(service, place);
        const { status } = shown[kind]!;
        return ['BUILD', 'creating'].includes(status) ? undefined : status;
      },
      { timeoutMs: 30_000 },
    );
    assert.ok(['ACTIVE', 'available', 'ERROR', 'error'].includes(status), `${kind} ${place}: ${status}`);
  }
}
