import { DriverError } from '@kumo/core/errors';
import type { GuestState, PowerAction } from '../driver.ts';
import { findProcess, type GuestProcess, hasPidFile, killProcess, removePidFile, waitGone } from './guest-process.ts';
import type { InstancePaths, StoredInstance } from './instance-files.ts';
import { launch, type QemuHost, runningClient } from './launcher.ts';

/** A guest that is still booting does not hear the power button, so it is pressed again. */
const PRESS_AGAIN_MS = 5_000;
const QUIT_TIMEOUT_MS = 3_000;

/** QEMU's run states (qapi/run-state.json); those not listed are some kind of pause. */
const RUN_STATES: Record<string, GuestState> = {
  running: 'running',
  shutdown: 'shutdown',
  'guest-panicked': 'crashed',
  'internal-error': 'crashed',
};

/** The state of a guest that this host has. @throws DriverError (retryable) when its QEMU lives but does not answer. */
export async function guestState(
  host: QemuHost,
  paths: InstancePaths,
  serverId: string,
  options: { search?: boolean } = {},
): Promise<GuestState> {
  const guest = await findProcess(paths, options);
  if (!guest) return stoppedState(paths);
  try {
    const client = await host.monitors.reach(serverId, paths, guest);
    const { status } = await client.execute<{ status: string }>('query-status');
    return RUN_STATES[status] ?? 'paused';
  } catch (error) {
    if (await waitGone(guest, 0)) return stoppedState(paths);
    throw error;
  }
}

async function stoppedState(paths: InstancePaths): Promise<GuestState> {
  return (await hasPidFile(paths)) ? 'crashed' : 'shutdown';
}

export interface PowerContext {
  host: QemuHost;
  paths: InstancePaths;
  stored: StoredInstance;
}

export async function applyPower(context: PowerContext, action: PowerAction, signal: AbortSignal): Promise<void> {
  switch (action) {
    case 'start':
      return start(context);
    case 'stop':
      return stop(context, signal);
    case 'force-stop':
      return forceStop(context);
    case 'reboot-soft':
      await stop(context, signal);
      return start(context);
    case 'reboot-hard':
      await forceStop(context);
      return start(context);
    case 'pause':
    case 'resume': {
      const { client } = await runningClient(context.host, context.paths, context.stored.spec.serverId);
      await client.execute(action === 'pause' ? 'stop' : 'cont');
      return;
    }
    default:
      throw new DriverError(`unknown power action ${action satisfies never}`);
  }
}

async function start({ host, paths, stored }: PowerContext): Promise<void> {
  if (await findProcess(paths, { search: true })) return;
  await launch(host, paths, stored);
}

/** Presses the power button, waits, and pulls the plug when nothing happens. A paused guest cannot hear: plug at once. */
async function stop(context: PowerContext, signal: AbortSignal): Promise<void> {
  const { host, paths, stored } = context;
  const guest = await findProcess(paths, { search: true });
  if (!guest) return removePidFile(paths);
  const running = (await guestState(host, paths, stored.spec.serverId)) === 'running';
  if (running && (await pressUntilGone(host, paths, stored.spec.serverId, guest, signal))) return;
  await forceStop(context);
}

async function pressUntilGone(
  host: QemuHost,
  paths: InstancePaths,
  serverId: string,
  guest: GuestProcess,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = Date.now() + host.shutdownTimeoutMs;
  while (Date.now() < deadline) {
    try {
      const client = await host.monitors.reach(serverId, paths, guest);
      await client.execute('system_powerdown');
    } catch (error) {
      if (await waitGone(guest, 1_000)) return true;
      throw error;
    }
    if (await waitGone(guest, Math.min(PRESS_AGAIN_MS, deadline - Date.now()), signal)) return true;
  }
  return false;
}

/** `quit` lets QEMU write out what it holds; one that does not react is killed. */
async function forceStop({ host, paths, stored }: PowerContext): Promise<void> {
  const guest = await findProcess(paths, { search: true });
  if (guest) await quitOrKill(host, paths, stored.spec.serverId, guest);
  await removePidFile(paths);
}

async function quitOrKill(host: QemuHost, paths: InstancePaths, serverId: string, guest: GuestProcess): Promise<void> {
  try {
    const client = await host.monitors.reach(serverId, paths, guest, QUIT_TIMEOUT_MS);
    await client.execute('quit', {}, { timeoutMs: QUIT_TIMEOUT_MS });
  } catch (error) {
    // Whatever kept the monitor from answering: the process ends below, or killing it fails with its own error.
    if (!(error instanceof DriverError)) throw error;
  }
  if (!(await waitGone(guest, QUIT_TIMEOUT_MS))) await killProcess(guest);
}
