/** A security group rule as it applies to one port. */
export interface FirewallRule {
  direction: 'ingress' | 'egress';
  ethertype: 'IPv4' | 'IPv6';
  /** A name that Neutron knows (`tcp`, `icmp`, `ipv6-icmp`, …) or a number from 0 to 255; absent or null: any. */
  protocol?: string | null;
  /** First port, or the ICMP type. */
  portRangeMin?: number | null;
  /** Last port, or the ICMP code. */
  portRangeMax?: number | null;
  remoteIpPrefix?: string | null;
  /** Members come from `FirewallState.groups`. */
  remoteGroupId?: string | null;
}

export interface FirewallPort {
  portId: string;
  networkId: string;
  mac: string;
  fixedIps: readonly { ip: string }[];
  /** Further addresses (or prefixes) the guest may use, under its own or another MAC. */
  allowedAddressPairs: readonly { ip: string; mac?: string }[];
  /** False: nothing of this port is filtered. */
  portSecurity: boolean;
  /** Of all its groups together. No rules: nothing but DHCP, ARP and neighbour discovery. */
  rules: readonly FirewallRule[];
}

export interface FirewallNetwork {
  networkId: string;
  bridge: string;
  /** Connection tracking zone from `conntrackZone`; 0 for networks in the host's own address space (flat). */
  zone: number;
  /** Of a VXLAN network: its number, and the tunnel addresses of the other hosts that have it. */
  overlay?: { vni: number; peers: readonly string[] };
}

export interface FirewallGroup {
  groupId: string;
  /** Addresses (or prefixes) of every member port on any host, allowed address pairs included. */
  addresses: readonly string[];
}

export interface FirewallState {
  networks: readonly FirewallNetwork[];
  ports: readonly FirewallPort[];
  /** At least the groups that rules name as remote ones. */
  groups: readonly FirewallGroup[];
}

export interface FirewallReport {
  /** Ports whose traffic is filtered now. */
  filteredPortIds: string[];
}

/**
 * Anti-spoofing and stateful security groups of the guest ports on one host. Rules name taps, which need not exist yet:
 * call `ensurePort` before the tap is made, then a port is never open.
 */
export interface FirewallDriver {
  /**
   * Makes the filter as `desired` says, in one atomic change, and forgets the tracked connections of ports from which
   * rules, members or addresses were taken. Idempotent.
   * @throws DriverError when a value is malformed or the kernel refuses; the old rules then still hold.
   */
  sync(desired: FirewallState): Promise<FirewallReport>;
  /** Adds or changes one port (and the groups its rules name) and leaves all others as they are. Idempotent. */
  ensurePort(network: FirewallNetwork, port: FirewallPort, groups: readonly FirewallGroup[]): Promise<void>;
  /** Removes one port's rules. Absent is fine. Remove its tap first. */
  removePort(portId: string): Promise<void>;
  report(): Promise<FirewallReport>;
}
