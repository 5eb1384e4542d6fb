import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { imageFormatMismatch, imageUnsafe, imageVirtualSizeTooLarge } from '@kumo/core/imageformat';
import {
  type ConnectionInfo,
  connectorGroupInvalid,
  snapshotMissing,
  type VolumeDriver,
  volumeCannotShrink,
  volumeConnected,
  volumeMissing,
} from './driver.ts';

/** A driver with an empty backend, and a guest's access to a connected volume: eight equal bytes at an offset. */
export interface VolumeDriverHarness {
  driver: VolumeDriver;
  /** The name of the driver's own host. */
  host: string;
  /** Groups of guests of that host; none where guests have no groups of their own. */
  guestGids: readonly number[];
  /** Ends, without warning, what serves a connected volume; nothing where nothing does. */
  endServer(volumeId: string): Promise<void>;
  write(connection: ConnectionInfo, offset: number, byte: number): Promise<void>;
  read(connection: ConnectionInfo, offset: number): Promise<number>;
}

const gb = 2 ** 30;
const offset = 512 << 10;

async function* imageOf(data: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += 10_000) yield data.subarray(at, at + 10_000);
}

/** Begins an image with what would lead a reader that guesses formats to a file of the host. */
export function forgedQcow2(): Buffer {
  const bytes = Buffer.alloc(1 << 20);
  bytes.write('QFI\xfb\0\0\0\x03', 0, 'latin1');
  bytes.writeBigUInt64BE(512n, 8);
  bytes.writeUInt32BE(11, 16);
  bytes.writeUInt32BE(16, 20);
  bytes.writeBigUInt64BE(1n << 20n, 24);
  bytes.writeUInt32BE(104, 100);
  bytes.write('/etc/passwd', 512);
  return bytes;
}

/** What every volume driver must do. `make` gives a harness; the caller of the suite cleans up behind it. */
export function volumeDriverConformance(name: string, make: () => Promise<VolumeDriverHarness>): void {
  describe(`volume driver: ${name}`, () => {
    test('a volume keeps what is written to it, over connections', async () => {
      const { driver, host, write, read } = await make();
      const id = randomUUID();
      assert.deepEqual(await driver.create({ id, sizeGb: 1 }), { version: 1, driver: driver.name, id, sizeGb: 1 });
      const first = await driver.initializeConnection(id, { host });
      assert.deepEqual(await driver.initializeConnection(id, { host, ip: '192.0.2.1' }), first);
      assert.equal(await read(first, offset), 0);
      await write(first, offset, 0x5a);
      await driver.terminateConnection(id, { host });
      await driver.terminateConnection(id, { host });
      await assert.rejects(read(first, offset));
      const second = await driver.initializeConnection(id, { host });
      assert.equal(await read(second, offset), 0x5a);
      await driver.terminateConnection(id);
    });

    test('every method may be repeated; a repetition keeps the data', async () => {
      const { driver, host, write, read } = await make();
      const [id, snapshotId] = [randomUUID(), randomUUID()];
      await driver.create({ id, sizeGb: 1 });
      const connection = await driver.initializeConnection(id, { host });
      await write(connection, offset, 1);
      await driver.createSnapshot({ id: snapshotId, volumeId: id });
      await write(connection, offset, 2);
      await driver.create({ id, sizeGb: 1 });
      assert.equal(await read(connection, offset), 2);
      const again = await driver.createSnapshot({ id: snapshotId, volumeId: id });
      assert.deepEqual(again, { version: 1, driver: driver.name, id: snapshotId, volumeId: id, sizeGb: 1 });
      const copy = randomUUID();
      for (let round = 0; round < 2; round += 1) await driver.createFromSnapshot({ id: copy, sizeGb: 1, snapshotId });
      assert.equal(await read(await driver.initializeConnection(copy, { host }), offset), 1);
      for (const volumeId of [id, copy]) await driver.terminateConnection(volumeId);
      for (let round = 0; round < 2; round += 1) {
        for (const volumeId of [id, copy]) await driver.delete(volumeId);
        await driver.deleteSnapshot(snapshotId);
      }
      assert.deepEqual(await driver.list(), { volumes: [], snapshots: [] });
    });

    test('snapshots and clones hold one moment, and need nothing but themselves', async () => {
      const { driver, host, write, read } = await make();
      const [source, snapshotId, clone, restored] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
      await driver.create({ id: source, sizeGb: 1 });
      const connection = await driver.initializeConnection(source, { host });
      await write(connection, offset, 7);
      await driver.createSnapshot({ id: snapshotId, volumeId: source });
      await driver.createFromVolume({ id: clone, sizeGb: 2, sourceId: source });
      await write(connection, offset, 8);
      await driver.terminateConnection(source, { host });
      await driver.delete(source);
      await driver.createFromSnapshot({ id: restored, sizeGb: 3, snapshotId });
      for (const [id, sizeGb] of [
        [clone, 2],
        [restored, 3],
      ] as const) {
        const copy = await driver.initializeConnection(id, { host });
        assert.equal(await read(copy, offset), 7);
        await write(copy, sizeGb * gb - 4096, 9);
        assert.equal(await read(copy, sizeGb * gb - 4096), 9);
        await driver.terminateConnection(id);
        await driver.delete(id);
      }
      await driver.deleteSnapshot(snapshotId);
    });

    test('volumes grow, connected or not, and never shrink', async () => {
      const { driver, host, write, read } = await make();
      const id = randomUUID();
      await driver.create({ id, sizeGb: 1 });
      assert.equal((await driver.extend(id, 2)).sizeGb, 2);
      const connection = await driver.initializeConnection(id, { host });
      await write(connection, 2 * gb - 4096, 3);
      assert.equal((await driver.extend(id, 3)).sizeGb, 3);
      assert.equal((await driver.extend(id, 3)).sizeGb, 3);
      assert.equal(await read(connection, 2 * gb - 4096), 3);
      await write(connection, 3 * gb - 4096, 4);
      assert.equal(await read(connection, 3 * gb - 4096), 4);
      await assert.rejects(driver.extend(id, 1), volumeCannotShrink.is);
      await driver.terminateConnection(id);
      const [clone, snapshotId] = [randomUUID(), randomUUID()];
      await assert.rejects(driver.createFromVolume({ id: clone, sizeGb: 2, sourceId: id }), volumeCannotShrink.is);
      await driver.createSnapshot({ id: snapshotId, volumeId: id });
      await assert.rejects(driver.createFromSnapshot({ id: clone, sizeGb: 2, snapshotId }), volumeCannotShrink.is);
      assert.deepEqual(
        (await driver.list()).volumes.map((volume) => volume.id),
        [id],
      );
    });

    test('a raw image fills a volume and comes back as an image', async () => {
      const { driver, host, read } = await make();
      const id = randomUUID();
      const data = Buffer.alloc(700_000);
      data.fill(0xab, offset, offset + 4096);
      await driver.createFromImage({ id, sizeGb: 1, image: { format: 'raw', stream: imageOf(data) } });
      const connection = await driver.initializeConnection(id, { host });
      assert.deepEqual([await read(connection, offset), await read(connection, 0)], [0xab, 0]);
      for (const connected of [true, false]) {
        if (!connected) await driver.terminateConnection(id);
        let size = 0;
        let at: number | undefined;
        for await (const chunk of (await driver.copyToImage(id)) as AsyncIterable<Buffer>) {
          if (size <= offset && offset < size + chunk.length) at = chunk[offset - size];
          size += chunk.length;
        }
        assert.deepEqual([size, at], [gb, 0xab]);
      }
    });

    test('OSSA-2024-001, OSSA-2023-002: an image that lies about itself fills nothing and leaves nothing', async () => {
      const { driver } = await make();
      const forged = forgedQcow2();
      const id = randomUUID();
      const from = (format: string, data = forged, sizeGb = 1) =>
        driver.createFromImage({ id, sizeGb, image: { format, stream: imageOf(data) } });
      await assert.rejects(from('raw'), imageFormatMismatch.is);
      await assert.rejects(from('qcow2'), imageUnsafe.is);
      await assert.rejects(
        from('vmdk', Buffer.from('# Disk DescriptorFile\nRW 1 FLAT "/etc/passwd" 0\n')),
        imageUnsafe.is,
      );
      await assert.rejects(from('qcow2', Buffer.alloc(1000)), imageFormatMismatch.is);
      assert.deepEqual((await driver.list()).volumes, []);
    });

    test('OSSA-2013-012: an image larger than the volume fills nothing', async () => {
      const { driver } = await make();
      async function* large() {
        const chunk = Buffer.alloc(16 << 20);
        for (let sent = 0; sent <= gb; sent += chunk.length) yield chunk;
      }
      const volume = { id: randomUUID(), sizeGb: 1, image: { format: 'raw', stream: large() } };
      await assert.rejects(driver.createFromImage(volume), imageVirtualSizeTooLarge.is);
      assert.deepEqual((await driver.list()).volumes, []);
    });

    test('what is missing, connected or no id is refused', async () => {
      const { driver, host } = await make();
      const [id, missing] = [randomUUID(), randomUUID()];
      await driver.create({ id, sizeGb: 1 });
      await driver.initializeConnection(id, { host });
      await assert.rejects(driver.delete(id), volumeConnected.is);
      await assert.rejects(driver.extend(missing, 2), volumeMissing.is);
      await assert.rejects(driver.copyToImage(missing), volumeMissing.is);
      await assert.rejects(driver.initializeConnection(missing, { host }), volumeMissing.is);
      await assert.rejects(driver.createSnapshot({ id: randomUUID(), volumeId: missing }), volumeMissing.is);
      await assert.rejects(
        driver.createFromVolume({ id: randomUUID(), sizeGb: 1, sourceId: missing }),
        volumeMissing.is,
      );
      await assert.rejects(
        driver.createFromSnapshot({ id: randomUUID(), sizeGb: 1, snapshotId: missing }),
        snapshotMissing.is,
      );
      await driver.terminateConnection(missing, { host });
      for (const bad of ['', '..', '../x', '*', `${missing}/..`]) {
        await assert.rejects(async () => driver.create({ id: bad, sizeGb: 1 }), { name: 'DriverError' });
        await assert.rejects(async () => driver.delete(bad), { name: 'DriverError' });
      }
      const { volumes } = await driver.list();
      assert.deepEqual(volumes, [{ version: 1, driver: driver.name, id, sizeGb: 1, connectedHosts: [host] }]);
      assert.deepEqual(await driver.recover(), { exported: [id], failed: [] });
      await driver.terminateConnection(id, { host });
      assert.deepEqual(await driver.recover(), { exported: [], failed: [] });
    });

    test('guests come by their groups, which stay theirs; the group of root is no guest', async () => {
      const { driver, host, guestGids, read, write } = await make();
      const id = randomUUID();
      await driver.create({ id, sizeGb: 1 });
      await assert.rejects(driver.initializeConnection(id, { host, gid: 0 }), connectorGroupInvalid.is);
      assert.deepEqual((await driver.list()).volumes[0]!.connectedHosts, []);
      const connections = new Map<number, ConnectionInfo>();
      for (const gid of guestGids) connections.set(gid, await driver.initializeConnection(id, { host, gid }));
      for (const [gid, connection] of connections) {
        assert.deepEqual(await driver.initializeConnection(id, { host, gid }), connection);
        await write(connection, offset, 0x21);
        assert.equal(await read(connection, offset), 0x21);
      }
      await driver.terminateConnection(id, { host });
      for (const connection of connections.values()) await assert.rejects(read(connection, offset));
    });

    test('a server that ends is there again within 5 seconds, at the same place, with everything written', async () => {
      const { driver, host, guestGids, endServer, read, write } = await make();
      const id = randomUUID();
      await driver.create({ id, sizeGb: 1 });
      await driver.recover();
      const connection = await driver.initializeConnection(id, { host, gid: guestGids[0] });
      for (let round = 1; round < 4; round += 1) {
        await write(connection, offset, round);
        await endServer(id);
        const deadline = Date.now() + 5_000;
        let found: number | undefined;
        while (found === undefined) {
          found = await read(connection, offset).catch((error) => {
            if (Date.now() > deadline) throw error;
            return undefined;
          });
        }
        assert.equal(found, round);
      }
    });

    test('stats count what was promised', async () => {
      const { driver } = await make();
      const id = randomUUID();
      await driver.create({ id, sizeGb: 5 });
      await driver.createSnapshot({ id: randomUUID(), volumeId: id });
      const stats = await driver.stats();
      assert.deepEqual([stats.provisionedGb, stats.volumes, stats.snapshots], [10, 1, 1]);
      assert.ok(stats.totalGb > 0 && stats.freeGb >= 0 && stats.freeGb <= stats.totalGb);
    });

    test('many operations at once on one volume keep their order', async () => {
      const { driver, host, read, write } = await make();
      const id = randomUUID();
      await Promise.all([1, 2, 3].map(() => driver.create({ id, sizeGb: 1 })));
      const connections = await Promise.all([1, 2, 3].map(() => driver.initializeConnection(id, { host })));
      await write(connections[0]!, offset, 6);
      assert.equal(await read(connections[2]!, offset), 6);
      await Promise.all([
        driver.terminateConnection(id, { host }),
        driver.terminateConnection(id, { host }),
        driver.delete(id),
      ]);
      assert.deepEqual((await driver.list()).volumes, []);
    });
  });
}
