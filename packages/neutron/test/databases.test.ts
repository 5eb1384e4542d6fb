/** The same requests on MariaDB and PostgreSQL, with what is peculiar to them: parallel transactions. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { onServers } from '../../core/src/testing/on-databases.ts';
import { type Json, makeNetwork, makePort, makeSubnet, type Neutron, startNeutron } from './harness.ts';

async function parallelPorts(neutron: Neutron): Promise<void> {
  const network = await makeNetwork(neutron);
  await makeSubnet(neutron, network.id, '10.60.0.0/26', { enable_dhcp: false });
  const replies = await Promise.all(
    Array.from({ length: 70 }, () =>
      neutron.call('POST', '/v2.0/ports', { as: 'member', body: { port: { network_id: network.id } } }),
    ),
  );
  const made = replies.filter((reply) => reply.status === 201);
  const ips = made.map((reply) => reply.body.port.fixed_ips[0].ip_address);
  assert.deepEqual(
    [made.length, new Set(ips).size],
    [61, 61],
    JSON.stringify(replies.find((reply) => reply.status > 409)?.body),
  );
  const { quota } = await neutron.ok('GET', '/v2.0/quotas/11111111111111111111111111111111/details.json');
  assert.equal(quota.port.used, 61);
}

async function wholeSite(neutron: Neutron): Promise<void> {
  const outside = await makeNetwork(neutron, { 'router:external': true }, 'admin');
  await makeSubnet(neutron, outside.id, '172.24.9.0/24', { enable_dhcp: false }, 'admin');
  const network = await makeNetwork(neutron);
  const subnet = await makeSubnet(neutron, network.id, '10.61.0.0/24');
  const port = await makePort(neutron, network.id);
  const gateway = { external_gateway_info: { network_id: outside.id } };
  const { router } = await neutron.ok('POST', '/v2.0/routers', { router: gateway }, 'member');
  await neutron.ok('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id }, 'member');
  const wanted = { floating_network_id: outside.id, port_id: port.id };
  const { floatingip } = await neutron.ok('POST', '/v2.0/floatingips', { floatingip: wanted }, 'member');
  assert.equal(floatingip.router_id, router.id);
  await neutron.ok('PUT', `/v2.0/networks/${network.id}/tags`, { tags: ['one', 'two'] }, 'member');
  const { networks } = await neutron.ok(
    'GET',
    '/v2.0/networks?tags=one,two&sort_key=name&sort_key=mtu&limit=5',
    undefined,
    'member',
  );
  assert.deepEqual(
    networks.map((one: Json) => one.id),
    [network.id],
  );
  const { ports } = await neutron.ok(
    'GET',
    `/v2.0/ports?fixed_ips=subnet_id=${subnet.id}&security_groups=${port.security_groups[0]}`,
    undefined,
    'member',
  );
  assert.deepEqual(
    ports.map((one: Json) => one.id),
    [port.id],
  );
  await neutron.ok('DELETE', `/v2.0/ports/${port.id}`, undefined, 'member');
  await neutron.ok('DELETE', `/v2.0/floatingips/${floatingip.id}`, undefined, 'member');
  await neutron.ok('PUT', `/v2.0/routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id }, 'member');
  await neutron.ok('DELETE', `/v2.0/routers/${router.id}`, undefined, 'member');
  await neutron.ok('DELETE', `/v2.0/networks/${network.id}`, undefined, 'member');
  await neutron.ok('DELETE', `/v2.0/networks/${outside.id}`);
}

async function defaultGroupOnce(neutron: Neutron): Promise<void> {
  const lists = await Promise.all(
    [1, 2, 3, 4, 5].map(() => neutron.call('GET', '/v2.0/security-groups', { as: 'other' })),
  );
  assert.deepEqual(
    lists.map((reply) => [reply.status, reply.body.security_groups?.length]),
    lists.map(() => [200, 1]),
  );
}

onServers('neutron', (database) => {
  it('takes the same requests, in parallel too', async (t) => {
    const neutron = await startNeutron({ env: { databaseUrl: database.url } });
    t.after(() => neutron.stop());
    await parallelPorts(neutron);
    await wholeSite(neutron);
    await defaultGroupOnce(neutron);
  });
});
