import { Type as T } from 'typebox';

/** What agents are told about networks and ports; all of it fits the drivers' own interfaces. */
export const Segment = T.Object({
  networkId: T.String(),
  type: T.Enum(['flat', 'vxlan', 'local']),
  physicalNetwork: T.Optional(T.String()),
  segmentationId: T.Optional(T.Integer()),
  mtu: T.Integer(),
});

export const L2NetworkShape = T.Object({
  ...Segment.properties,
  remotes: T.Array(T.Object({ hostIp: T.String() })),
  fdb: T.Array(T.Object({ mac: T.String(), hostIp: T.String(), ip: T.Optional(T.String()) })),
});

const RuleShape = T.Object({
  direction: T.Enum(['ingress', 'egress']),
  ethertype: T.Enum(['IPv4', 'IPv6']),
  protocol: T.Union([T.String(), T.Null()]),
  portRangeMin: T.Union([T.Integer(), T.Null()]),
  portRangeMax: T.Union([T.Integer(), T.Null()]),
  remoteIpPrefix: T.Union([T.String(), T.Null()]),
  remoteGroupId: T.Union([T.String(), T.Null()]),
});

export const L2PortShape = T.Object({
  portId: T.String(),
  networkId: T.String(),
  mtu: T.Integer(),
  adminUp: T.Boolean(),
  mac: T.String(),
  fixedIps: T.Array(T.Object({ ip: T.String() })),
  allowedAddressPairs: T.Array(T.Object({ ip: T.String(), mac: T.Optional(T.String()) })),
  portSecurity: T.Boolean(),
  rules: T.Array(RuleShape),
});

export const GroupShape = T.Object({ groupId: T.String(), addresses: T.Array(T.String()) });

export const L2StateShape = T.Object({
  networks: T.Array(L2NetworkShape),
  ports: T.Array(L2PortShape),
  groups: T.Array(GroupShape),
});

export const DhcpNetworkShape = T.Object({
  segment: Segment,
  portId: T.String(),
  mac: T.String(),
  domain: T.String(),
  leaseTimeS: T.Integer(),
  subnets: T.Array(
    T.Object({
      subnetId: T.String(),
      cidr: T.String(),
      serverIp: T.String(),
      gatewayIp: T.Union([T.String(), T.Null()]),
      dnsNameservers: T.Array(T.String()),
      hostRoutes: T.Array(T.Object({ destination: T.String(), nexthop: T.String() })),
      isolated: T.Boolean(),
    }),
  ),
  hosts: T.Array(
    T.Object({
      portId: T.String(),
      mac: T.String(),
      subnetId: T.String(),
      ip: T.String(),
      hostname: T.Optional(T.String()),
    }),
  ),
});

const RouterPortShape = T.Object({
  portId: T.String(),
  mac: T.String(),
  segment: Segment,
  addresses: T.Array(T.String()),
});

export const RouterShape = T.Object({
  routerId: T.String(),
  adminUp: T.Boolean(),
  interfaces: T.Array(RouterPortShape),
  gateway: T.Union([
    T.Object({ ...RouterPortShape.properties, gatewayIps: T.Array(T.String()), enableSnat: T.Boolean() }),
    T.Null(),
  ]),
  floatingIps: T.Array(T.Object({ floatingIpId: T.String(), floatingIp: T.String(), fixedIp: T.String() })),
  routes: T.Array(T.Object({ destination: T.String(), nexthop: T.String() })),
});
