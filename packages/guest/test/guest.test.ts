import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildImage } from '../src/image.ts';
import { run } from '../src/run.ts';
import { makeConfigDrive, qemuProgram, Vm } from './vm.ts';

const userData = '#!/bin/sh\necho "run by $(id -un)" >>/root/user-data-ran\n';
let directory: string;
let image: string;

before(async () => {
  for (const program of [qemuProgram, 'qemu-img', 'ssh', 'genisoimage'])
    await run(program, [program === 'ssh' ? '-V' : '--version']);
  directory = await mkdtemp(join(tmpdir(), 'kumo-guest-test-'));
  image = process.env.KUMO_GUEST_IMAGE ?? join(directory, 'image.qcow2');
  if (!process.env.KUMO_GUEST_IMAGE)
    await buildImage({ output: image, cache: join(directory, 'cache'), log: console.log });
});

after(() => rm(directory, { recursive: true, force: true }));

test('the image is one small qcow2 file', async () => {
  const { size } = await stat(image);
  assert.ok(size < 40 * 1024 * 1024, `the image has ${size} bytes`);
  const info = JSON.parse((await run('qemu-img', ['info', '--output=json', image])).toString());
  assert.equal(info.format, 'qcow2');
  assert.equal(info['backing-filename'], undefined);
  assert.equal(info['format-specific'].data['data-file'], undefined);
});

test('a guest with 64 MB boots, keeps its disk, takes a volume and powers off', async (t) => {
  const disk = join(directory, 'disk.qcow2');
  await copyFile(image, disk);
  await run('qemu-img', ['resize', '-q', disk, '1G']);
  await run('qemu-img', ['create', '-q', '-f', 'raw', join(directory, 'volume.raw'), '32M']);
  await makeConfigDrive(directory, 'first-guest', userData);

  await using vm = await Vm.start(disk, directory);
  await vm.waitForSerial('kumo-guest: init', 60);
  t.diagnostic(`init after ${vm.age.toFixed(1)} s`);
  await vm.waitForSerial('kumo-guest: ssh ready', 60);
  t.diagnostic(`ssh ready after ${vm.age.toFixed(1)} s`);
  assert.match(await vm.serial(), /kumo-guest: address eth0 10\.0\.2\.15\/24/);
  assert.equal(await vm.ssh('hostname'), 'first-guest');
  assert.equal(await vm.ssh('id -u', 'kumo'), '1000');

  await vm.waitForSerial('user data ended with exit code 0', 20);
  await vm.waitForSerial('grew to', 20);
  assert.ok(Number(await vm.ssh("df -m / | awk 'NR == 2 { print $2 }'")) > 900, 'the root file system fills the disk');
  await vm.ssh('echo kept >/root/kept; reboot');
  await vm.waitForSerial('kumo-guest: ssh ready', 60, 2);
  assert.equal(await vm.ssh('cat /root/kept'), 'kept');
  assert.equal(await vm.ssh('cat /root/user-data-ran'), 'run by root');

  const volume = {
    driver: 'raw',
    'node-name': 'volume',
    file: { driver: 'file', filename: join(directory, 'volume.raw') },
  };
  await vm.qmp('blockdev-add', volume);
  await vm.qmp('device_add', { driver: 'virtio-blk-pci', drive: 'volume', id: 'volume' });
  // The config drive is vdb here.
  await until(async () => (await vm.ssh('lsblk')).includes('vdc '), 10, 'the volume appears');
  await vm.ssh('mkfs.ext4 -q /dev/vdc && mount /dev/vdc /mnt && echo written >/mnt/file && umount /mnt');
  await vm.qmp('device_del', { id: 'volume' });
  await until(async () => !(await vm.ssh('lsblk')).includes('vdc '), 10, 'the volume is gone');

  await vm.qmp('system_powerdown');
  await vm.waitForExit(15);
});

async function until(holds: () => Promise<boolean>, seconds: number, what: string): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `within ${seconds} s: ${what}`);
    await sleep(200);
  }
}
