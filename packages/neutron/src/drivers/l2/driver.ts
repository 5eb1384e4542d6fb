import type { NetworkSegment } from '../host/marks.ts';

/** A network as this host needs it. */
export interface L2Network extends NetworkSegment {
  mtu: number;
  /** VXLAN: the other hosts that have ports of this network; broadcast and unknown unicast go to each of them. */
  remotes: readonly { hostIp: string }[];
  /** VXLAN: where each remote port lives, so that its traffic goes to that host alone. */
  fdb: readonly { mac: string; hostIp: string; ip?: string }[];
}

/** A guest's port on this host. DHCP and router ports are made by their own drivers. */
export interface L2Port {
  portId: string;
  networkId: string;
  mtu: number;
  /** False takes the tap down: the guest sees its cable unplugged. */
  adminUp: boolean;
}

/** Everything that shall be on this host. */
export interface L2State {
  networks: readonly L2Network[];
  ports: readonly L2Port[];
}

export interface L2Report {
  networks: { networkId: string; bridge: string }[];
  ports: {
    portId: string;
    /** Interface name, for the hypervisor. */
    tap: string;
    bridge: string | null;
    mtu: number;
    adminUp: boolean;
    /** A hypervisor has the tap open. */
    carrier: boolean;
  }[];
}

/** Switching on one host: a bridge per network, a tap per guest port, VXLAN between hosts. */
export interface L2Driver {
  /**
   * Makes the host as `desired` says and removes what is ours and no longer in it. Idempotent; may run after a crash or
   * a reboot. Calls take turns with `ensurePort`; `desired` must be younger than the last port ensured, else its tap
   * goes: fetch it while no `ensurePort` runs.
   * @throws DriverError when the kernel refuses, or a name is taken by somebody else's interface.
   */
  sync(desired: L2State): Promise<L2Report>;
  /**
   * The fast path before a guest starts: its network's bridge and its tap, nothing else touched. Idempotent.
   * The firewall's `ensurePort` comes first, so that the tap is never open unfiltered.
   */
  ensurePort(network: L2Network, port: L2Port): Promise<{ tap: string; bridge: string }>;
  /** Removes the port's tap. Absent is fine; the bridge goes with the next `sync`. */
  removePort(portId: string): Promise<void>;
  /** What of ours is on the host now. */
  report(): Promise<L2Report>;
}
