import type { NamespacePort } from '../host/veth.ts';

/** An IPv4 subnet that DHCP serves. */
export interface DhcpSubnet {
  subnetId: string;
  cidr: string;
  /** The address of the DHCP port in this subnet. */
  serverIp: string;
  gatewayIp: string | null;
  /** Empty: the guests ask the DHCP server, which forwards to `DnsmasqOptions.upstreams`. */
  dnsNameservers: readonly string[];
  hostRoutes: readonly { destination: string; nexthop: string }[];
  /** No router answers 169.254.169.254 here, so the DHCP port does, and guests get a route to it. */
  isolated: boolean;
}

/** A port that may take an address. */
export interface DhcpHost {
  portId: string;
  mac: string;
  subnetId: string;
  ip: string;
  /** Without domain. Default `host-10-0-0-5`. */
  hostname?: string;
}

/** All that DHCP on one network needs. */
export interface DhcpNetwork {
  networkId: string;
  port: NamespacePort;
  mtu: number;
  /** e.g. `openstacklocal`. */
  domain: string;
  /** Default 86,400. */
  leaseTimeS?: number;
  subnets: readonly DhcpSubnet[];
  hosts: readonly DhcpHost[];
}

export interface DhcpReport {
  networkId: string;
  namespace: string;
  /** Of its dnsmasq; null when none runs. */
  pid: number | null;
}

/** DHCP and DNS for networks, each in a namespace of its own. */
export interface DhcpDriver {
  /**
   * Makes the namespace, its port and a running server that knows exactly these hosts; starts it again if it died.
   * Idempotent; a server that runs with the same settings goes on, and only reads its hosts anew when they changed.
   * @throws DriverError, retryable while the network's bridge does not exist.
   */
  ensureNetwork(network: DhcpNetwork): Promise<DhcpReport>;
  /** Stops the server and removes namespace and port. Absent is fine. */
  removeNetwork(networkId: string): Promise<void>;
  /** The networks of this cloud that are served here, also by servers that an earlier process started. */
  report(): Promise<DhcpReport[]>;
}
