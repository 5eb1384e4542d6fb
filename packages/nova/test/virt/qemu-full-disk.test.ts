/** A guest that fills the disk of its host is stopped, and goes on when there is room. */
import assert from 'node:assert/strict';
import { mkdir, open } from 'node:fs/promises';
import { test } from 'node:test';
import { noSmallDisk, smallDisk } from '../../../core/src/testing/small-disk.ts';
import type { GuestEventType } from '../../src/drivers/virt/driver.ts';
import { QemuHost, until } from './qemu-host.ts';

const signal = new AbortController().signal;
const MiB = 2 ** 20;

/**
 * A boot sector that writes 32 KiB after 32 KiB of its disk, from 512 KiB on: BIOS function 43h with the packet at 7C40h,
 * `again: mov si,7C40h; mov ax,4300h; mov dl,80h; int 13h; jc $; add dword [7C48h],64; jmp again`.
 */
function writerSector(): Buffer {
  const sector = Buffer.alloc(512);
  const code = '31c08ed8' + 'be407c' + 'b80043' + 'b280' + 'cd13' + '72fe' + '668106487c40000000' + 'ebe9';
  sector.write(code, 'hex');
  // Size of the packet, sectors, offset and segment of the data, first sector.
  sector.write('1000' + '4000' + '007e' + '0000' + '0004000000000000', 0x40, 'hex');
  sector.writeUInt16LE(0xaa55, 510);
  return sector;
}

test('a guest without room for what it writes stops without an error, and goes on within 5 s when there is room', {
  skip: noSmallDisk,
  timeout: 90_000,
}, async () => {
  await using host = await QemuHost.create();
  const baseFile = host.path('writer.raw');
  {
    await using file = await open(baseFile, 'w', 0o644);
    await file.write(writerSector());
    await file.truncate(64 * MiB);
  }
  const instances = host.path('instances');
  await mkdir(instances, { mode: 0o711 });
  using disk = smallDisk(40, instances);
  disk.fill(24 * MiB);
  const seen: GuestEventType[] = [];
  const first = await host.open();
  const spec = host.spec({ image: { baseFile, format: 'raw' }, rootGb: 1 });
  const handle = await first.spawn(spec, signal);
  await until(async () => (await first.state(handle)) === 'paused', 60_000, 'the guest does not stop');
  assert.ok(disk.freeBytes() < MiB);
  await first.close();

  // Whoever finds it stalled when it starts looks after it too.
  const driver = await host.open();
  try {
    const events = (async () => {
      for await (const { type } of driver.events(signal)) seen.push(type);
    })();
    events.catch(() => {});
    await until(async () => (await driver.state(handle)) === 'paused', 5_000, 'it goes on without room');
    disk.remount('size=160m');
    await until(async () => (await driver.state(handle)) === 'running', 5_000, 'the guest does not go on');
    // What was written before and after the stop is there: the sector that stalled was written again.
    const before = disk.freeBytes();
    await until(async () => disk.freeBytes() < before - 4 * MiB, 30_000, 'it writes nothing');
    assert.ok(seen.includes('resumed'));
    await driver.destroy(handle);
  } finally {
    await driver.close();
  }
});
