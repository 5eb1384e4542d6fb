import { chmod, mkdir } from 'node:fs/promises';
import { defaultIdBounds, type IdBounds, type Ids } from '@kumo/core/confine';
import { DriverError } from '@kumo/core/errors';
import type { Logger } from '@kumo/core/log';
import { withSpan } from '@kumo/core/trace';
import { buildConfigDrive } from '../config-drive.ts';
import {
  checkServerId,
  type Diagnostics,
  type GuestDisk,
  type GuestEvent,
  GuestGoneError,
  type GuestHandle,
  type GuestNic,
  type GuestSpec,
  type GuestState,
  type HotplugInterfaces,
  type HotplugVolumes,
  type Inventory,
  type PowerAction,
  type VirtDriver,
  type VncAddress,
} from '../driver.ts';
import { GuestEvents } from '../guest-events.ts';
import { GuestTurns } from '../guest-turns.ts';
import { specFingerprint } from '../spec-fingerprint.ts';
import { boundConsole, DEFAULT_CONSOLE_BYTES, readConsole } from './console-log.ts';
import { readDiagnostics } from './diagnostics.ts';
import { openGuestGuard, peersOf } from './guest-guard.ts';
import { GuestIds } from './guest-ids.ts';
import { GuestMonitors } from './guest-monitor.ts';
import { findProcess, killProcess } from './guest-process.ts';
import { type AccelerationSetting, type HostFacts, hostFacts, hostInventory } from './host-facts.ts';
import { plugNic, plugVolume, unplugNic, unplugVolume } from './hotplug.ts';
import {
  checkStateDir,
  clearInstance,
  ensureOverlay,
  ensureOwned,
  exists,
  type InstancePaths,
  instancePaths,
  instancesDir,
  listInstances,
  readStored,
  removeInstance,
  type StoredInstance,
  secure,
  writeStored,
} from './instance-files.ts';
import { launch, type QemuHost, runningClient } from './launcher.ts';
import { applyPower, guestState } from './power.ts';
import { ensureTapOwner } from './tap-owner.ts';

export interface QemuDriverOptions {
  /** Guests live below; their users must be able to pass through it and its parents (mode 0711). */
  stateDir: string;
  log: Logger;
  /** Default `/usr/bin/qemu-system-x86_64`. */
  qemu?: string;
  /** The users that guests run as when this process is root, one each. Default: see `defaultIdBounds`. */
  guestIds?: IdBounds;
  /** Default `auto`: KVM where a probe shows that it runs 64-bit code, else TCG. */
  acceleration?: AccelerationSetting;
  /** How long a guest may take to shut down before the plug is pulled. Default 60,000. */
  shutdownTimeoutMs?: number;
  /** How long a guest may take to let go of a device. Default 60,000. */
  detachTimeoutMs?: number;
  /** Translation cache of each guest under TCG. Default 64; a guest that runs much code gains a little from more. */
  tcgCacheMb?: number;
  /** How often the serial consoles' logs are looked at. Default 2,000. */
  consoleCheckMs?: number;
}

/**
 * Opens the driver for this host; guests that run already are left as they are.
 * @throws DriverError when the state directory or the guests' ids cannot be used, or they cannot be kept off the network.
 */
export async function openQemuDriver(options: QemuDriverOptions): Promise<QemuDriver> {
  checkStateDir(options.stateDir);
  await mkdir(instancesDir(options.stateDir), { recursive: true, mode: 0o711 });
  // Guests pass through to what is their own; base images are private images too, and opened for them.
  for (const directory of [options.stateDir, instancesDir(options.stateDir)]) await chmod(directory, 0o711);
  const bounds = options.guestIds ?? defaultIdBounds(options.stateDir, 'guests');
  const ids = await GuestIds.open(options.stateDir, bounds);
  const qemu = options.qemu ?? '/usr/bin/qemu-system-x86_64';
  const events = new GuestEvents();
  let facts: Promise<HostFacts> | undefined;
  const host: QemuHost = {
    stateDir: options.stateDir,
    qemu,
    ids,
    guard: ids && (await openGuestGuard(options.stateDir, bounds, ids)),
    tcgCacheMb: options.tcgCacheMb ?? 64,
    shutdownTimeoutMs: options.shutdownTimeoutMs ?? 60_000,
    detachTimeoutMs: options.detachTimeoutMs ?? 60_000,
    monitors: new GuestMonitors(events, options.log, instancesDir(options.stateDir)),
    events,
    facts: () => {
      facts ??= hostFacts({
        stateDir: options.stateDir,
        qemu,
        ids,
        acceleration: options.acceleration ?? 'auto',
      }).catch((error: unknown) => {
        facts = undefined;
        throw error;
      });
      return facts;
    },
  };
  return new QemuDriver(host, options.log, options.consoleCheckMs ?? 2_000);
}

/** Guests as plain QEMU processes, driven over QMP. They keep running when Kumo stops and are found again. */
export class QemuDriver implements VirtDriver {
  readonly volumes: HotplugVolumes;
  readonly interfaces: HotplugInterfaces;
  readonly #host: QemuHost;
  readonly #log: Logger;
  readonly #turns = new GuestTurns();
  readonly #consoleTimer: NodeJS.Timeout;

  constructor(host: QemuHost, log: Logger, consoleCheckMs: number) {
    this.#host = host;
    this.#log = log;
    this.volumes = {
      group: (handle) => this.#groupOf(handle),
      attach: (handle, disk, signal) => this.#attachVolume(handle, disk, signal),
      detach: (handle, volumeId, signal) => this.#detachVolume(handle, volumeId, signal),
    };
    this.interfaces = {
      attach: (handle, nic, signal) => this.#attachNic(handle, nic, signal),
      detach: (handle, portId, signal) => this.#detachNic(handle, portId, signal),
    };
    this.#consoleTimer = setInterval(() => this.#boundConsoles(), consoleCheckMs).unref();
  }

  async inventory(): Promise<Inventory> {
    const serverIds = await this.list();
    const running = await Promise.all(serverIds.map((serverId) => findProcess(this.#paths(serverId))));
    return hostInventory(this.#host.stateDir, await this.#host.facts(), running.filter(Boolean).length);
  }

  spawn(spec: GuestSpec, signal: AbortSignal): Promise<GuestHandle> {
    return this.#verb('spawn', spec.serverId, { signal }, async (turn) => {
      await this.#ensureSpawned(spec, turn);
      return { v: 1, serverId: spec.serverId };
    });
  }

  async recover(handle: GuestHandle): Promise<GuestState> {
    const paths = this.#paths(handle.serverId);
    if (!(await readStored(paths))) return 'gone';
    return guestState(this.#host, paths, handle.serverId, { search: true });
  }

  power(handle: GuestHandle, action: PowerAction, signal: AbortSignal): Promise<void> {
    return this.#verb(`power.${action}`, handle.serverId, { signal }, async (turn) => {
      const { paths, stored } = await this.#instance(handle);
      await applyPower({ host: this.#host, paths, stored }, action, turn);
    });
  }

  destroy(handle: GuestHandle): Promise<void> {
    return this.#verb('destroy', handle.serverId, { interrupting: true }, async () => {
      const paths = this.#paths(handle.serverId);
      if (!(await exists(paths.dir))) return;
      await this.#remove(handle.serverId, paths);
    });
  }

  async state(handle: GuestHandle): Promise<GuestState> {
    const paths = this.#paths(handle.serverId);
    return (await readStored(paths)) ? guestState(this.#host, paths, handle.serverId) : 'gone';
  }

  events(signal: AbortSignal): AsyncIterable<GuestEvent> {
    const events = this.#host.events.subscribe(signal);
    this.#listenToAll().catch((error: unknown) =>
      this.#log.error({ err: error }, 'cannot list the guests to listen to'),
    );
    return events;
  }

  async consoleOutput(handle: GuestHandle, options: { lines?: number } = {}): Promise<string> {
    const { paths } = await this.#instance(handle);
    return readConsole(paths.console, options.lines);
  }

  async vnc(handle: GuestHandle): Promise<VncAddress> {
    const { paths } = await this.#instance(handle);
    if (!(await findProcess(paths))) throw new DriverError(`guest ${handle.serverId} is not running`);
    return { kind: 'socket', path: paths.vnc };
  }

  async diagnostics(handle: GuestHandle): Promise<Diagnostics> {
    const { paths, stored } = await this.#instance(handle);
    const { client, guest } = await runningClient(this.#host, paths, handle.serverId);
    return readDiagnostics({ client, guest, stored, state: await guestState(this.#host, paths, handle.serverId) });
  }

  list(): Promise<string[]> {
    return listInstances(this.#host.stateDir);
  }

  async close(): Promise<void> {
    clearInterval(this.#consoleTimer);
    await this.#host.monitors.close();
  }

  async #ensureSpawned(spec: GuestSpec, signal: AbortSignal): Promise<void> {
    const paths = this.#paths(spec.serverId);
    const { configDrive, ...kept } = spec;
    const stored: StoredInstance = {
      v: 1,
      fingerprint: specFingerprint(spec),
      spec: kept,
      hasConfigDrive: configDrive !== undefined,
    };
    const began = await exists(paths.dir);
    const guest = began ? await findProcess(paths, { search: true }) : undefined;
    if (guest) {
      const before = await readStored(paths);
      if (before?.fingerprint !== stored.fingerprint)
        throw new DriverError(`guest ${spec.serverId} already runs from another spec`);
      await this.#host.monitors.reach(spec.serverId, paths, guest);
      return;
    }
    await using undo = new AsyncDisposableStack();
    if (!(await readStored(paths))) undo.defer(() => this.#remove(spec.serverId, paths, { keepId: began }));
    const ids = await this.#host.ids?.take(spec.serverId, paths);
    await ensureOwned(paths, ids);
    await Promise.all([
      ensureOverlay(paths, kept, ids, signal),
      configDrive && buildConfigDrive(paths.config, configDrive, { signal }).then(() => secure(paths.config, ids)),
      writeStored(paths, stored),
    ]);
    signal.throwIfAborted();
    await launch(this.#host, paths, stored);
    undo.move();
  }

  /** @param options.keepId volumes may have been given to the guest's group before it was spawned. */
  async #remove(serverId: string, paths: InstancePaths, options: { keepId?: boolean } = {}): Promise<void> {
    await this.#host.monitors.forget(serverId);
    const guest = await findProcess(paths, { search: true });
    if (guest) await killProcess(guest);
    if (options.keepId) return clearInstance(paths);
    const uid = this.#host.ids?.of(serverId);
    if (uid !== undefined) await this.#host.guard?.set(uid, []);
    await removeInstance(paths);
    this.#host.ids?.release(serverId);
  }

  async #groupOf({ serverId }: GuestHandle): Promise<number | undefined> {
    const paths = this.#paths(serverId);
    const guest = this.#host.ids && (await findProcess(paths, { search: true }));
    const ids = guest
      ? await this.#host.ids?.ofRunning(serverId, paths, guest)
      : await this.#host.ids?.take(serverId, paths);
    return ids?.gid;
  }

  #attachVolume(handle: GuestHandle, disk: GuestDisk, signal: AbortSignal): Promise<void> {
    return this.#verb('volume.attach', handle.serverId, { signal }, () =>
      this.#replug(handle, {
        plug: (client, spec) => plugVolume(client, disk, spec.hardware ?? {}),
        change: (spec) => ({
          ...spec,
          disks: [...spec.disks.filter((known) => known.volumeId !== disk.volumeId), disk],
        }),
      }),
    );
  }

  #detachVolume(handle: GuestHandle, volumeId: string, signal: AbortSignal): Promise<void> {
    return this.#verb('volume.detach', handle.serverId, { signal }, (turn) =>
      this.#replug(handle, {
        plug: (client) => unplugVolume(client, volumeId, { timeoutMs: this.#host.detachTimeoutMs, signal: turn }),
        change: (spec) => ({ ...spec, disks: spec.disks.filter((known) => known.volumeId !== volumeId) }),
      }),
    );
  }

  #attachNic(handle: GuestHandle, nic: GuestNic, signal: AbortSignal): Promise<void> {
    return this.#verb('interface.attach', handle.serverId, { signal }, () =>
      this.#replug(handle, {
        plug: async (client, spec, ids) => {
          await ensureTapOwner(nic.tap, ids);
          await plugNic(client, nic, spec.hardware ?? {});
        },
        change: (spec) => ({ ...spec, nics: [...spec.nics.filter((known) => known.portId !== nic.portId), nic] }),
      }),
    );
  }

  #detachNic(handle: GuestHandle, portId: string, signal: AbortSignal): Promise<void> {
    return this.#verb('interface.detach', handle.serverId, { signal }, (turn) =>
      this.#replug(handle, {
        plug: (client) => unplugNic(client, portId, { timeoutMs: this.#host.detachTimeoutMs, signal: turn }),
        change: (spec) => ({ ...spec, nics: spec.nics.filter((known) => known.portId !== portId) }),
      }),
    );
  }

  /** First in the running guest, then on disk: cut short in between, the same call finds the first done and does the second. */
  async #replug(handle: GuestHandle, how: Replug): Promise<void> {
    const { paths, stored } = await this.#instance(handle);
    const guest = await findProcess(paths, { search: true });
    const spec = how.change(stored.spec);
    const ids = guest && (await this.#host.ids?.ofRunning(handle.serverId, paths, guest));
    if (ids) await this.#host.guard?.set(ids.uid, peersOf([...stored.spec.disks, ...spec.disks]));
    if (guest) await how.plug(await this.#host.monitors.reach(handle.serverId, paths, guest), stored.spec, ids);
    await writeStored(paths, { ...stored, spec });
    if (ids) await this.#host.guard?.set(ids.uid, peersOf(spec.disks));
  }

  /** One guest that does not answer keeps nobody from hearing the others; whoever asks for its state gets the error too. */
  async #listenToAll(): Promise<void> {
    const listen = async (serverId: string) => {
      const paths = this.#paths(serverId);
      const guest = await findProcess(paths);
      if (guest) await this.#host.monitors.reach(serverId, paths, guest);
    };
    const tries = (await this.list()).map((serverId) =>
      listen(serverId).catch((error: unknown) => this.#log.warn({ err: error, serverId }, 'cannot listen to a guest')),
    );
    await Promise.all(tries);
  }

  #boundConsoles(): void {
    for (const serverId of this.#host.monitors.serverIds) {
      this.#boundOne(serverId).catch((error: unknown) =>
        this.#log.error({ err: error, serverId }, 'cannot bound a console log'),
      );
    }
  }

  async #boundOne(serverId: string): Promise<void> {
    const paths = this.#paths(serverId);
    const stored = await readStored(paths);
    if (stored) await boundConsole(paths.console, stored.spec.serialLogBytes ?? DEFAULT_CONSOLE_BYTES);
  }

  #paths(serverId: string): InstancePaths {
    return instancePaths(this.#host.stateDir, serverId);
  }

  async #instance({ serverId }: GuestHandle): Promise<{ paths: InstancePaths; stored: StoredInstance }> {
    const paths = this.#paths(serverId);
    const stored = await readStored(paths);
    if (!stored) throw new GuestGoneError(serverId);
    return { paths, stored };
  }

  #verb<T>(
    name: string,
    serverId: string,
    options: { signal?: AbortSignal; interrupting?: boolean },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const attributes = { 'kumo.server_id': checkServerId(serverId) };
    return withSpan(`hypervisor.${name}`, { kind: 'native', from: 'nova-compute', to: 'hypervisor', attributes }, () =>
      this.#turns.take(serverId, work, options),
    );
  }
}

interface Replug {
  plug(
    client: Awaited<ReturnType<GuestMonitors['reach']>>,
    spec: StoredInstance['spec'],
    ids: Ids | undefined,
  ): Promise<void>;
  change(spec: StoredInstance['spec']): StoredInstance['spec'];
}
