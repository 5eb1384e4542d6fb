/** What only a real guest shows: its disks from the inside, its console, its process, its config drive. */
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { test } from 'node:test';
import { booted, QemuHost, shell, until } from './qemu-host.ts';

const signal = new AbortController().signal;

test('a guest from the inside', { timeout: 240_000 }, async (t) => {
  await using host = await QemuHost.create();
  const driver = await host.open({ consoleCheckMs: 50 });
  await driver.inventory();
  const secret = 'correct horse battery staple';
  const spec = host.spec({ configDrive: { 'openstack/latest/secret': secret }, serialLogBytes: 64 << 10 });
  t.after(async () => {
    await driver.destroy(handle);
    await driver.close();
  });
  const startedAt = performance.now();
  const handle = await driver.spawn(spec, signal);
  const spawnMs = performance.now() - startedAt;
  t.diagnostic(`spawn took ${Math.round(spawnMs)} ms`);
  const serial = host.runPath(spec.serverId, 'serial.sock');
  const inGuest = (command: string) => shell(serial, command);

  await t.test('it runs as an unprivileged user without secrets in sight', async () => {
    const pid = await host.pid(spec.serverId);
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const uid = (await readFile(host.path(`instances/${spec.serverId}/id`), 'utf8')).trim();
    assert.match(status, new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, 'm'));
    assert.match(status, /^CapEff:\s+0+$/m);
    assert.match(status, /^NoNewPrivs:\s+1$/m);
    assert.match(status, /^Seccomp:\s+2$/m);
    const instance = host.path(`instances/${spec.serverId}`);
    for (const name of ['disk', 'config.iso', 'console.log', 'spec.json', 'qemu.log']) {
      assert.equal((await stat(`${instance}/${name}`)).mode & 0o777, 0o600, name);
    }
    assert.ok(!(await readFile(`${instance}/spec.json`, 'utf8')).includes(secret));
    const around = await stat(instance);
    assert.deepEqual([around.mode & 0o777, around.uid, `${around.gid}`], [0o710, 0, uid], 'its group alone passes');
  });

  await booted(driver, handle);
  await t.test('the config drive is a CD-ROM labelled config-2', async () => {
    const mounted = await inGuest(
      'mkdir -p /tmp/c; mount -t iso9660 -o ro /dev/sr0 /tmp/c && cat /tmp/c/openstack/latest/secret; dd if=/dev/sr0 bs=1 skip=32808 count=8 2>/dev/null',
    );
    assert.match(mounted, new RegExp(`${secret}\\s*config-2`));
  });

  await t.test('what is written to a volume is on it for the next guest device', async () => {
    const volume = await host.volume('data');
    await driver.volumes.attach(handle, volume, signal);
    assert.match(await inGuest('sleep 1; cat /sys/block/vdb/serial; echo'), new RegExp(volume.volumeId.slice(0, 20)));
    await inGuest('echo kumo was here | dd of=/dev/vdb conv=sync,fsync 2>/dev/null');
    await driver.volumes.detach(handle, volume.volumeId, signal);
    assert.equal(await inGuest('test -e /sys/block/vdb || echo none'), 'none');
    assert.match(await readFile(host.path('data.raw'), 'latin1'), /^kumo was here/);
    await driver.volumes.attach(handle, { ...volume, readOnly: true }, signal);
    assert.match(await inGuest('sleep 1; head -c 13 /dev/vdb; echo; cat /sys/block/vdb/ro'), /kumo was here\s+1/);
    await driver.volumes.detach(handle, volume.volumeId, signal);
  });

  await t.test('an interface has the MAC and MTU that were asked for', async () => {
    const nic = await host.nic();
    await driver.interfaces.attach(handle, nic, signal);
    const link = await inGuest('sleep 1; ip link');
    assert.match(link, new RegExp(nic.mac));
    assert.match(link, /mtu 1450/);
    await driver.interfaces.detach(handle, nic.portId, signal);
  });

  await t.test('the console is bounded and keeps its end', async () => {
    const say = 'echo "line $i of a guest that talks and talks and talks"';
    // The last line comes often: QEMU's serial port doubles a character in one line of thirty.
    await inGuest(`i=0; while [ $i -lt 3999 ]; do ${say}; i=$((i+1)); done; for again in 1 2 3 4 5; do ${say}; done`);
    const log = host.path(`instances/${spec.serverId}/console.log`);
    await until(async () => (await stat(log)).size < 33 << 10, 5_000, 'the log is not cut');
    assert.ok((await stat(`${log}.1`)).size <= 32 << 10);
    const output = await driver.consoleOutput(handle);
    assert.match(output, /line 3999 of a guest/);
    assert.ok(!output.includes('\0'), 'QEMU goes on at the new end of a cut file');
    assert.equal((await driver.consoleOutput(handle, { lines: 3 })).trimEnd().split('\n').length, 3);
  });

  await t.test('a guest that powers itself off is shut down, not crashed', async () => {
    const abort = new AbortController();
    const seen = (async () => {
      for await (const event of driver.events(abort.signal))
        if (event.type === 'shutdown' || event.type === 'crashed') return event.type;
    })();
    const ending = inGuest('poweroff').catch(() => undefined);
    assert.equal(await seen, 'shutdown');
    assert.equal(await driver.state(handle), 'shutdown');
    abort.abort();
    await driver.destroy(handle);
    await ending;
  });
});

test('a q35 machine takes devices while it runs, and after a restart of Kumo', { timeout: 240_000 }, async (t) => {
  await using host = await QemuHost.create();
  const spec = host.spec({ hardware: { machine: 'q35' } });
  const first = await host.open();
  const handle = await first.spawn(spec, signal);
  await first.close();
  const driver = await host.open();
  t.after(async () => {
    await driver.destroy(handle);
    await driver.close();
  });
  assert.equal(await driver.recover(handle), 'running');
  await booted(driver, handle);
  const [one, two] = [await host.volume('one'), await host.volume('two')];
  await driver.volumes.attach(handle, one, signal);
  await driver.volumes.attach(handle, two, signal);
  await driver.volumes.detach(handle, one.volumeId, signal);
  await driver.volumes.detach(handle, two.volumeId, signal);
  assert.equal((await driver.diagnostics(handle)).disks.length, 1);
});
