import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandAs, defaultIdBounds, type Ids } from '@kumo/core/confine';
import { readIfThere, run } from '@kumo/core/exec';
import { type ConnectionInfo, connectorGroupInvalid, FileDriver } from '../../src/drivers/volume/index.ts';
import { type FileHarness, FileHarnesses, host, nbdUri } from './file-harness.ts';

const harnesses = new FileHarnesses();
let scratch: string;
before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'kv-owners-'));
});
after(async () => {
  await harnesses.close();
  await rm(scratch, { recursive: true, force: true });
});

const owners = {
  volumes: defaultIdBounds('/tmp/kv-owners', 'volumes'),
  guests: defaultIdBounds('/tmp/kv-owners', 'guests'),
  formerUser: 'nobody',
};
const guest = (number: number): Ids => ({ uid: owners.guests.first + number, gid: owners.guests.first + number });
const nobody = { uid: 65_534, gid: 65_534 };

const volumeFile = ({ config }: FileHarness, id: string) => join(config.stateDirectory, 'volumes', `volume-${id}`);
const runDirectory = ({ config }: FileHarness, id: string) => join(config.stateDirectory, 'run', id);
const pidOf = async (harness: FileHarness, id: string, which = 'daemon') =>
  Number(await readFile(join(runDirectory(harness, id), which, 'pid'), 'utf8'));

async function idsOf(path: string): Promise<Ids> {
  const { uid, gid } = await stat(path);
  return { uid, gid };
}

/** Writes and reads as a guest's process would. */
async function ioAs(ids: Ids, connection: ConnectionInfo, command = 'write -P 7 0 4096'): Promise<void> {
  const { stdout } = await run(...commandAs(ids, 'qemu-io', ['-f', 'raw', '-c', command, nbdUri(connection)]));
  assert.doesNotMatch(stdout, /fail|error/i);
}

async function restarted(harness: FileHarness, id: string, before: number, which = 'daemon'): Promise<void> {
  const deadline = Date.now() + 5_000;
  while ((await pidOf(harness, id, which).catch(() => before)) === before) {
    assert.ok(Date.now() < deadline, 'the daemon is not started again');
    await sleep(10);
  }
}

describe('volumes that belong to ids of their own', {
  skip: process.getuid?.() === 0 ? false : 'needs root',
  timeout: 120_000,
}, () => {
  test("a volume's file and daemon are one id's, which has no privilege and no network", async () => {
    const harness = await harnesses.make({ owners });
    const [one, other] = [randomUUID(), randomUUID()];
    for (const id of [one, other]) {
      await harness.driver.create({ id, sizeGb: 1 });
      await harness.driver.initializeConnection(id, { host, gid: guest(0).gid });
    }
    const found = new Set<number>();
    for (const id of [one, other]) {
      const { uid, gid } = await idsOf(volumeFile(harness, id));
      assert.ok(uid >= owners.volumes.first && uid < owners.volumes.first + owners.volumes.count);
      assert.equal((await stat(volumeFile(harness, id))).mode & 0o7777, 0o600);
      const pid = await pidOf(harness, id);
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      assert.match(status, new RegExp(`^Uid:(\\s+${uid}){4}$`, 'm'));
      assert.match(status, new RegExp(`^Gid:(\\s+${gid}){4}$`, 'm'));
      assert.match(status, /^Groups:\s*$/m);
      assert.match(status, /^CapBnd:\s+0+$/m);
      assert.match(status, /^NoNewPrivs:\s+1$/m);
      assert.doesNotMatch(await readFile(`/proc/${pid}/net/dev`, 'utf8'), /eth|ens|br-|wlan/);
      found.add(uid);
    }
    assert.equal(found.size, 2);
  });

  test('as a volume, a guest or anybody else, nothing of another volume can be opened, changed or signalled', async () => {
    const harness = await harnesses.make({ owners });
    const [mine, other] = [randomUUID(), randomUUID()];
    for (const [id, number] of [
      [mine, 1],
      [other, 2],
    ] as const) {
      await harness.driver.create({ id, sizeGb: 1 });
      await harness.driver.createSnapshot({ id: randomUUID(), volumeId: id });
      await harness.driver.initializeConnection(id, { host, gid: guest(number).gid });
    }
    const names = (await run('find', [harness.config.stateDirectory])).stdout.trim().split('\n');
    const foreign = names.filter((name) => name.includes(other) || /snapshot-|\.json$/.test(name));
    for (const kind of [/volume-/, /snapshot-/, /json$/, /nbd\/sock$/, /qmp\.sock$/, /life$/])
      assert.ok(foreign.some((name) => kind.test(name)));
    const pid = await pidOf(harness, other);
    const reach = async (ids: Ids) => {
      const command = commandAs(ids, '/usr/bin/python3', ['-I', '-c', probe, String(pid), ...foreign]);
      return (await run(...command, { cwd: '/' })).stdout.trim().split('\n').filter(Boolean);
    };
    for (const ids of [await idsOf(volumeFile(harness, mine)), guest(1), guest(3), nobody])
      assert.deepEqual(await reach(ids), [], `as ${ids.uid}`);
    // The probe sees what there is to be seen.
    const itself = await reach(await idsOf(volumeFile(harness, other)));
    for (const seen of [`opened ${volumeFile(harness, other)}`, 'signalled', 'read environ'])
      assert.ok(itself.includes(seen), seen);
  });

  test('guests are let in by their groups, several at once, also after their daemon was killed', async () => {
    const harness = await harnesses.make({ owners });
    const { driver } = harness;
    const id = randomUUID();
    await driver.create({ id, sizeGb: 1 });
    const first = await driver.initializeConnection(id, { host, gid: guest(1).gid });
    assert.deepEqual(await driver.initializeConnection(id, { host, gid: guest(1).gid }), first);
    const second = await driver.initializeConnection(id, { host, gid: guest(2).gid });
    for (let round = 0; round < 3; round += 1) {
      await ioAs(guest(1), first);
      await ioAs(guest(2), second, 'read -P 7 0 4096');
      for (const ids of [guest(3), nobody]) {
        await assert.rejects(ioAs(ids, first), /Permission denied/);
        await assert.rejects(ioAs(ids, second), /Permission denied/);
      }
      await assert.rejects(ioAs(guest(1), second), /Permission denied/);
      const pid = await pidOf(harness, id);
      process.kill(pid, 'SIGKILL');
      await restarted(harness, id, pid);
      await driver.recover();
    }
    await driver.terminateConnection(id, { host });
    assert.deepEqual(await readdir(join(harness.config.stateDirectory, 'run')), []);
  });

  test("a group that is no guest's is refused, and changes nothing", async () => {
    const harness = await harnesses.make({ owners });
    const id = randomUUID();
    await harness.driver.create({ id, sizeGb: 1 });
    const { first, count } = owners.guests;
    const { uid } = await idsOf(volumeFile(harness, id));
    for (const gid of [0, -1, 1.5, 1000, 65_533, first - 1, first + count, uid, 2 ** 32, Number.NaN])
      await assert.rejects(
        harness.driver.initializeConnection(id, { host, gid }),
        connectorGroupInvalid.is,
        String(gid),
      );
    assert.deepEqual((await harness.driver.list()).volumes[0]!.connectedHosts, []);
    const plain = await harnesses.make();
    await plain.driver.create({ id, sizeGb: 1 });
    await assert.rejects(plain.driver.initializeConnection(id, { host, gid: first }), connectorGroupInvalid.is);
  });

  test('ids outlive this process, and are not those of another volume', async () => {
    const harness = await harnesses.make({ owners });
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    for (const id of ids) await harness.driver.create({ id, sizeGb: 1 });
    const before = await Promise.all(ids.map((id) => idsOf(volumeFile(harness, id))));
    await harness.driver.delete(ids[1]!);
    const next = await FileDriver.open(harness.config);
    const added = randomUUID();
    await next.create({ id: added, sizeGb: 1 });
    const { uid } = await idsOf(volumeFile(harness, added));
    assert.ok(uid !== before[0]!.uid && uid !== before[2]!.uid);
    assert.deepEqual(await idsOf(volumeFile(harness, ids[0]!)), before[0]);
    await next.close();
  });

  test('snapshots, clones and copies of a connected volume: each is its own again, and only its own', async () => {
    const harness = await harnesses.make({ owners });
    const { driver, config } = harness;
    const [id, snapshotId, clone, restored] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    await driver.create({ id, sizeGb: 1 });
    const connection = await driver.initializeConnection(id, { host, gid: guest(1).gid });
    await ioAs(guest(1), connection);
    await driver.createSnapshot({ id: snapshotId, volumeId: id });
    await driver.createFromVolume({ id: clone, sizeGb: 1, sourceId: id });
    await driver.createFromSnapshot({ id: restored, sizeGb: 1, snapshotId });
    assert.deepEqual(await idsOf(join(config.stateDirectory, 'snapshots', `snapshot-${snapshotId}`)), {
      uid: 0,
      gid: 0,
    });
    const uids = new Set<number>();
    for (const volumeId of [id, clone, restored]) {
      uids.add((await idsOf(volumeFile(harness, volumeId))).uid);
      const { data } = await driver.initializeConnection(volumeId, { host, gid: guest(1).gid });
      await ioAs(guest(1), { driver_volume_type: 'nbd', data }, 'read -P 7 0 4096');
    }
    assert.equal(uids.size, 3);
    const [first] = (await (await driver.copyToImage(id)).take(1).toArray()) as Buffer[];
    assert.equal(first![0], 7);
    assert.equal((await driver.extend(id, 2)).sizeGb, 2);
    await ioAs(guest(1), connection, 'write -P 8 1536M 4096');
  });

  test('an image is converted as the volume, never as root', async () => {
    const { driver, config } = await harnesses.make({ owners });
    const source = join(scratch, 'source.raw');
    await writeFile(source, Buffer.alloc(1 << 20, 'some data '));
    const image = join(scratch, 'image.qcow2');
    await run('qemu-img', ['convert', '-c', '-f', 'raw', '-O', 'qcow2', source, image]);
    // Before the real one in PATH: it writes down whom it runs as.
    const wrapper = join(scratch, 'bin', 'qemu-img');
    const log = join(scratch, 'runs');
    await mkdir(join(scratch, 'bin'));
    await writeFile(wrapper, `#!/bin/sh\nid -u >>${log}\nexec /usr/bin/qemu-img "$@"\n`, { mode: 0o755 });
    await writeFile(log, '');
    await chmod(log, 0o666);
    await chmod(scratch, 0o711);
    const path = process.env.PATH;
    process.env.PATH = `${join(scratch, 'bin')}:${path}`;
    const id = randomUUID();
    try {
      await driver.createFromImage({ id, sizeGb: 1, image: { format: 'qcow2', stream: createReadStream(image) } });
    } finally {
      process.env.PATH = path;
    }
    const volume = join(config.stateDirectory, 'volumes', `volume-${id}`);
    assert.equal(await readFile(log, 'utf8'), `${(await stat(volume)).uid}\n`);
    assert.equal((await run('head', ['-c', '9', volume])).stdout, 'some data');
  });

  test('another host comes by TCP through a gateway of the same id', async () => {
    const harness = await harnesses.make({
      owners,
      exportAddress: '127.0.0.1',
      exportPorts: { first: 21_910, last: 21_919 },
    });
    const id = randomUUID();
    await harness.driver.create({ id, sizeGb: 1 });
    const remote = await harness.driver.initializeConnection(id, { host: 'compute-2', gid: 5 });
    await ioAs(nobody, remote);
    const pid = await pidOf(harness, id, 'gateway');
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    assert.match(status, new RegExp(`^Uid:\\s+${(await idsOf(volumeFile(harness, id))).uid}\\s`, 'm'));
    process.kill(pid, 'SIGKILL');
    await restarted(harness, id, pid, 'gateway');
    await ioAs(nobody, remote, 'read -P 7 0 4096');
  });

  test('what an earlier version left is taken over; its daemons go on until their volume is connected anew', async () => {
    const earlier = await harnesses.make();
    const [still, idle, snapshotId] = [randomUUID(), randomUUID(), randomUUID()];
    for (const id of [still, idle]) await earlier.driver.create({ id, sizeGb: 1 });
    await earlier.driver.createSnapshot({ id: snapshotId, volumeId: idle });
    await earlier.driver.close();
    const { stateDirectory } = earlier.config;
    for (const id of [still, idle]) await chown(volumeFile(earlier, id), nobody.uid, nobody.gid);
    await chown(join(stateDirectory, 'snapshots', `snapshot-${snapshotId}`), nobody.uid, nobody.gid);
    const old = await formerDaemon(earlier, still);
    const harness = await harnesses.make({ owners, stateDirectory });
    const { driver } = harness;
    assert.deepEqual(await driver.recover(), { exported: [still], failed: [] });
    assert.equal(await pidOf(harness, still), old.pid);
    assert.deepEqual(await idsOf(volumeFile(harness, still)), nobody);
    assert.ok((await idsOf(volumeFile(harness, idle))).uid >= owners.volumes.first);
    assert.deepEqual(await idsOf(join(stateDirectory, 'snapshots', `snapshot-${snapshotId}`)), { uid: 0, gid: 0 });
    // A guest of that version still comes in, and its volume is copied, by the daemon of before and by the next.
    await ioAs(nobody, old.connection);
    await driver.createSnapshot({ id: randomUUID(), volumeId: still });
    process.kill(old.pid, 'SIGKILL');
    await once(old.child, 'exit').catch(() => {});
    assert.deepEqual(await driver.recover(), { exported: [still], failed: [] });
    await ioAs(nobody, old.connection, 'read -P 7 0 4096');
    const connection = await driver.initializeConnection(still, { host, gid: guest(1).gid });
    await ioAs(guest(1), connection, 'read -P 7 0 4096');
    await assert.rejects(ioAs(nobody, old.connection), /Permission denied/);
    assert.ok((await idsOf(volumeFile(harness, still))).uid >= owners.volumes.first);
  });
});

/** Tries everything on a process and on paths, and prints what it could do. */
const probe = `
import os, socket, sys
pid = int(sys.argv[1])
def can(what, work):
    try: work(); print(what)
    except OSError: pass
for path in sys.argv[2:]:
    can('opened ' + path, lambda: os.close(os.open(path, os.O_RDONLY)))
    can('opened ' + path, lambda: os.close(os.open(path, os.O_WRONLY)))
    can('listed ' + path, lambda: os.listdir(path))
    can('made a file in ' + path, lambda: os.mkdir(path + '/x'))
    can('connected ' + path, lambda: socket.socket(socket.AF_UNIX).connect(path))
    can('renamed ' + path, lambda: os.rename(path, path + '.x') or os.rename(path + '.x', path))
can('signalled', lambda: os.kill(pid, 0))
for name in ('mem', 'environ', 'maps'): can('read ' + name, lambda: open(f'/proc/{pid}/{name}', 'rb').read(0 if name == 'mem' else 1))
can('descriptors', lambda: os.listdir(f'/proc/{pid}/fd'))
`;

/** As the version before ids of their own started it and wrote it down. */
async function formerDaemon(harness: FileHarness, id: string) {
  const directory = runDirectory(harness, id);
  for (const name of ['nbd', 'daemon']) {
    await mkdir(join(directory, name), { recursive: true, mode: name === 'nbd' ? 0o750 : 0o700 });
    await chown(join(directory, name), nobody.uid, nobody.gid);
  }
  await chmod(directory, 0o711);
  const socket = join(directory, 'nbd', 'sock');
  const file = { driver: 'file', filename: volumeFile(harness, id), discard: 'unmap' };
  const child = spawn(
    ...commandAs(nobody, 'qemu-storage-daemon', [
      ...['--pidfile', join(directory, 'daemon', 'pid')],
      ...['--chardev', `socket,id=control,path=${join(directory, 'daemon', 'qmp.sock')},server=on,wait=off`],
      ...['--monitor', 'chardev=control'],
      ...['--blockdev', JSON.stringify({ driver: 'raw', 'node-name': 'volume', file })],
      ...['--nbd-server', `addr.type=unix,addr.path=${socket}`],
      ...[
        '--export',
        JSON.stringify({ type: 'nbd', id: 'volume', 'node-name': 'volume', name: `volume-${id}`, writable: true }),
      ],
    ]),
    { stdio: 'inherit' },
  );
  const deadline = Date.now() + 5_000;
  while (!(await readIfThere(join(directory, 'daemon', 'pid')))?.trim()) {
    assert.ok(Date.now() < deadline, 'the daemon does not start');
    await sleep(10);
  }
  await chmod(socket, 0o660);
  const record = { version: 1, volumeId: id, hosts: [host] };
  await writeFile(join(harness.config.stateDirectory, 'exports', `${id}.json`), JSON.stringify(record), {
    mode: 0o600,
  });
  const data = { socket_path: socket, export_name: `volume-${id}` } as ConnectionInfo['data'];
  return { child, pid: child.pid!, connection: { driver_volume_type: 'nbd', data } satisfies ConnectionInfo };
}
