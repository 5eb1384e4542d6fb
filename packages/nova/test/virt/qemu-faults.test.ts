/** Crashes of Kumo and of the host's parts around a guest that need no booted guest. */
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import { QemuHost } from './qemu-host.ts';

const signal = new AbortController().signal;

test('Kumo killed in mid-spawn: the guest is found again without its pid file, and never started twice', async () => {
  await using host = await QemuHost.create();
  const spec = host.spec();
  const first = await host.open();
  const handle = await first.spawn(spec, signal);
  const pid = await host.pid(spec.serverId);
  await first.close();
  await rm(host.runPath(spec.serverId, 'qemu.pid'));
  await using driver = disposable(await host.open());
  assert.equal(await driver.recover(handle), 'running');
  await driver.spawn(spec, signal);
  assert.ok(process.kill(pid, 0));
  await driver.destroy(handle);
  assert.deepEqual(await host.leftovers(spec.serverId), []);
});

test('a pid file that names another process harms nobody', async () => {
  await using host = await QemuHost.create();
  await using driver = disposable(await host.open());
  const spec = host.spec();
  const handle = await driver.spawn(spec, signal);
  await host.kill(spec.serverId);
  await writeFile(host.runPath(spec.serverId, 'qemu.pid'), `${process.pid}\n`);
  assert.equal(await driver.state(handle), 'crashed');
  await driver.power(handle, 'force-stop', signal);
  assert.equal(await driver.state(handle), 'shutdown');
  await driver.destroy(handle);
});

test('an aborted spawn, and one without its tap, leave nothing and say why', async () => {
  await using host = await QemuHost.create();
  await using driver = disposable(await host.open());
  const nic = { portId: crypto.randomUUID(), mac: 'fa:16:3e:00:00:02', tap: 'kvq-none', mtu: 1450 };
  const untapped = host.spec({ nics: [nic] });
  await assert.rejects(driver.spawn(untapped, signal), /there is no tap interface kvq-none/);
  assert.deepEqual(await host.leftovers(untapped.serverId), []);

  const aborted = host.spec();
  const abort = new AbortController();
  const spawning = driver.spawn(aborted, abort.signal);
  await sleep(5);
  abort.abort();
  await assert.rejects(spawning);
  assert.deepEqual(await host.leftovers(aborted.serverId), []);
});

test('a volume whose server is gone is refused with QEMU’s reason, and the guest goes on', {
  timeout: 60_000,
}, async () => {
  await using host = await QemuHost.create();
  await using driver = disposable(await host.open());
  const spec = host.spec();
  const handle = await driver.spawn(spec, signal);
  const source = { kind: 'nbd', socket: host.path('nobody.sock'), exportName: 'x' } as const;
  const disk = { volumeId: crypto.randomUUID(), source, bus: 'virtio', readOnly: false } as const;
  await assert.rejects(
    driver.volumes.attach(handle, disk, signal),
    (error) => error instanceof DriverError && /nobody.sock/.test(error.message),
  );
  assert.equal((await driver.diagnostics(handle)).disks.length, 1);
  assert.equal(await driver.state(handle), 'running');
  await driver.destroy(handle);
});

test('every kind of hardware starts, also with nothing but a volume', { timeout: 60_000 }, async () => {
  await using host = await QemuHost.create();
  await using driver = disposable(await host.open());
  const volume = await host.volume('root');
  const specs = [
    host.spec({ hardware: { machine: 'pc', diskBus: 'ide', vifModel: 'e1000', rng: false }, nics: [await host.nic()] }),
    host.spec({ hardware: { machine: 'q35', diskBus: 'scsi', vifModel: 'e1000e' }, nics: [await host.nic()] }),
    host.spec({ hardware: { machine: 'q35', diskBus: 'ide', vifModel: 'rtl8139' }, nics: [await host.nic()] }),
    host.spec({ image: undefined, vcpus: 2, disks: [{ ...volume, bootIndex: 0 }], nics: [await host.nic()] }),
  ];
  for (const spec of specs) {
    const handle = await driver.spawn(spec, signal);
    assert.equal(await driver.state(handle), 'running');
    const { disks, nics, cpus } = await driver.diagnostics(handle);
    assert.deepEqual([disks.length, nics.length, cpus.length], [1, 1, spec.vcpus]);
    await driver.destroy(handle);
    assert.deepEqual(await host.leftovers(spec.serverId), []);
  }
});

test('state directories and guests’ ids that cannot work are refused at once', async () => {
  await using host = await QemuHost.create();
  await assert.rejects(host.open({ stateDir: `/tmp/${'x'.repeat(60)}` }), /too long for UNIX sockets/);
  await assert.rejects(host.open({ stateDir: '/tmp/a,b' }), /without commas/);
  if (process.getuid?.() === 0) {
    await assert.rejects(host.open({ guestIds: { first: 0xffff_fff0, count: 100 } }), /set nova\.compute\.guestIds/);
  }
});

function disposable<T extends { close(): Promise<void> }>(driver: T): T & AsyncDisposable {
  return Object.assign(driver, { [Symbol.asyncDispose]: () => driver.close() });
}
