import { type BadRequest, type Known, NOBODY, refused, TOO_LONG } from './bad-request.ts';

const bad = refused('network');

function subnets({ networkId, others }: Known): BadRequest[] {
  const subnet = (wrong: string, status: number, fields: object, says: RegExp) =>
    bad(wrong, status, 'POST', '/subnets', {
      body: { subnet: { network_id: networkId, ip_version: 4, cidr: '10.60.0.0/24', ...fields } },
      says,
    });
  return [
    subnet('a range that is none', 400, { cidr: 'everything' }, /cidr/),
    subnet('a prefix of 33 bits', 400, { cidr: '10.0.0.0/33' }, /cidr/),
    subnet('a range that overlaps', 400, { cidr: '10.50.0.128/25' }, /overlap/),
    subnet('IP version 5', 400, { ip_version: 5 }, /ip_version/),
    subnet('a range of the other IP version', 400, { ip_version: 6 }, /cidr|ip_version/),
    subnet('an unknown network', 404, { network_id: NOBODY }, new RegExp(NOBODY)),
    subnet("another project's network", 404, { network_id: others.networkId }, new RegExp(others.networkId)),
    subnet(
      'a pool outside of the range',
      400,
      { allocation_pools: [{ start: '10.61.0.2', end: '10.61.0.9' }] },
      /pool/,
    ),
    subnet(
      'pools that overlap',
      409,
      {
        allocation_pools: [
          { start: '10.60.0.2', end: '10.60.0.9' },
          { start: '10.60.0.5', end: '10.60.0.20' },
        ],
      },
      /pool/,
    ),
    subnet(
      'the gateway within a pool',
      409,
      { gateway_ip: '10.60.0.5', allocation_pools: [{ start: '10.60.0.2', end: '10.60.0.9' }] },
      /[Gg]ateway/,
    ),
    subnet('a name server that is none', 400, { dns_nameservers: ['eight'] }, /eight|dns_nameservers/),
    subnet('a network id that is no UUID', 400, { network_id: 'here' }, /network_id/),
  ];
}

function ports({ networkId, subnetId, portId, portAddress, groupId, others }: Known): BadRequest[] {
  const port = (wrong: string, status: number, fields: object, says: RegExp) =>
    bad(wrong, status, 'POST', '/ports', { body: { port: { network_id: networkId, ...fields } }, says });
  return [
    port('an address outside of the range', 400, { fixed_ips: [{ ip_address: '10.99.0.5' }] }, /10\.99\.0\.5/),
    port(
      'an address outside of the named subnet',
      400,
      { fixed_ips: [{ subnet_id: subnetId, ip_address: '10.99.0.5' }] },
      /10\.99\.0\.5/,
    ),
    port('an address that is taken', 409, { fixed_ips: [{ ip_address: portAddress }] }, /already/),
    port('an address that is none', 400, { fixed_ips: [{ ip_address: 'ten' }] }, /ip_address|ten/),
    port('a MAC that is none', 400, { mac_address: 'fa:16:3e' }, /mac_address/),
    port('an overlong name', 400, { name: TOO_LONG }, /name/),
    port('admin_state_up is a text', 400, { admin_state_up: 'maybe' }, /admin_state_up/),
    port('an unknown network', 404, { network_id: NOBODY }, new RegExp(NOBODY)),
    port("another project's network", 404, { network_id: others.networkId }, new RegExp(others.networkId)),
    port("another project's security group", 404, { security_groups: [others.groupId] }, new RegExp(others.groupId)),
    bad("another project's port", 404, 'GET', `/ports/${others.portId}`),
    bad("another project's port, to delete it", 404, 'DELETE', `/ports/${others.portId}`),
    bad('a host chosen by a member', 403, 'PUT', `/ports/${portId}`, { body: { port: { 'binding:host_id': 'mine' } } }),
    bad('a subnet that is used', 409, 'DELETE', `/subnets/${subnetId}`, { says: new RegExp(subnetId) }),
    bad('a network that is used', 409, 'DELETE', `/networks/${networkId}`, { says: new RegExp(networkId) }),
    bad('a group that is used', 409, 'DELETE', `/security-groups/${groupId}`),
  ];
}

function routers({ routerId, subnetId, networkId, portId, publicNetworkId, others }: Known): BadRequest[] {
  return [
    bad('an interface to nothing', 400, 'PUT', `/routers/${routerId}/add_router_interface`, { body: {} }),
    bad('an interface to an unknown subnet', 404, 'PUT', `/routers/${routerId}/add_router_interface`, {
      body: { subnet_id: NOBODY },
      says: new RegExp(NOBODY),
    }),
    bad('a subnet that it has already', 400, 'PUT', `/routers/${routerId}/add_router_interface`, {
      body: { subnet_id: subnetId },
    }),
    bad('a gateway to a network that is not external', 400, 'PUT', `/routers/${routerId}`, {
      body: { router: { external_gateway_info: { network_id: networkId } } },
    }),
    bad('a router with interfaces, to delete it', 409, 'DELETE', `/routers/${routerId}`, {
      says: new RegExp(routerId),
    }),
    bad("another project's router", 404, 'GET', `/routers/${others.routerId}`),
    bad('more routers than the quota allows', 409, 'POST', '/routers', {
      body: { router: { name: 'second' } },
      says: /[Qq]uota.*router/,
    }),
    bad('a floating IP of a network that is not external', 400, 'POST', '/floatingips', {
      body: { floatingip: { floating_network_id: networkId } },
    }),
    bad('a floating IP for an unknown port', 404, 'POST', '/floatingips', {
      body: { floatingip: { floating_network_id: publicNetworkId, port_id: NOBODY } },
      says: new RegExp(NOBODY),
    }),
    bad('a floating IP where no router leads', 404, 'POST', '/floatingips', {
      body: { floatingip: { floating_network_id: publicNetworkId, port_id: portId } },
    }),
  ];
}

function groups({ groupId, defaultGroupId, others }: Known): BadRequest[] {
  const rule = (wrong: string, status: number, fields: object, says: RegExp) =>
    bad(wrong, status, 'POST', '/security-group-rules', {
      body: { security_group_rule: { security_group_id: groupId, direction: 'ingress', ...fields } },
      says,
    });
  return [
    rule(
      'ports the wrong way round',
      400,
      { protocol: 'tcp', port_range_min: 90, port_range_max: 80 },
      /port_range_min/,
    ),
    rule('a port beyond 65535', 400, { protocol: 'tcp', port_range_min: 80, port_range_max: 70_000 }, /port|70000/),
    rule('a protocol that is none', 400, { protocol: 'pigeon' }, /pigeon|protocol/),
    rule('ports without a protocol', 400, { port_range_min: 80, port_range_max: 80 }, /protocol/),
    rule('a direction that is none', 400, { direction: 'sideways' }, /direction/),
    rule(
      'a prefix of the other IP version',
      400,
      { ethertype: 'IPv6', remote_ip_prefix: '10.0.0.0/8' },
      /10\.0\.0\.0\/8/,
    ),
    rule('a prefix that is none', 400, { remote_ip_prefix: 'here' }, /here|remote_ip_prefix/),
    rule('two remotes', 400, { remote_ip_prefix: '10.0.0.0/8', remote_group_id: groupId }, /remote/),
    rule('a rule that is there already', 409, { protocol: 'tcp', port_range_min: 22, port_range_max: 22 }, /exists/),
    rule('an unknown group', 404, { security_group_id: NOBODY }, new RegExp(NOBODY)),
    rule("another project's group", 404, { security_group_id: others.groupId }, new RegExp(others.groupId)),
    bad('the default group, to delete it', 409, 'DELETE', `/security-groups/${defaultGroupId}`),
  ];
}

export const networkRequests = (known: Known): BadRequest[] => [
  bad('an overlong name', 400, 'POST', '/networks', { body: { network: { name: TOO_LONG } }, says: /name/ }),
  bad('admin_state_up is a text', 400, 'POST', '/networks', {
    body: { network: { admin_state_up: 'maybe' } },
    says: /admin_state_up/,
  }),
  bad('an unknown field', 400, 'POST', '/networks', { body: { network: { colour: 'red' } }, says: /colour/ }),
  bad('a member shares a network', 403, 'POST', '/networks', { body: { network: { name: 'n', shared: true } } }),
  bad('a member chooses the segment', 403, 'POST', '/networks', {
    body: { network: { name: 'n', 'provider:network_type': 'vxlan' } },
  }),
  bad('no token', 401, 'GET', '/networks', { as: null }),
  bad("another project's network", 404, 'GET', `/networks/${known.others.networkId}`),
  ...subnets(known),
  ...ports(known),
  ...routers(known),
  ...groups(known),
];
