import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import { withSpan } from '@kumo/core/trace';
import {
  checkServerId,
  type Diagnostics,
  type GuestEvent,
  type GuestEventType,
  GuestGoneError,
  type GuestHandle,
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
import { type FakeGuest, FakeGuests } from './fake-guests.ts';

export type FakeVerb =
  | 'spawn'
  | 'power'
  | 'destroy'
  | 'volume.attach'
  | 'volume.detach'
  | 'interface.attach'
  | 'interface.detach';

export interface FakeFailure {
  message: string;
  retryable?: boolean;
  /** How many calls fail. Default: all. */
  times?: number;
  /** Only calls for this server fail. Default: for every one. */
  serverId?: string;
}

export interface FakeDriverOptions {
  /** Where guests are kept, so that they outlive a restart. Absent: only in memory. */
  stateFile?: string;
  /** How long each verb takes. Default 0. */
  delaysMs?: Partial<Record<FakeVerb, number>>;
  failures?: Partial<Record<FakeVerb, FakeFailure>>;
  /** What the host claims to have. */
  inventory?: Partial<Pick<Inventory, 'vcpus' | 'memoryMb' | 'diskGb' | 'hostname'>>;
}

export interface FakeCall {
  verb: FakeVerb;
  serverId: string;
}

const MAX_CALLS = 10_000;
const CONSOLE_BYTES = 100 * 1024;

const AFTER: Record<Exclude<PowerAction, 'pause' | 'resume'>, FakeGuest['state']> = {
  start: 'running',
  stop: 'shutdown',
  'force-stop': 'shutdown',
  'reboot-soft': 'running',
  'reboot-hard': 'running',
};

/** A host of guests that are only records: for tests of everything above a hypervisor, and for scale. */
export class FakeDriver implements VirtDriver {
  /** The verbs that were called, oldest first; only the last 10,000 are kept. */
  readonly calls: FakeCall[] = [];
  readonly volumes: HotplugVolumes;
  readonly interfaces: HotplugInterfaces;
  readonly #options: FakeDriverOptions;
  readonly #failures: Map<FakeVerb, FakeFailure>;
  readonly #guests: FakeGuests;
  readonly #events = new GuestEvents();
  readonly #turns = new GuestTurns();

  constructor(options: FakeDriverOptions = {}) {
    this.#options = options;
    this.#failures = new Map(Object.entries(structuredClone(options.failures ?? {})) as [FakeVerb, FakeFailure][]);
    this.#guests = new FakeGuests(options.stateFile);
    this.volumes = {
      attach: (handle, disk, signal) =>
        this.#respec('volume.attach', handle, signal, (spec) => ({
          disks: [...spec.disks.filter((known) => known.volumeId !== disk.volumeId), disk],
        })),
      detach: (handle, volumeId, signal) =>
        this.#respec('volume.detach', handle, signal, (spec) => ({
          disks: spec.disks.filter((known) => known.volumeId !== volumeId),
        })),
    };
    this.interfaces = {
      attach: (handle, nic, signal) =>
        this.#respec('interface.attach', handle, signal, (spec) => ({
          nics: [...spec.nics.filter((known) => known.portId !== nic.portId), nic],
        })),
      detach: (handle, portId, signal) =>
        this.#respec('interface.detach', handle, signal, (spec) => ({
          nics: spec.nics.filter((known) => known.portId !== portId),
        })),
    };
  }

  /** Lets a verb fail from now on; undefined lets it succeed again. */
  fail(verb: FakeVerb, failure: FakeFailure | undefined): void {
    if (failure) this.#failures.set(verb, { ...failure });
    else this.#failures.delete(verb);
  }

  /** What a guest does by itself: it powers off, crashes or resets. */
  async guestDoes(serverId: string, what: 'shutdown' | 'crashed' | 'reset'): Promise<void> {
    const guest = await this.#guest({ serverId });
    await this.#enter(guest, what === 'reset' ? guest.state : what, what);
  }

  /** The spec as plugging has changed it; undefined when there is no such guest. */
  async spec(serverId: string): Promise<FakeGuest['spec'] | undefined> {
    return structuredClone((await this.#guests.load()).get(serverId)?.spec);
  }

  async inventory(): Promise<Inventory> {
    const guests = [...(await this.#guests.load()).values()];
    return {
      ...{ vcpus: 1_000, memoryMb: 800_000, diskGb: 600_000, hostname: hostname(), ...this.#options.inventory },
      hypervisorType: 'fake',
      hypervisorVersion: 1_000_000,
      cpuInfo: {
        ...{ arch: 'x86_64', vendor: 'fake', model: 'fake', features: [] },
        topology: { cells: 1, sockets: 1, cores: 1, threads: 1 },
      },
      running: guests.filter((guest) => guest.state === 'running' || guest.state === 'paused').length,
    };
  }

  spawn(spec: GuestSpec, signal: AbortSignal): Promise<GuestHandle> {
    return this.#verb('spawn', spec.serverId, { signal }, async () => {
      const { configDrive, ...kept } = structuredClone(spec);
      const guests = await this.#guests.load();
      const fingerprint = specFingerprint(spec);
      const known = guests.get(spec.serverId);
      const live = known?.state === 'running' || known?.state === 'paused';
      if (live && known.fingerprint !== fingerprint) {
        throw new DriverError(`guest ${spec.serverId} already runs from another spec`);
      }
      if (!live) {
        const guest: FakeGuest = {
          ...{ spec: kept, hasConfigDrive: configDrive !== undefined, fingerprint, state: 'shutdown' },
          ...{ console: known?.console ?? '', startedAt: new Date().toISOString() },
        };
        guests.set(spec.serverId, guest);
        await this.#enter(guest, 'running', 'started');
      }
      return { v: 1, serverId: spec.serverId };
    });
  }

  recover(handle: GuestHandle): Promise<GuestState> {
    return this.state(handle);
  }

  power(handle: GuestHandle, action: PowerAction, signal: AbortSignal): Promise<void> {
    return this.#verb('power', handle.serverId, { signal }, async () => {
      const guest = await this.#guest(handle);
      const live = guest.state === 'running' || guest.state === 'paused';
      if (action === 'pause' || action === 'resume') {
        if (!live) throw new DriverError(`guest ${handle.serverId} is not running`);
        const target = action === 'pause' ? 'paused' : 'running';
        if (guest.state !== target) await this.#enter(guest, target, action === 'pause' ? 'paused' : 'resumed');
        return;
      }
      if (action === 'start' && live) return;
      const reboots = action === 'reboot-soft' || action === 'reboot-hard';
      if (live && reboots) await this.#enter(guest, 'shutdown', 'shutdown');
      const target = AFTER[action];
      if (guest.state !== target) await this.#enter(guest, target, target === 'running' ? 'started' : 'shutdown');
    });
  }

  destroy(handle: GuestHandle): Promise<void> {
    return this.#verb('destroy', handle.serverId, { interrupting: true }, async () => {
      if ((await this.#guests.load()).delete(handle.serverId)) await this.#guests.save();
    });
  }

  async state(handle: GuestHandle): Promise<GuestState> {
    return (await this.#guests.load()).get(handle.serverId)?.state ?? 'gone';
  }

  events(signal: AbortSignal): AsyncIterable<GuestEvent> {
    return this.#events.subscribe(signal);
  }

  async consoleOutput(handle: GuestHandle, options: { lines?: number } = {}): Promise<string> {
    const { console: text } = await this.#guest(handle);
    if (options.lines === undefined) return text;
    return options.lines <= 0
      ? ''
      : text
          .split('\n')
          .slice(-(options.lines + 1))
          .join('\n');
  }

  async vnc(handle: GuestHandle): Promise<VncAddress> {
    await this.#running(handle);
    return { kind: 'tcp', host: '127.0.0.1', port: 5900 };
  }

  async diagnostics(handle: GuestHandle): Promise<Diagnostics> {
    const { spec, state, hasConfigDrive, startedAt } = await this.#running(handle);
    const none = {
      rxOctets: 0,
      rxPackets: 0,
      rxErrors: 0,
      rxDrop: 0,
      txOctets: 0,
      txPackets: 0,
      txErrors: 0,
      txDrop: 0,
    };
    const disk = { readBytes: 0, readRequests: 0, writeBytes: 0, writeRequests: 0, errorsCount: 0 };
    return {
      ...{ state, driver: 'fake', hypervisor: 'fake', hypervisorOs: 'linux', configDrive: hasConfigDrive },
      uptimeS: Math.floor((Date.now() - Date.parse(startedAt)) / 1000),
      cpus: Array.from({ length: spec.vcpus }, (_, id) => ({ id, timeNs: 0 })),
      disks: [...(spec.image ? [disk] : []), ...spec.disks.map(() => disk)],
      nics: spec.nics.map((nic) => ({ macAddress: nic.mac, ...none })),
      memory: { maximumMb: spec.memoryMb, usedMb: 0 },
    };
  }

  async list(): Promise<string[]> {
    return [...(await this.#guests.load()).keys()];
  }

  close(): Promise<void> {
    return this.#guests.save();
  }

  #respec(
    verb: FakeVerb,
    handle: GuestHandle,
    signal: AbortSignal,
    change: (spec: FakeGuest['spec']) => Partial<FakeGuest['spec']>,
  ): Promise<void> {
    return this.#verb(verb, handle.serverId, { signal }, async () => {
      const guest = await this.#guest(handle);
      guest.spec = structuredClone({ ...guest.spec, ...change(guest.spec) });
      await this.#guests.save();
    });
  }

  async #enter(guest: FakeGuest, state: FakeGuest['state'], event: GuestEventType): Promise<void> {
    guest.state = state;
    if (event === 'started') guest.startedAt = new Date().toISOString();
    guest.console = `${guest.console}fake guest ${guest.spec.serverId}: ${event}\n`.slice(-CONSOLE_BYTES);
    await this.#guests.save();
    this.#events.publish(guest.spec.serverId, event);
  }

  async #guest({ serverId }: Pick<GuestHandle, 'serverId'>): Promise<FakeGuest> {
    const guest = (await this.#guests.load()).get(serverId);
    if (!guest) throw new GuestGoneError(serverId);
    return guest;
  }

  async #running(handle: GuestHandle): Promise<FakeGuest> {
    const guest = await this.#guest(handle);
    if (guest.state !== 'running' && guest.state !== 'paused')
      throw new DriverError(`guest ${handle.serverId} is not running`);
    return guest;
  }

  #verb<T>(
    verb: FakeVerb,
    serverId: string,
    options: { signal?: AbortSignal; interrupting?: boolean },
    work: () => Promise<T>,
  ): Promise<T> {
    const attributes = { 'kumo.server_id': checkServerId(serverId) };
    this.calls.push({ verb, serverId });
    if (this.calls.length > MAX_CALLS) this.calls.shift();
    return withSpan(`hypervisor.${verb}`, { kind: 'native', from: 'nova-compute', to: 'hypervisor', attributes }, () =>
      this.#turns.take(
        serverId,
        async (signal) => {
          const delayMs = this.#options.delaysMs?.[verb] ?? 0;
          if (delayMs > 0) await sleep(delayMs, undefined, { signal });
          this.#maybeFail(verb, serverId);
          return work();
        },
        options,
      ),
    );
  }

  #maybeFail(verb: FakeVerb, serverId: string): void {
    const failure = this.#failures.get(verb);
    if (!failure || (failure.serverId !== undefined && failure.serverId !== serverId)) return;
    if (failure.times !== undefined && failure.times-- <= 0) return;
    throw new DriverError(failure.message, { retryable: failure.retryable ?? false });
  }
}
