/** Whose a guest's process, files and taps are: across restarts, hot-plugging, and an upgrade from one user for all. */
import assert from 'node:assert/strict';
import { readFile, rm, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { defaultIdBounds, NetworkGuard } from '@kumo/core/confine';
import { QemuHost } from './qemu-host.ts';

const signal = new AbortController().signal;
const options = { timeout: 120_000, skip: process.getuid?.() === 0 ? false : 'needs root' };

test('ids: one for each guest, kept over restarts of both, and gone with it', options, async (t) => {
  await using host = await QemuHost.create();
  const bounds = defaultIdBounds(host.stateDir, 'guests');
  const first = await host.open();
  const [one, other] = [host.spec(), host.spec({ nics: [await host.nic()] })];
  const group = await first.volumes.group?.({ v: 1, serverId: one.serverId });
  const handle = await first.spawn(one, signal);
  const neighbour = await first.spawn(other, signal);
  const uid = await userOf(host, one.serverId);
  assert.equal(uid, group, 'volumes were given to the group that the guest then has');
  assert.ok(uid >= bounds.first && uid < bounds.first + bounds.count);
  assert.notEqual(await userOf(host, other.serverId), uid);
  assert.equal(await tapOwner(other.nics[0]!.tap), await userOf(host, other.serverId));
  await first.close();

  const driver = await host.open();
  t.after(() => driver.close());
  await driver.power(handle, 'reboot-hard', signal);
  assert.equal(await userOf(host, one.serverId), uid);
  await driver.destroy(handle);
  assert.equal(await driver.volumes.group?.(neighbour), await userOf(host, other.serverId));
  await driver.destroy(neighbour);
  assert.deepEqual(await host.leftovers(one.serverId), []);
});

test(
  'ids: a spawn that fails leaves the id to the volumes that were given to it, and destroy takes it',
  options,
  async (t) => {
    await using host = await QemuHost.create();
    const driver = await host.open();
    t.after(() => driver.close());
    const spec = host.spec({ image: { baseFile: host.path('none'), format: 'raw' } });
    const handle = { v: 1, serverId: spec.serverId } as const;
    const group = await driver.volumes.group?.(handle);
    await assert.rejects(driver.spawn(spec, signal), /none/);
    assert.equal(await driver.volumes.group?.(handle), group);
    assert.deepEqual(await driver.list(), [spec.serverId], 'found as an orphan, if nobody comes back');
    await driver.destroy(handle);
    assert.deepEqual(await host.leftovers(spec.serverId), []);
  },
);

test(
  'ids: a guest of before goes on as the user that it runs as, and has its own from its next start on',
  options,
  async (t) => {
    await using host = await QemuHost.create();
    const guestIds = { first: 63_990, count: 2 };
    t.after(() => NetworkGuard.remove(guestIds, { from: 'test' }));
    const before = await host.open({ guestIds });
    const spec = host.spec();
    const handle = await before.spawn(spec, signal);
    await before.close();
    const former = await userOf(host, spec.serverId);
    assert.ok(former < 64_000);
    // An instance of before has no id written down.
    await rm(host.path(`instances/${spec.serverId}/id`));

    const driver = await host.open();
    t.after(() => driver.close());
    assert.equal(await driver.recover(handle), 'running');
    assert.equal(await userOf(host, spec.serverId), former);
    assert.equal(await driver.volumes.group?.(handle), former);
    const nic = await host.nic();
    await driver.interfaces.attach(handle, nic, signal);
    assert.equal(await tapOwner(nic.tap), former);

    await driver.power(handle, 'reboot-hard', signal);
    const uid = await userOf(host, spec.serverId);
    assert.ok(uid >= defaultIdBounds(host.stateDir, 'guests').first);
    assert.equal(await driver.volumes.group?.(handle), uid);
    assert.equal(await tapOwner(nic.tap), uid);
    for (const name of ['disk', 'console.log', 'run'])
      assert.equal((await stat(host.path(`instances/${spec.serverId}/${name}`))).uid, uid, name);
    await driver.destroy(handle);
  },
);

async function userOf(host: QemuHost, serverId: string): Promise<number> {
  const status = await readFile(`/proc/${await host.pid(serverId)}/status`, 'utf8');
  return Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]);
}

async function tapOwner(tap: string): Promise<number> {
  return Number(await readFile(`/sys/class/net/${tap}/owner`, 'utf8'));
}
