import { type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { commandAs, type Ids, type NetworkGuard } from '@kumo/core/confine';
import { DriverError } from '@kumo/core/errors';
import type { QmpClient } from '@kumo/core/qmp';
import type { GuestDisk } from '../driver.ts';
import type { GuestEvents } from '../guest-events.ts';
import { qemuArguments } from './command-line.ts';
import { readConsole } from './console-log.ts';
import { BASE_FD } from './devices.ts';
import { formerUser, peersOf } from './guest-guard.ts';
import type { GuestIds } from './guest-ids.ts';
import type { GuestMonitors } from './guest-monitor.ts';
import { findProcess, type GuestProcess, identifyChild, killProcess, removePidFile } from './guest-process.ts';
import type { HostFacts } from './host-facts.ts';
import { ensureOwned, type InstancePaths, isMissing, type StoredInstance } from './instance-files.ts';
import { kvmGroup } from './kvm-group.ts';
import { ensureTapOwner } from './tap-owner.ts';

/** What every verb of the QEMU driver works with. */
export interface QemuHost {
  stateDir: string;
  qemu: string;
  /** Undefined where this process is not root: guests then run as its own user, and reach what it reaches. */
  ids: GuestIds | undefined;
  guard: NetworkGuard | undefined;
  tcgCacheMb: number;
  shutdownTimeoutMs: number;
  detachTimeoutMs: number;
  monitors: GuestMonitors;
  events: GuestEvents;
  facts(): Promise<HostFacts>;
}

const START_TIMEOUT_MS = 20_000;

/**
 * Starts a guest's QEMU in a session of its own, so that it outlives Kumo, and waits until it answers.
 * @throws DriverError with QEMU's own last words when it does not come up.
 */
export async function launch(host: QemuHost, paths: InstancePaths, stored: StoredInstance): Promise<void> {
  const { serverId, disks, nics } = stored.spec;
  const ids = await host.ids?.take(serverId, paths);
  const [{ kvm }] = await Promise.all([
    host.facts(),
    removePidFile(paths),
    ensureOwned(paths, ids),
    ids && host.guard?.set(ids.uid, peersOf(disks)),
    ...nics.map((nic) => ensureTapOwner(nic.tap, ids)),
  ]);
  const args = qemuArguments(stored, paths, { kvm: kvm.works, tcgCacheMb: host.tcgCacheMb });
  const groups = [...(kvm.works ? await kvmGroup() : []), ...(ids ? await socketGroups(disks, ids) : [])];
  const [program, fullArgs] = commandAs(ids, host.qemu, args, { groups, namespaces: ['ipc'] });
  await using base = stored.spec.image && (await openBase(stored.spec.image.baseFile));
  const guest = await startDetached(program, fullArgs, paths, base);
  try {
    if (!guest) throw new DriverError('it ended at once');
    await host.monitors.reach(serverId, paths, guest, START_TIMEOUT_MS);
  } catch (error) {
    // One that does not answer must not become a guest of nobody's later.
    if (guest) await killProcess(guest);
    const words = (await readConsole(paths.qemuLog, 5)).trim();
    throw new DriverError(
      `QEMU does not start guest ${serverId}: ${words || (error instanceof Error ? error.message : error)}`,
      { cause: error },
    );
  }
  host.events.publish(serverId, 'started');
}

/** A volume that was attached before guests had ids of their own is served to their former group until it is attached anew. */
async function socketGroups(disks: readonly GuestDisk[], ids: Ids): Promise<number[]> {
  const former = await formerUser();
  if (!former) return [];
  for (const { source } of disks) {
    if (source.socket === undefined) continue;
    const { gid } = await stat(source.socket).catch(absentIsOurs(ids));
    if (gid === former.gid) return [gid];
  }
  return [];
}

function absentIsOurs(ids: Ids): (error: unknown) => { gid: number } {
  return (error) => {
    if (isMissing(error)) return ids;
    throw error;
  };
}

async function openBase(baseFile: string): Promise<FileHandle> {
  try {
    return await open(baseFile, 'r');
  } catch (error) {
    throw new DriverError(`the base image cannot be opened: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** The guest's connection. @throws DriverError when it is not running. */
export async function runningClient(
  host: QemuHost,
  paths: InstancePaths,
  serverId: string,
): Promise<{ client: QmpClient; guest: GuestProcess }> {
  const guest = await findProcess(paths);
  if (!guest) throw new DriverError(`guest ${serverId} is not running`);
  return { client: await host.monitors.reach(serverId, paths, guest), guest };
}

async function startDetached(
  program: string,
  args: string[],
  paths: InstancePaths,
  base: FileHandle | undefined,
): Promise<GuestProcess | undefined> {
  await using log = await open(paths.qemuLog, 'w', 0o600);
  // Of our environment only what a program needs to be found: it may hold passwords.
  const env = { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' };
  const stdio: StdioOptions = ['ignore', log.fd, log.fd];
  if (base) stdio[BASE_FD] = base.fd;
  const child = spawn(program, args, { detached: true, stdio, cwd: '/', env });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new DriverError(`${program} cannot be started: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  child.unref();
  return child.pid === undefined ? undefined : identifyChild(child.pid);
}
