import assert from 'node:assert/strict';
import { test } from 'node:test';
import { netmaskOf, networkData } from './network-data.ts';

const nic = {
  ...{
    portId: 'aabbccdd-eeff-4000-8000-000000000000',
    networkId: 'n',
    networkLabel: 'net',
    macAddress: 'fa:16:3e:0:0:1',
  },
  addresses: [
    { address: '10.0.0.5', version: 4 as const, subnetId: 'v4', floating: [] },
    { address: 'fd00::5', version: 6 as const, subnetId: 'v6', floating: [] },
  ],
  ...{ mtu: 1450, status: 'ACTIVE', preserveOnDelete: false },
};
const v4 = {
  ...{ id: 'v4', cidr: '10.0.0.0/20', ip_version: 4, gateway_ip: '10.0.0.1', enable_dhcp: false },
  ...{ dns_nameservers: ['9.9.9.9'], host_routes: [{ destination: '10.9.0.0/16', nexthop: '10.0.0.2' }] },
  ipv6_address_mode: null,
};
const v6 = { ...v4, id: 'v6', cidr: 'fd00::/64', ip_version: 6, gateway_ip: null, enable_dhcp: true, host_routes: [] };

test('netmasks', () => {
  assert.equal(netmaskOf('10.0.0.0/20'), '255.255.240.0');
  assert.equal(netmaskOf('0.0.0.0/0'), '0.0.0.0');
  assert.equal(netmaskOf('10.0.0.1/32'), '255.255.255.255');
  assert.equal(netmaskOf('fd00::/64'), 'ffff:ffff:ffff:ffff::');
  assert.equal(netmaskOf('fd00::/128'), Array(8).fill('ffff').join(':'));
});

test('addresses without DHCP are told in full, others only how to get them', () => {
  const data = networkData([nic], [v4, { ...v6, ipv6_address_mode: 'slaac' }]);
  assert.deepEqual(data.links[0], {
    ...{ id: 'tapaabbccdd-ee', vif_id: nic.portId, type: 'bridge', mtu: 1450, ethernet_mac_address: nic.macAddress },
  });
  const [fixed, slaac] = data.networks as Record<string, unknown>[];
  assert.equal(fixed!.type, 'ipv4');
  assert.equal(fixed!.netmask, '255.255.240.0');
  assert.deepEqual(fixed!.routes, [
    { network: '0.0.0.0', netmask: '0.0.0.0', gateway: '10.0.0.1' },
    { network: '10.9.0.0', netmask: '255.255.0.0', gateway: '10.0.0.2' },
  ]);
  assert.equal(slaac!.type, 'ipv6_slaac');
  assert.equal('ip_address' in slaac!, false);
  assert.deepEqual(data.services, [{ type: 'dns', address: '9.9.9.9' }]);
});
