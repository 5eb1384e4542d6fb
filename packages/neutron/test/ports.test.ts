import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeNetwork, makePort, makeSubnet, type Neutron, startNeutron } from './harness.ts';

let neutron: Neutron;
before(async () => {
  neutron = await startNeutron({ config: { quotas: { port: 2000, network: 500, subnet: 500 } } });
});
after(() => neutron.stop());

const ipsOf = (port: { fixed_ips: { ip_address: string }[] }) => port.fixed_ips.map((ip) => ip.ip_address);

describe('subnets', () => {
  it('finds gateway and pools, and refuses what overlaps or lies outside', async () => {
    const network = await makeNetwork(neutron);
    const subnet = await makeSubnet(neutron, network.id, '10.1.0.0/24', { dns_nameservers: ['8.8.8.8'] });
    assert.equal(subnet.gateway_ip, '10.1.0.1');
    assert.deepEqual(subnet.allocation_pools, [{ start: '10.1.0.2', end: '10.1.0.254' }]);
    const base = { network_id: network.id, ip_version: 4 };
    const cases: [object, number, string][] = [
      [{ ...base, cidr: '10.1.0.128/25' }, 400, 'InvalidInput'],
      [{ ...base, cidr: '10.2.0.0/33' }, 400, 'InvalidInput'],
      [{ ...base, cidr: 'nonsense' }, 400, 'InvalidInput'],
      [{ ...base, cidr: '2001:db8::/64' }, 400, 'InvalidInput'],
      [{ ...base, cidr: '127.0.0.0/24' }, 400, 'InvalidInput'],
      [{ ...base, ip_version: 5, cidr: '10.2.0.0/24' }, 400, 'InvalidInput'],
      [{ ...base, cidr: '10.2.0.0/24', gateway_ip: '10.2.0.300' }, 400, 'HTTPBadRequest'],
      [
        { ...base, cidr: '10.2.0.0/24', allocation_pools: [{ start: '10.2.0.9', end: '10.2.0.2' }] },
        400,
        'InvalidAllocationPool',
      ],
      [
        { ...base, cidr: '10.2.0.0/24', allocation_pools: [{ start: '10.3.0.1', end: '10.3.0.2' }] },
        400,
        'OutOfBoundsAllocationPool',
      ],
      [
        { ...base, cidr: '10.2.0.0/24', allocation_pools: [{ start: '10.2.0.1', end: '10.2.0.9' }] },
        409,
        'GatewayConflictWithAllocationPools',
      ],
      [
        {
          ...base,
          cidr: '10.2.0.0/24',
          allocation_pools: [
            { start: '10.2.0.5', end: '10.2.0.9' },
            { start: '10.2.0.8', end: '10.2.0.20' },
          ],
        },
        409,
        'OverlappingAllocationPools',
      ],
      [
        { ...base, cidr: '10.2.0.0/24', host_routes: [{ destination: '::/0', nexthop: '10.2.0.1' }] },
        400,
        'InvalidInput',
      ],
      [{ ...base, network_id: '11111111-1111-4111-8111-111111111111', cidr: '10.2.0.0/24' }, 404, 'NetworkNotFound'],
    ];
    for (const [wanted, status, type] of cases) {
      const reply = await neutron.call('POST', '/v2.0/subnets', { as: 'member', body: { subnet: wanted } });
      assert.deepEqual([reply.status, reply.body.NeutronError.type], [status, type], JSON.stringify(wanted));
    }
    const { subnets } = await neutron.ok('GET', `/v2.0/subnets?network_id=${network.id}`, undefined, 'member');
    assert.equal(subnets.length, 1);
  });

  it('lets only one of two overlapping subnets be made at once', async () => {
    const network = await makeNetwork(neutron);
    const wanted = { network_id: network.id, ip_version: 4, cidr: '10.5.0.0/24' };
    const replies = await Promise.all(
      [1, 2, 3].map(() => neutron.call('POST', '/v2.0/subnets', { as: 'member', body: { subnet: wanted } })),
    );
    assert.deepEqual(replies.map((reply) => reply.status).sort(), [201, 400, 400]);
  });

  it('is kept while addresses of it are in use', async () => {
    const network = await makeNetwork(neutron);
    const subnet = await makeSubnet(neutron, network.id, '10.6.0.0/24');
    const port = await makePort(neutron, network.id);
    const refused = await neutron.call('DELETE', `/v2.0/subnets/${subnet.id}`, { as: 'member' });
    assert.deepEqual([refused.status, refused.body.NeutronError.type], [409, 'SubnetInUse']);
    await neutron.ok('DELETE', `/v2.0/ports/${port.id}`, undefined, 'member');
    await neutron.ok('DELETE', `/v2.0/subnets/${subnet.id}`, undefined, 'member');
  });
});

describe('ports', () => {
  it('has an address, a MAC and the default group', async () => {
    const network = await makeNetwork(neutron);
    await makeSubnet(neutron, network.id, '10.10.0.0/24');
    const port = await makePort(neutron, network.id, { name: 'eth0' });
    assert.match(port.mac_address, /^fa:16:3e(:[0-9a-f]{2}){3}$/);
    assert.equal(port.fixed_ips.length, 1);
    assert.equal(port.status, 'DOWN');
    const { security_groups: groups } = await neutron.ok(
      'GET',
      '/v2.0/security-groups?name=default',
      undefined,
      'member',
    );
    assert.deepEqual(port.security_groups, [groups[0].id]);
    assert.equal('binding:host_id' in port, false);
    const { port: seen } = await neutron.ok('GET', `/v2.0/ports/${port.id}`);
    assert.equal(seen['binding:vif_type'], 'unbound');
  });

  it('never gives an address twice, and says when there is none left', async () => {
    const network = await makeNetwork(neutron);
    await makeSubnet(neutron, network.id, '10.11.0.0/26', { enable_dhcp: false });
    const replies = await Promise.all(
      Array.from({ length: 70 }, () =>
        neutron.call('POST', '/v2.0/ports', { as: 'member', body: { port: { network_id: network.id } } }),
      ),
    );
    const made = replies.filter((reply) => reply.status === 201).map((reply) => ipsOf(reply.body.port)[0]);
    assert.equal(new Set(made).size, made.length);
    assert.equal(made.length, 61);
    const refused = replies.find((reply) => reply.status !== 201)!;
    assert.deepEqual([refused.status, refused.body.NeutronError.type], [409, 'IpAddressGenerationFailure']);
    const [first] = (await neutron.ok('GET', `/v2.0/ports?network_id=${network.id}&limit=1`, undefined, 'member'))
      .ports;
    await neutron.ok('DELETE', `/v2.0/ports/${first.id}`, undefined, 'member');
    assert.deepEqual(ipsOf(await makePort(neutron, network.id)), ipsOf(first));
  });

  it('takes the addresses that are asked for', async () => {
    const network = await makeNetwork(neutron);
    const subnet = await makeSubnet(neutron, network.id, '10.12.0.0/24');
    const port = await makePort(neutron, network.id, {
      fixed_ips: [{ ip_address: '10.12.0.77' }],
      mac_address: 'FA:16:3E:00:00:01',
    });
    assert.deepEqual(ipsOf(port), ['10.12.0.77']);
    assert.equal(port.mac_address, 'fa:16:3e:00:00:01');
    const cases: [object, number, string][] = [
      [{ fixed_ips: [{ ip_address: '10.12.0.77' }] }, 409, 'IpAddressAlreadyAllocated'],
      [{ fixed_ips: [{ ip_address: '10.99.0.1' }] }, 400, 'InvalidIpForNetwork'],
      [{ fixed_ips: [{ ip_address: '10.99.0.1', subnet_id: subnet.id }] }, 400, 'InvalidIpForSubnet'],
      [{ fixed_ips: [{ ip_address: '10.12.0.255' }] }, 400, 'InvalidIpForSubnet'],
      [{ fixed_ips: [{ subnet_id: network.id }] }, 400, 'InvalidInput'],
      [{ fixed_ips: [{}] }, 400, 'InvalidInput'],
      [{ fixed_ips: [{ ip_address: 'ten' }] }, 400, 'HTTPBadRequest'],
      [{ mac_address: 'fa:16:3e:00:00:01' }, 409, 'MacAddressInUse'],
      [{ mac_address: 'not a mac' }, 400, 'HTTPBadRequest'],
      [{ security_groups: [network.id] }, 404, 'SecurityGroupNotFound'],
      [
        { port_security_enabled: false, security_groups: port.security_groups },
        409,
        'PortSecurityPortHasSecurityGroup',
      ],
      [
        { port_security_enabled: false, allowed_address_pairs: [{ ip_address: '10.12.0.9' }] },
        409,
        'AddressPairAndPortSecurityRequired',
      ],
    ];
    for (const [wanted, status, type] of cases) {
      const reply = await neutron.call('POST', '/v2.0/ports', {
        as: 'member',
        body: { port: { network_id: network.id, ...wanted } },
      });
      assert.deepEqual([reply.status, reply.body.NeutronError.type], [status, type], JSON.stringify(wanted));
    }
    assert.equal(
      (await neutron.ok('GET', `/v2.0/ports?network_id=${network.id}`, undefined, 'member')).ports.length,
      1,
    );
    for (const query of [
      'fixed_ips=ip_address=10.12.0.77',
      `fixed_ips=subnet_id=${subnet.id}`,
      'fixed_ips=ip_address_substr=12.0.7',
      'mac_address=FA:16:3E:00:00:01',
    ]) {
      const { ports } = await neutron.ok('GET', `/v2.0/ports?${query}`, undefined, 'member');
      assert.deepEqual(
        ports.map((one: { id: string }) => one.id),
        [port.id],
        query,
      );
    }
  });

  it('gives IPv6 hosts the address that they give themselves', async () => {
    const network = await makeNetwork(neutron);
    const modes = { ipv6_address_mode: 'slaac', ipv6_ra_mode: 'slaac' };
    await makeSubnet(neutron, network.id, '2001:db8:1::/64', modes);
    await makeSubnet(neutron, network.id, '10.13.0.0/24');
    const port = await makePort(neutron, network.id, { mac_address: 'fa:16:3e:11:22:33' });
    assert.deepEqual(ipsOf(port).sort(), ['10.13.0.2', '2001:db8:1:0:f816:3eff:fe11:2233'].sort());
  });

  it('changes addresses, groups, pairs and options', async () => {
    const network = await makeNetwork(neutron);
    await makeSubnet(neutron, network.id, '10.14.0.0/24');
    const port = await makePort(neutron, network.id, { fixed_ips: [{ ip_address: '10.14.0.10' }] });
    const change = async (changes: object) =>
      (await neutron.ok('PUT', `/v2.0/ports/${port.id}`, { port: changes }, 'member')).port;
    assert.deepEqual(ipsOf(await change({ fixed_ips: [{ ip_address: '10.14.0.10' }, { ip_address: '10.14.0.11' }] })), [
      '10.14.0.10',
      '10.14.0.11',
    ]);
    assert.deepEqual(ipsOf(await change({ fixed_ips: [{ ip_address: '10.14.0.12' }] })), ['10.14.0.12']);
    assert.deepEqual((await change({ security_groups: [] })).security_groups, []);
    const pairs = await change({ allowed_address_pairs: [{ ip_address: '10.14.0.0/28' }] });
    assert.deepEqual(pairs.allowed_address_pairs, [{ ip_address: '10.14.0.0/28', mac_address: port.mac_address }]);
    const options = await change({ extra_dhcp_opts: [{ opt_name: 'mtu', opt_value: '1400' }] });
    assert.deepEqual(options.extra_dhcp_opts, [{ opt_name: 'mtu', opt_value: '1400', ip_version: 4 }]);
  });

  it('keeps others out, and service attributes from members', async () => {
    const network = await makeNetwork(neutron);
    const port = await makePort(neutron, network.id);
    assert.equal((await neutron.call('GET', `/v2.0/ports/${port.id}`, { as: 'other' })).status, 404);
    assert.equal((await neutron.call('DELETE', `/v2.0/ports/${port.id}`, { as: 'other' })).status, 404);
    assert.equal((await neutron.call('DELETE', `/v2.0/ports/${port.id}`, { as: 'reader' })).status, 403);
    const foreign = await neutron.call('POST', '/v2.0/ports', {
      as: 'other',
      body: { port: { network_id: network.id } },
    });
    assert.equal(foreign.status, 404);
    const binding = { port: { 'binding:host_id': 'here' } };
    assert.equal((await neutron.call('PUT', `/v2.0/ports/${port.id}`, { as: 'member', body: binding })).status, 403);
    const failed = await neutron.ok('PUT', `/v2.0/ports/${port.id}`, binding, 'service');
    assert.equal(failed.port['binding:vif_type'], 'binding_failed');
  });

  it('makes many at once: all or none', async () => {
    const network = await makeNetwork(neutron);
    await makeSubnet(neutron, network.id, '10.15.0.0/24');
    const good = { network_id: network.id };
    const { ports } = await neutron.ok('POST', '/v2.0/ports', { ports: [good, good, good] }, 'member');
    assert.equal(new Set(ports.flatMap(ipsOf)).size, 3);
    const mixed = [
      good,
      { ...good, fixed_ips: [{ ip_address: '10.15.0.2' }] },
      { ...good, fixed_ips: [{ ip_address: '10.15.0.2' }] },
    ];
    assert.equal((await neutron.call('POST', '/v2.0/ports', { as: 'member', body: { ports: mixed } })).status, 409);
    assert.equal(
      (await neutron.ok('GET', `/v2.0/ports?network_id=${network.id}`, undefined, 'member')).ports.length,
      3,
    );
  });
});
