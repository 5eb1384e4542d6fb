/**
 * What one guest has on disk, under `<stateDir>/instances/<serverId>/`:
 *
 *   spec.json     what to start it from (root only)
 *   disk          the overlay on the cached base image; absent when it boots from a volume
 *   config.iso    the config drive, if any
 *   console.log   what the guest wrote to its serial console, and console.log.1, its older part
 *   qemu.log      QEMU's own complaints
 *   run/          the guest user's own: qemu.pid, qmp.sock, vnc.sock, serial.sock
 *
 * Only `run/` can be written by the guest's user, so a QEMU that was broken out of cannot plant links for root to follow.
 */
import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError } from '@kumo/core/errors';
import { run } from '@kumo/core/exec';
import { checkServerId, type GuestSpec } from '../driver.ts';

export interface InstancePaths {
  dir: string;
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

export interface Owner {
  uid: number;
  gid: number;
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

/** @returns whether the directory was made by this call. */
export async function ensureDirectories(paths: InstancePaths, owner: Owner | undefined): Promise<boolean> {
  const made = await mkdir(paths.dir, { recursive: true, mode: 0o711 });
  await mkdir(paths.runDir, { recursive: true, mode: 0o700 });
  if (owner) await chown(paths.runDir, owner.uid, owner.gid);
  await ensureOwned(paths.console, owner);
  return made !== undefined;
}

async function ensureOwned(path: string, owner: Owner | undefined): Promise<void> {
  await using file = await open(path, 'a', 0o600);
  if (owner) await file.chown(owner.uid, owner.gid);
}

/**
 * Makes the overlay unless it is there. The base image is named by its absolute path and declared format, so that QEMU
 * never guesses; a half-written overlay never gets the final name.
 */
export async function ensureOverlay(
  paths: InstancePaths,
  spec: StoredInstance['spec'],
  owner: Owner | undefined,
  signal: AbortSignal,
): Promise<void> {
  if (!spec.image || (await exists(paths.disk))) return;
  const { baseFile, format } = spec.image;
  const draft = `${paths.disk}.new`;
  const size = spec.rootGb > 0 ? [`${spec.rootGb}G`] : [];
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', baseFile, '-F', format, draft, ...size], {
    signal,
    from: 'nova-compute',
  });
  await secure(draft, owner);
  await rename(draft, paths.disk);
}

/** Mode 0600, owned by the guest's user. */
export async function secure(path: string, owner: Owner | undefined): Promise<void> {
  await using file = await open(path, 'r+');
  await file.chmod(0o600);
  if (owner) await file.chown(owner.uid, owner.gid);
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
