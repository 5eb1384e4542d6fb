import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { DriverError } from '@kumo/core/errors';
import type { QmpClient } from '@kumo/core/qmp';
import type { GuestEvents } from '../guest-events.ts';
import { qemuArguments } from './command-line.ts';
import { readConsole } from './console-log.ts';
import type { GuestMonitors } from './guest-monitor.ts';
import { findProcess, type GuestProcess, identifyChild, killProcess, removePidFile } from './guest-process.ts';
import { checkTap, commandAs } from './guest-user.ts';
import type { HostFacts } from './host-facts.ts';
import type { InstancePaths, Owner, StoredInstance } from './instance-files.ts';

/** What every verb of the QEMU driver works with. */
export interface QemuHost {
  stateDir: string;
  qemu: string;
  owner: Owner | undefined;
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
  const { serverId } = stored.spec;
  const [{ kvm }] = await Promise.all([
    host.facts(),
    removePidFile(paths),
    ...stored.spec.nics.map((nic) => checkTap(nic.tap, host.owner)),
  ]);
  const args = qemuArguments(stored, paths, { kvm: kvm.works, tcgCacheMb: host.tcgCacheMb });
  const [program, fullArgs] = await commandAs(host.owner, host.qemu, args, kvm.works);
  const guest = await startDetached(program, fullArgs, paths);
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

async function startDetached(program: string, args: string[], paths: InstancePaths): Promise<GuestProcess | undefined> {
  await using log = await open(paths.qemuLog, 'w', 0o600);
  // Of our environment only what a program needs to be found: it may hold passwords.
  const env = { PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' };
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd], cwd: '/', env });
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
