import { policySettings } from '@kumo/core/policy';
import { type Static, Type as T } from 'typebox';

const Quota = (value: number) => T.Integer({ default: value, minimum: -1 });

/** What may be set below `neutron:` in kumo.yaml. */
export const NeutronConfig = T.Object(
  {
    dataplane: T.Enum(['linux', 'fake'], {
      default: 'linux',
      description: '`linux`: bridges, namespaces and nftables on this host, which needs root. `fake`: nothing is made.',
    }),
    cloudId: T.String({
      default: 'kumo',
      pattern: '^[a-z0-9_]{1,16}$',
      description: 'Marks what this cloud makes on a host; two clouds on one machine need different ones.',
    }),
    hostNamespace: T.Optional(
      T.String({
        pattern: '^[a-z0-9-]{1,64}$',
        description:
          'The network namespace that plays the host, for several nodes on one machine. Default: the host itself.',
      }),
    ),
    guestUser: T.String({
      default: 'kumo-guest',
      minLength: 1,
      maxLength: 32,
      description: 'The user that owns the guests’ taps; root where it does not exist.',
    }),
    dnsDomain: T.String({ default: 'openstacklocal', minLength: 1, maxLength: 253 }),
    dnsUpstreams: T.Array(T.String({ maxLength: 64 }), {
      default: [],
      description: 'Resolvers to which the DHCP servers forward; they must be reachable from the networks.',
    }),
    dhcpLeaseSeconds: T.Integer({ default: 86_400, minimum: 120 }),
    availabilityZone: T.String({ default: 'nova', minLength: 1, maxLength: 255 }),
    physicalMtu: T.Integer({ default: 1500, minimum: 576, maximum: 65_535 }),
    tenantNetworkType: T.Enum(['vxlan', 'local'], { default: 'vxlan' }),
    vniRange: T.Object(
      {
        min: T.Integer({ default: 1, minimum: 1, maximum: 16_777_215 }),
        max: T.Integer({ default: 65_535, minimum: 1, maximum: 16_777_215 }),
      },
      { additionalProperties: false, default: {} },
    ),
    physicalBridges: T.Record(T.String({ minLength: 1, maxLength: 64 }), T.String({ minLength: 1, maxLength: 15 }), {
      default: { public: 'br-ex' },
      description: 'The bridge of each physical network on this node, for flat networks.',
    }),
    external: T.Object(
      {
        manage: T.Boolean({
          default: true,
          description: 'Make the external bridge on this node and let it be the gateway of the external network.',
        }),
        bridge: T.String({ default: 'br-ex', minLength: 1, maxLength: 15 }),
        cidr: T.String({ default: '172.24.4.1/24', maxLength: 64 }),
        nat: T.Boolean({ default: true }),
        guestPorts: T.Array(T.Integer({ minimum: 1, maximum: 65_535 }), {
          default: [],
          maxItems: 100,
          description:
            'Ports (TCP and UDP) of this node that guests, floating IPs and routers may reach on a physical network, e.g. `5000` for Keystone; else they reach none.',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    tunnelAddress: T.Optional(
      T.String({ maxLength: 64, description: 'The address from which VXLAN is sent. Default: `listen`.' }),
    ),
    vxlanPort: T.Integer({ default: 4789, minimum: 1, maximum: 65_535 }),
    runDir: T.Optional(
      T.String({
        description:
          'Where the DHCP servers’ files are; others must be able to pass through it. Default: /run/kumo-<cloudId>.',
      }),
    ),
    agentSyncSeconds: T.Number({ default: 45, minimum: 1 }),
    agentReportSeconds: T.Number({ default: 20, minimum: 0.2 }),
    agentDownSeconds: T.Number({ default: 75, minimum: 1 }),
    maxPageSize: T.Integer({ default: 1000, minimum: 1, maximum: 10_000 }),
    maxSubnetHostRoutes: T.Integer({ default: 20, minimum: 0 }),
    maxDnsNameservers: T.Integer({ default: 5, minimum: 0 }),
    maxFixedIpsPerPort: T.Integer({ default: 5, minimum: 1 }),
    ...policySettings,
    quotas: T.Object(
      {
        network: Quota(100),
        subnet: Quota(100),
        port: Quota(500),
        router: Quota(10),
        floatingip: Quota(50),
        security_group: Quota(10),
        security_group_rule: Quota(100),
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false, default: {} },
);
export type NeutronConfig = Static<typeof NeutronConfig>;
