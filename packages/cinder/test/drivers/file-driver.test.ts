import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@kumo/core/exec';
import { forgedQcow2 } from '../../src/drivers/volume/conformance.ts';
import { FileDriver } from '../../src/drivers/volume/index.ts';
import { type FileHarness, FileHarnesses, host, nbdUri, qemuIo } from './file-harness.ts';

const harnesses = new FileHarnesses();
let scratch: string;
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'kv-images-'));
});
after(async () => {
  await harnesses.close();
  await rm(scratch, { recursive: true, force: true });
});

const gb = 2 ** 30;

async function daemonPid({ config }: FileHarness, volumeId: string, which = 'daemon'): Promise<number> {
  return Number(await readFile(join(config.stateDirectory, 'run', volumeId, which, 'pid'), 'utf8'));
}

async function connected(extra: Parameters<FileHarnesses['make']>[0] = {}) {
  const harness = await harnesses.make(extra);
  const id = randomUUID();
  await harness.driver.create({ id, sizeGb: 1 });
  return { ...harness, harness, id, connection: await harness.driver.initializeConnection(id, { host }) };
}

const allocatedBytes = async (path: string) => (await stat(path)).blocks * 512;

async function firstBytes(path: string, length: number): Promise<Buffer> {
  await using handle = await open(path);
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, 0);
  assert.equal(bytesRead, length);
  return buffer;
}

const file = ({ config }: FileHarness, kind: string, id: string) =>
  join(config.stateDirectory, `${kind}s`, `${kind}-${id}`);

test("qemu-img sees a raw disk of the volume's size", async () => {
  const { connection } = await connected();
  const info = JSON.parse((await run('qemu-img', ['info', '--output=json', nbdUri(connection)])).stdout);
  assert.deepEqual([info.format, info['virtual-size']], ['raw', gb]);
});

test('a new process finds the same daemon, and ends it', async () => {
  const { harness, id, connection, write, read } = await connected();
  await write(connection, 0, 1);
  const pid = await daemonPid(harness, id);
  await harness.driver.close();
  const next = await FileDriver.open(harness.config);
  assert.deepEqual(await next.recover(), { exported: [id], failed: [] });
  assert.equal(await daemonPid(harness, id), pid);
  assert.equal(await read(connection, 0), 1);
  await next.terminateConnection(id, { host });
  assert.equal(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''), '');
  assert.deepEqual(await readdir(join(harness.config.stateDirectory, 'run')), []);
  assert.deepEqual(await readdir(join(harness.config.stateDirectory, 'exports')), []);
});

test('a killed storage daemon is there again within 5 seconds, under a client that waits, and has all that was flushed', async () => {
  const { harness, id, connection, read } = await connected();
  await using client = await longClient(nbdUri(connection));
  for (let round = 1; round <= 4; round += 1) {
    // -f: acknowledged when it is on the disk, as after a guest's fsync.
    await client.ask(`write -f -P ${round} ${round}M 4096`);
    const killedAt = Date.now();
    process.kill(await daemonPid(harness, id), 'SIGKILL');
    assert.match(await client.ask(`write -P ${round} ${round}M 1M`), /wrote 1048576\/1048576/);
    assert.ok(Date.now() - killedAt < 5_000, `round ${round}: ${Date.now() - killedAt} ms`);
  }
  for (let round = 1; round <= 4; round += 1) assert.equal(await read(connection, round << 20), round);
});

test('what is closed starts nothing again; what is disconnected stays ended', async () => {
  const { harness, id, connection, driver, read } = await connected();
  await driver.close();
  process.kill(await daemonPid(harness, id), 'SIGKILL');
  await sleep(300);
  await assert.rejects(read(connection, 0));
  const next = await FileDriver.open(harness.config);
  try {
    assert.deepEqual(await next.recover(), { exported: [id], failed: [] });
    assert.equal(await read(connection, 0), 0);
    await next.terminateConnection(id);
    await sleep(300);
    assert.deepEqual(await readdir(join(harness.config.stateDirectory, 'run')), []);
  } finally {
    await next.close();
  }
});

test('a pid file that names another process kills and trusts nothing', async () => {
  const { harness, id, driver, connection, read } = await connected();
  const pid = await daemonPid(harness, id);
  await driver.close();
  process.kill(pid, 'SIGKILL');
  while (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) await sleep(5);
  const other = spawn('sleep', ['60']);
  try {
    await writeFile(join(harness.config.stateDirectory, 'run', id, 'daemon', 'pid'), `${other.pid}\n`);
    await driver.recover();
    assert.equal(await read(connection, 0), 0);
    await driver.terminateConnection(id);
    assert.equal(other.exitCode ?? other.signalCode, null);
  } finally {
    other.kill();
  }
});

test('a client that stays connected finds the new size of a grown volume', async () => {
  const { id, connection, driver } = await connected();
  await using client = await longClient(nbdUri(connection));
  await client.ask('write -P 33 0 4096');
  await driver.extend(id, 2);
  assert.match(await client.ask('read -P 33 0 4096'), /read 4096\/4096/);
  const info = JSON.parse((await run('qemu-img', ['info', '--output=json', nbdUri(connection)])).stdout);
  assert.equal(info['virtual-size'], 2 * gb);
  assert.match(await client.ask('write -P 34 4096 4096'), /wrote 4096\/4096/);
});

test('a snapshot under constant writes holds one moment, and takes the space of its data', async () => {
  const { harness, id, connection, driver } = await connected();
  await qemuIo(connection, 'write -P 1 0 64M');
  await using client = await longClient(nbdUri(connection));
  const snapshotId = randomUUID();
  const snapshot = driver.createSnapshot({ id: snapshotId, volumeId: id });
  for (let at = 0; at < 64; at += 8) await client.ask(`write -P 2 ${at}M 8M`);
  await snapshot;
  const path = file(harness, 'snapshot', snapshotId);
  const bytes = await firstBytes(path, 64 << 20);
  // Writes are in order: where a block holds the later byte, everything before it does too.
  const firstOld = bytes.indexOf(1);
  assert.ok(firstOld < 0 || bytes.subarray(firstOld).equals(Buffer.alloc(bytes.length - firstOld, 1)));
  assert.equal((await stat(path)).size, gb);
  assert.ok((await allocatedBytes(path)) < 100 << 20, 'the snapshot is sparse');
});

test('another host reaches a volume by TCP, where that is on, together with this host', async () => {
  const { harness, id, connection, driver, write, read } = await connected({
    exportAddress: '127.0.0.1',
    exportPorts: { first: 21_900, last: 21_909 },
  });
  const remote = await driver.initializeConnection(id, { host: 'compute-2', ip: '127.0.0.1' });
  assert.deepEqual([remote.data.host, remote.data.socket_path], ['127.0.0.1', undefined]);
  await write(remote, 0, 51);
  assert.equal(await read(connection, 0), 51);
  await driver.terminateConnection(id, { host });
  assert.equal(await read(remote, 0), 51);
  assert.equal((await driver.extend(id, 2)).sizeGb, 2);
  await write(remote, 2 * gb - 4096, 52);
  const gateway = await daemonPid(harness, id, 'gateway');
  process.kill(gateway, 'SIGKILL');
  const deadline = Date.now() + 5_000;
  while ((await daemonPid(harness, id, 'gateway').catch(() => gateway)) === gateway) {
    assert.ok(Date.now() < deadline, 'the gateway is not started again');
    await sleep(20);
  }
  assert.equal(await read(remote, 2 * gb - 4096), 52);
  await driver.terminateConnection(id, { host: 'compute-2' });
  await assert.rejects(read(remote, 0));
  await driver.delete(id);
  const off = await connected();
  await assert.rejects(off.driver.initializeConnection(off.id, { host: 'compute-2' }), /no exportAddress/);
  assert.deepEqual((await off.driver.list()).volumes[0]!.connectedHosts, [host]);
});

describe('images of every format fill volumes', () => {
  for (const [format, qemuFormat, options] of [
    ['raw', 'raw', []],
    ['qcow2', 'qcow2', ['-c']],
    ['vmdk', 'vmdk', ['-o', 'subformat=streamOptimized']],
    ['vhd', 'vpc', []],
    ['vhdx', 'vhdx', []],
    ['vdi', 'vdi', []],
  ] as const) {
    test(format, async () => {
      const source = join(scratch, 'source.raw');
      await writeFile(source, Buffer.alloc(3 << 20, 'some data '));
      const image = join(scratch, `image.${format}`);
      await run('qemu-img', ['convert', '-f', 'raw', '-O', qemuFormat, ...options, source, image]);
      const { driver, config } = await harnesses.make();
      const id = randomUUID();
      await driver.createFromImage({ id, sizeGb: 1, image: { format, stream: createReadStream(image) } });
      const path = join(config.stateDirectory, 'volumes', `volume-${id}`);
      const content = await firstBytes(path, 64 << 20);
      assert.equal((await stat(path)).size, gb);
      assert.ok(content.subarray(0, 3 << 20).equals(await readFile(source)));
      assert.ok(content.subarray(4 << 20).equals(Buffer.alloc(60 << 20)));
      assert.ok((await allocatedBytes(path)) < 8 << 20);
      assert.deepEqual(
        (await readdir(join(config.stateDirectory, 'volumes'))).filter((name) => name.startsWith('.')),
        [],
      );
    });
  }
});

test('OSSA-2014-033, OSSA-2015-011: a forged header on a volume remains plain data', async () => {
  const { harness, id, connection, driver } = await connected();
  const forged = forgedQcow2();
  await writeFile(join(scratch, 'forged'), forged);
  await run('qemu-img', ['convert', '-n', '-f', 'raw', '-O', 'raw', join(scratch, 'forged'), nbdUri(connection)]);
  const [snapshotId, clone, restored] = [randomUUID(), randomUUID(), randomUUID()];
  await driver.createSnapshot({ id: snapshotId, volumeId: id });
  await driver.createFromVolume({ id: clone, sizeGb: 1, sourceId: id });
  await driver.createFromSnapshot({ id: restored, sizeGb: 1, snapshotId });
  await driver.extend(id, 2);
  for (const [volumeId, sizeGb] of [
    [id, 2],
    [clone, 1],
    [restored, 1],
  ] as const) {
    const { data } = await driver.initializeConnection(volumeId, { host });
    const uri = nbdUri({ driver_volume_type: 'nbd', data });
    const info = JSON.parse((await run('qemu-img', ['info', '--output=json', '-f', 'raw', uri])).stdout);
    assert.equal(info['virtual-size'], sizeGb * gb);
    const first = (await (await driver.copyToImage(volumeId)).take(1).toArray())[0] as Buffer;
    assert.ok(first.subarray(0, 1000).equals(forged.subarray(0, 1000)));
  }
  assert.ok((await firstBytes(file(harness, 'snapshot', snapshotId), forged.length)).equals(forged));
});

test('OSSA-2013-021: a new volume reads as zeros where a deleted one had data', async () => {
  const { id, connection, driver, write, read } = await connected();
  await write(connection, 4096, 99);
  await driver.terminateConnection(id);
  await driver.delete(id);
  await driver.create({ id, sizeGb: 1 });
  assert.equal(await read(await driver.initializeConnection(id, { host }), 4096), 0);
});

test('a process killed in the middle of creating leaves a hidden file, which the next one removes', async () => {
  const { driver, config } = await harnesses.make();
  const id = randomUUID();
  const module = join(import.meta.dirname, '../../src/drivers/volume/index.ts');
  const script = `
    import { FileDriver } from ${JSON.stringify(module)};
    const driver = await FileDriver.open(${JSON.stringify(config)});
    async function* data() { yield Buffer.alloc(1 << 20, 1); yield Buffer.alloc(1); process.kill(process.pid, 'SIGKILL'); }
    await driver.createFromImage({ id: '${id}', sizeGb: 1, image: { format: 'raw', stream: data() } });`;
  const directory = join(config.stateDirectory, 'volumes');
  for (const next of [() => driver.create({ id, sizeGb: 1 }), () => driver.delete(id), () => driver.recover()]) {
    await assert.rejects(run(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname }));
    assert.equal((await readdir(directory)).filter((name) => name.startsWith('.')).length, 1);
    await next();
    assert.deepEqual(
      (await readdir(directory)).filter((name) => name.startsWith('.')),
      [],
    );
    await driver.delete(id);
  }
  assert.deepEqual((await driver.list()).volumes, []);
});

test('a copy left running in the daemon by a killed process is ended by the next snapshot', async () => {
  const { harness, id, connection } = await connected();
  await qemuIo(connection, 'write -P 5 0 256M');
  const module = join(import.meta.dirname, '../../src/drivers/volume/index.ts');
  const script = `
    import { FileDriver } from ${JSON.stringify(module)};
    const driver = await FileDriver.open(${JSON.stringify(harness.config)});
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 40);
    await driver.createSnapshot({ id: '${randomUUID()}', volumeId: '${id}' });
    process.kill(process.pid, 'SIGKILL');`;
  await assert.rejects(run(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname }));
  const snapshotId = randomUUID();
  await harness.driver.createSnapshot({ id: snapshotId, volumeId: id });
  const copy = await firstBytes(file(harness, 'snapshot', snapshotId), 256 << 20);
  assert.ok(copy.equals(Buffer.alloc(copy.length, 5)));
  await harness.driver.recover();
  const left = await readdir(join(harness.config.stateDirectory, 'snapshots'));
  assert.deepEqual(
    left.filter((name) => name.startsWith('.')),
    [],
  );
});

test('a state directory too deep for sockets is refused in one sentence', async () => {
  const { driver } = await harnesses.make({ runDirectory: join(scratch, 'x'.repeat(100)) });
  const id = randomUUID();
  await driver.create({ id, sizeGb: 1 });
  await assert.rejects(driver.initializeConnection(id, { host }), /choose a run directory/);
  assert.deepEqual((await driver.list()).volumes[0]!.connectedHosts, []);
});

test('a broken export record is named, and does not stop the others', async () => {
  const { harness, id, driver } = await connected();
  const path = join(harness.config.stateDirectory, 'exports', `${id}.json`);
  const good = await readFile(path, 'utf8');
  await appendFile(path, '}');
  await assert.rejects(driver.initializeConnection(id, { host }), /cannot be read/);
  const other = randomUUID();
  await driver.create({ id: other, sizeGb: 1 });
  await driver.initializeConnection(other, { host });
  const { exported, failed } = await driver.recover();
  assert.deepEqual([exported, failed.map(({ volumeId }) => volumeId)], [[other], [id]]);
  await writeFile(path, good);
});

/** A client that stays connected, as a guest does: qemu-io reading commands. */
async function longClient(uri: string) {
  const url = new URL(uri);
  const options = `driver=nbd,server.type=unix,server.path=${url.searchParams.get('socket')},export=${url.pathname.slice(1)},reconnect-delay=60`;
  const child = spawn('qemu-io', ['--image-opts', options], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    /** Gives the line of the answer that counts bytes. */
    async ask(command: string): Promise<string> {
      child.stdin.write(`${command}\n`);
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error('qemu-io ended');
        if (/\d+\/\d+|fail|error/i.test(value)) return value;
      }
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end('quit\n');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
