/**
 * What nova-compute asks of a hypervisor. Plain JSON goes in and comes out: a driver knows no database, no policy and no
 * request. Every verb is "ensure" or "make absent", so a flow step that was cut short by a crash is simply run again.
 */
import { DriverError } from '@kumo/core/errors';

export interface Inventory {
  vcpus: number;
  memoryMb: number;
  diskGb: number;
  hypervisorType: 'QEMU' | 'fake';
  /** As libvirt counts: major * 1,000,000 + minor * 1,000 + micro. */
  hypervisorVersion: number;
  hostname: string;
  cpuInfo: CpuInfo;
  /** Guests that run now. */
  running: number;
}

export interface CpuInfo {
  arch: string;
  vendor: string;
  model: string;
  features: string[];
  topology: { cells: number; sockets: number; cores: number; threads: number };
}

/** A block device that someone else exports over NBD: a UNIX socket on this host, or host and port. */
export interface NbdSource {
  kind: 'nbd';
  socket?: string;
  host?: string;
  port?: number;
  exportName: string;
}

export interface GuestDisk {
  volumeId: string;
  /** Lowest boots first; absent: not booted from. */
  bootIndex?: number;
  source: NbdSource;
  bus: 'virtio';
  readOnly: boolean;
}

export interface GuestNic {
  portId: string;
  mac: string;
  /** Name of an existing tap interface. A driver that is root makes it the guest's; else it must be this user's already. */
  tap: string;
  mtu: number;
}

/** What an image's `hw_*` properties ask for; see `hardwareFromImage`. */
export interface GuestHardware {
  machine?: 'pc' | 'q35';
  diskBus?: 'virtio' | 'scsi' | 'ide';
  vifModel?: 'virtio' | 'e1000' | 'e1000e' | 'rtl8139';
  /** Default true. */
  rng?: boolean;
}

export interface GuestSpec {
  serverId: string;
  name: string;
  vcpus: number;
  memoryMb: number;
  /** The cached base image under the guest's overlay; absent when the guest boots from a volume. */
  image?: { baseFile: string; format: 'qcow2' | 'raw' };
  /** Size of the root disk; 0 keeps the image's own size. */
  rootGb: number;
  disks: GuestDisk[];
  nics: GuestNic[];
  /** Path inside the config drive → content. Absent: no config drive. It may hold secrets, so it is kept only as an image with mode 0600. */
  configDrive?: Record<string, string>;
  hardware?: GuestHardware;
  /** Bound of the stored serial console. Default 1 MiB. */
  serialLogBytes?: number;
}

/** Names a guest for later calls, also after a restart; kept by nova-compute as it is. */
export interface GuestHandle {
  v: 1;
  serverId: string;
}

/** `shutdown`: defined, not running. `crashed`: its hypervisor process died or gave up. `gone`: this host knows no such guest. */
export type GuestState = 'running' | 'paused' | 'shutdown' | 'crashed' | 'gone';

/**
 * `stop` asks the guest by ACPI and pulls the plug after the driver's time-out; `force-stop` pulls it at once.
 * `reboot-soft` is `stop` then `start`; `reboot-hard` is `force-stop` then `start`.
 */
export type PowerAction = 'start' | 'stop' | 'force-stop' | 'reboot-soft' | 'reboot-hard' | 'pause' | 'resume';

export type GuestEventType = 'started' | 'shutdown' | 'crashed' | 'paused' | 'resumed' | 'reset';

export interface GuestEvent {
  serverId: string;
  type: GuestEventType;
  /** ISO-8601 UTC. */
  at: string;
}

/** Where the guest's screen is served (RFB without a password: never reachable from outside this host). */
export type VncAddress = { kind: 'socket'; path: string } | { kind: 'tcp'; host: string; port: number };

export interface Diagnostics {
  state: GuestState;
  driver: string;
  hypervisor: string;
  hypervisorOs: string;
  uptimeS: number;
  configDrive: boolean;
  cpus: { id: number; timeNs: number }[];
  disks: { readBytes: number; readRequests: number; writeBytes: number; writeRequests: number; errorsCount: number }[];
  nics: NicDiagnostics[];
  memory: { maximumMb: number; usedMb: number };
}

/** Counted from the guest's side: `rx` is what the guest received. */
export interface NicDiagnostics {
  macAddress: string;
  rxOctets: number;
  rxPackets: number;
  rxErrors: number;
  rxDrop: number;
  txOctets: number;
  txPackets: number;
  txErrors: number;
  txDrop: number;
}

export interface HotplugVolumes {
  /**
   * The group that a volume's socket must let in, for this guest alone; may be asked before the guest is spawned, and is
   * then kept for it until `destroy`. Undefined: guests run as whoever runs Kumo.
   */
  group?(handle: GuestHandle): Promise<number | undefined>;
  /** Ensures that the disk is in the guest, now and after each later start. */
  attach(handle: GuestHandle, disk: GuestDisk, signal: AbortSignal): Promise<void>;
  /**
   * Makes the disk absent; succeeds when it already is. A running guest must let go of it.
   * @throws DriverError (retryable) when the guest does not within the driver's time-out; the disk then is still attached.
   */
  detach(handle: GuestHandle, volumeId: string, signal: AbortSignal): Promise<void>;
}

export interface HotplugInterfaces {
  /** Ensures that the interface is in the guest, now and after each later start. */
  attach(handle: GuestHandle, nic: GuestNic, signal: AbortSignal): Promise<void>;
  /** Makes the interface absent, with the same rules as a volume's detach. The tap itself stays: its owner removes it. */
  detach(handle: GuestHandle, portId: string, signal: AbortSignal): Promise<void>;
}

/** Verbs on a guest that this host does not know throw `GuestGoneError`, except where the verb says otherwise. */
export interface VirtDriver {
  /** What the host offers; cheap enough to be asked every few seconds. */
  inventory(): Promise<Inventory>;
  /**
   * Starts the guest, or does nothing if it already runs from the same spec. A stopped guest's disk is kept and its spec replaced.
   * What a failed first call made is removed again.
   * @throws DriverError when it runs from another spec, or cannot be started (with the hypervisor's reason).
   */
  spawn(spec: GuestSpec, signal: AbortSignal): Promise<GuestHandle>;
  /** Finds the guest again after this process restarted, listens to it from now on, and tells its state. Never throws for `gone`. */
  recover(handle: GuestHandle): Promise<GuestState>;
  /** Ensures the state that the action leads to: starting a running guest or stopping a stopped one does nothing. */
  power(handle: GuestHandle, action: PowerAction, signal: AbortSignal): Promise<void>;
  /** Stops the guest hard and removes every file of it; interrupts another verb on it. Succeeds when the guest is already gone. */
  destroy(handle: GuestHandle): Promise<void>;
  /** Never throws for a guest that is gone. */
  state(handle: GuestHandle): Promise<GuestState>;
  /**
   * Listens to every guest on this host (call it once at start: consoles are only kept bounded for guests that are listened to)
   * and tells what happens from now until the signal; a slow reader loses the oldest ones (compare with `state` now and then).
   */
  events(signal: AbortSignal): AsyncIterable<GuestEvent>;
  /** The end of what the guest wrote to its serial console: the last `lines` lines, else the last 100 KiB. */
  consoleOutput(handle: GuestHandle, options?: { lines?: number }): Promise<string>;
  /** @throws DriverError when the guest is not running. */
  vnc(handle: GuestHandle): Promise<VncAddress>;
  /** @throws DriverError when the guest is not running. */
  diagnostics(handle: GuestHandle): Promise<Diagnostics>;
  /** The server ids of all guests that have anything on this host, running or not; what nobody knows of is an orphan. */
  list(): Promise<string[]>;
  /** Lets go of every guest without touching it: guests keep running. The driver cannot be used afterwards. */
  close(): Promise<void>;
  readonly volumes?: HotplugVolumes;
  readonly interfaces?: HotplugInterfaces;
}

/** This host has no such guest. */
export class GuestGoneError extends DriverError {
  constructor(serverId: string) {
    super(`this host has no guest ${serverId}`);
    this.name = 'GuestGoneError';
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Server ids become directory names and arguments: nothing but a UUID passes. */
export function checkServerId(serverId: string): string {
  if (!UUID.test(serverId)) throw new DriverError(`not a server id: ${JSON.stringify(serverId)}`);
  return serverId;
}
