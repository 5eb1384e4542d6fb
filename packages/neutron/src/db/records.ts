/** What the tables hold, as the rest of the service sees it. */
export interface Standard {
  id: string;
  projectId: string;
  description: string;
  createdAt: string;
  updatedAt: string;
  revisionNumber: number;
}

export interface Network extends Standard {
  name: string;
  adminStateUp: boolean;
  shared: boolean;
  isExternal: boolean;
  isDefault: boolean;
  mtu: number;
  portSecurityEnabled: boolean;
  dnsDomain: string;
  availabilityZoneHints: string[];
  networkType: 'flat' | 'vxlan' | 'local';
  physicalNetwork: string | null;
  segmentationId: number | null;
  /** The host whose DHCP agent serves it; null while none was found or none is needed. */
  dhcpHost: string | null;
}

export interface Pool {
  start: string;
  end: string;
}

export interface HostRoute {
  destination: string;
  nexthop: string;
}

export interface Subnet extends Standard {
  name: string;
  networkId: string;
  ipVersion: 4 | 6;
  cidr: string;
  gatewayIp: string | null;
  enableDhcp: boolean;
  allocationPools: Pool[];
  dnsNameservers: string[];
  hostRoutes: HostRoute[];
  ipv6AddressMode: string | null;
  ipv6RaMode: string | null;
  serviceTypes: string[];
}

export interface AddressPair {
  ipAddress: string;
  macAddress: string;
}

export interface DhcpOption {
  optName: string;
  optValue: string;
  ipVersion: number;
}

export interface FixedIp {
  subnetId: string;
  ipAddress: string;
}

/** A row of `ports`. */
export interface PortRow extends Standard {
  name: string;
  networkId: string;
  adminStateUp: boolean;
  status: 'ACTIVE' | 'DOWN' | 'BUILD';
  macAddress: string;
  deviceId: string;
  deviceOwner: string;
  portSecurityEnabled: boolean;
  allowedAddressPairs: AddressPair[];
  extraDhcpOpts: DhcpOption[];
  dnsName: string;
  /** Since when it has this name; null: since its creation. */
  dnsNamedAt: string | null;
  hostId: string;
  vnicType: string;
  vifType: 'unbound' | 'bridge' | 'binding_failed';
  bindingProfile: Record<string, unknown>;
}

/** A port with what its neighbouring tables say about it. */
export interface Port extends PortRow {
  fixedIps: FixedIp[];
  securityGroups: string[];
}

export interface Router extends Standard {
  name: string;
  adminStateUp: boolean;
  gatewayNetworkId: string | null;
  gatewayPortId: string | null;
  enableSnat: boolean;
  routes: HostRoute[];
  availabilityZoneHints: string[];
  /** The host whose L3 agent runs it; null while none was found. */
  host: string | null;
}

export interface FloatingIp extends Standard {
  floatingNetworkId: string;
  floatingIpAddress: string;
  floatingPortId: string;
  portId: string | null;
  fixedIpAddress: string | null;
  routerId: string | null;
  status: 'ACTIVE' | 'DOWN' | 'ERROR';
  dnsName: string;
  dnsDomain: string;
}

export interface SecurityGroup extends Standard {
  name: string;
  stateful: boolean;
}

export interface SecurityGroupRule extends Standard {
  securityGroupId: string;
  direction: 'ingress' | 'egress';
  ethertype: 'IPv4' | 'IPv6';
  protocol: string | null;
  portRangeMin: number | null;
  portRangeMax: number | null;
  remoteIpPrefix: string | null;
  remoteGroupId: string | null;
  /** All that makes it different from the other rules of its group. */
  signature: string;
}

export interface Agent {
  id: string;
  agentType: string;
  binary: string;
  topic: string;
  host: string;
  adminStateUp: boolean;
  availabilityZone: string | null;
  configurations: Record<string, unknown>;
  description: string | null;
  createdAt: string;
  startedAt: string;
  heartbeatAt: string;
}
