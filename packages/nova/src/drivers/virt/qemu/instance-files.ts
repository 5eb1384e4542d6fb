/**
 * What one guest has on disk, under `<stateDir>/instances/<serverId>/`:
 *
 *   id            the guest's own user and group id (root only)
 *   spec.json     what to start it from (root only)
 *   disk          the overlay on the cached base image; absent when it boots from a volume
 *   config.iso    the config drive, if any
 *   console.log   what the guest wrote to its serial console, and console.log.1, its older part
 *   qemu.log      QEMU's own complaints
 *   run/          the guest user's own: qemu.pid, qmp.sock, vnc.sock, serial.sock
 *
 * The directory lets only the guest's own group pass. Only `run/` can be written by the guest's user, so a QEMU that was
 * broken out of cannot plant links for root to follow.
 */
import { constants } from 'node:fs';
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ids } from '@kumo/core/confine';
import { DriverError } from '@kumo/core/errors';
import { inspectFile, qemuImg } from '@kumo/core/imageformat';
import { checkServerId, type GuestSpec } from '../driver.ts';

export interface InstancePaths {
  dir: string;
  id: string;
  spec: string;
  disk: string;
  config: string;
  console: string;
  qemuLog: string;
  runDir: string;
  pid: string;
  qmp: string;
  vnc: string;
  serial: string;
}

/** What `spec.json` holds. `spec` follows hot-plugging; `fingerprint` is of the spec that `spawn` was called with. */
export interface StoredInstance {
  v: 1;
  fingerprint: string;
  spec: Omit<GuestSpec, 'configDrive'>;
  hasConfigDrive: boolean;
}

/** The kernel's limit for the path of a UNIX socket, without the final zero. */
const MAX_SOCKET_PATH = 107;

export function instancesDir(stateDir: string): string {
  return join(stateDir, 'instances');
}

export function instancePaths(stateDir: string, serverId: string): InstancePaths {
  const dir = join(instancesDir(stateDir), checkServerId(serverId));
  const runDir = join(dir, 'run');
  return {
    dir,
    id: join(dir, 'id'),
    spec: join(dir, 'spec.json'),
    disk: join(dir, 'disk'),
    config: join(dir, 'config.iso'),
    console: join(dir, 'console.log'),
    qemuLog: join(dir, 'qemu.log'),
    runDir,
    pid: join(runDir, 'qemu.pid'),
    qmp: join(runDir, 'qmp.sock'),
    vnc: join(runDir, 'vnc.sock'),
    serial: join(runDir, 'serial.sock'),
  };
}

/**
 * Refuses state directories that cannot work: `-chardev path=…` has no quoting that all versions share, and socket paths are short.
 * @throws DriverError saying what to change.
 */
export function checkStateDir(stateDir: string): void {
  const longest = instancePaths(stateDir, '00000000-0000-0000-0000-000000000000').serial;
  if (Buffer.byteLength(longest) > MAX_SOCKET_PATH) {
    const room = MAX_SOCKET_PATH - (longest.length - stateDir.length);
    throw new DriverError(
      `the state directory ${stateDir} is too long for UNIX sockets: at most ${room} bytes are possible`,
    );
  }
  if (!stateDir.startsWith('/') || stateDir.includes(',')) {
    throw new DriverError(`the state directory ${stateDir} must be an absolute path without commas`);
  }
}

/** Makes the guest's directories. They and its files are its own afterwards, and nobody else's, whoever's they were before. */
export async function ensureOwned(paths: InstancePaths, ids: Ids | undefined): Promise<void> {
  await mkdir(paths.dir, { recursive: true, mode: 0o700 });
  await chmod(paths.dir, ids ? 0o710 : 0o700);
  if (ids) await chown(paths.dir, 0, ids.gid);
  await mkdir(paths.runDir, { recursive: true, mode: 0o700 });
  if (ids) await chown(paths.runDir, ids.uid, ids.gid);
  await writeFile(paths.console, '', { flag: 'a', mode: 0o600 });
  for (const path of [paths.console, paths.disk, paths.config]) if (await exists(path)) await secure(path, ids);
}

/**
 * Makes the overlay unless it is there. The base image is named by its absolute path and declared format, so that QEMU
 * never guesses; a half-written overlay never gets the final name. qemu-img does not open the base: its size is known from
 * our own look at it.
 */
export async function ensureOverlay(
  paths: InstancePaths,
  spec: StoredInstance['spec'],
  ids: Ids | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (!spec.image || (await exists(paths.disk))) return;
  const { baseFile, format } = spec.image;
  const draft = `${paths.disk}.new`;
  const sizeBytes = spec.rootGb > 0 ? spec.rootGb * 2 ** 30 : await virtualSizeBytes(spec.image);
  await rm(draft, { force: true });
  await writeFile(draft, '', { flag: 'wx', mode: 0o600 });
  await secure(draft, ids);
  const backing = ['-u', '-b', baseFile, '-F', format];
  await qemuImg(['create', '-q', '-f', 'qcow2', ...backing, draft, `${sizeBytes}`], {
    as: ids,
    signal,
    from: 'nova-compute',
  });
  await rename(draft, paths.disk);
}

async function virtualSizeBytes({ baseFile, format }: NonNullable<GuestSpec['image']>): Promise<number> {
  return format === 'raw' ? (await stat(baseFile)).size : (await inspectFile(baseFile)).virtualSizeBytes;
}

/** Mode 0600, owned by the guest's user. */
export async function secure(path: string, ids: Ids | undefined): Promise<void> {
  await using file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  await file.chmod(0o600);
  if (ids) await file.chown(ids.uid, ids.gid);
}

/** @returns undefined when this host has no such instance, or only the beginning of one. */
export async function readStored(paths: InstancePaths): Promise<StoredInstance | undefined> {
  let text: string;
  try {
    text = await readFile(paths.spec, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const stored = JSON.parse(text) as { v: number };
  if (stored.v !== 1)
    throw new DriverError(
      `${paths.spec} has version ${stored.v}, which this Kumo does not know: start the newer one again`,
    );
  return stored as StoredInstance;
}

export async function writeStored(paths: InstancePaths, stored: StoredInstance): Promise<void> {
  const draft = `${paths.spec}.new`;
  {
    await using file = await open(draft, 'w', 0o600);
    await file.writeFile(JSON.stringify(stored, null, 1));
    await file.sync();
  }
  await rename(draft, paths.spec);
}

export async function removeInstance(paths: InstancePaths): Promise<void> {
  await rm(paths.dir, { recursive: true, force: true });
}

/** Everything but the id: volumes may have been given to it. */
export async function clearInstance(paths: InstancePaths): Promise<void> {
  for (const name of await readdir(paths.dir)) {
    const path = join(paths.dir, name);
    if (path !== paths.id) await rm(path, { recursive: true, force: true });
  }
}

/** The server ids of all directories here; other names are none of ours. */
export async function listInstances(stateDir: string): Promise<string[]> {
  const names = await readdir(instancesDir(stateDir)).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names.filter((name) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name));
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
