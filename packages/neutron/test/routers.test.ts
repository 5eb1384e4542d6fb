import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Json, makeNetwork, makePort, makeSubnet, type Neutron, startNeutron } from './harness.ts';

let neutron: Neutron;
let outside: Json;
before(async () => {
  neutron = await startNeutron({ config: { quotas: { router: 100 } } });
  outside = await makeNetwork(neutron, { name: 'public', 'router:external': true }, 'admin');
  await makeSubnet(
    neutron,
    outside.id,
    '172.24.4.0/24',
    { enable_dhcp: false, allocation_pools: [{ start: '172.24.4.10', end: '172.24.4.40' }] },
    'admin',
  );
});
after(() => neutron.stop());

const refused = async (method: string, path: string, body?: object) => {
  const reply = await neutron.call(method, path, { as: 'member', body });
  return [reply.status, reply.body.NeutronError.type];
};
const makeRouter = async (wanted: object = {}): Promise<Json> =>
  (await neutron.ok('POST', '/v2.0/routers', { router: wanted }, 'member')).router;

/** A network with a router to the outside. */
async function site(cidr: string) {
  const network = await makeNetwork(neutron);
  const subnet = await makeSubnet(neutron, network.id, cidr);
  const router = await makeRouter({ external_gateway_info: { network_id: outside.id } });
  await neutron.ok('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id }, 'member');
  return { network, subnet, router };
}

describe('routers', () => {
  it('has a gateway with an address outside and interfaces inside', async () => {
    const { router, subnet, network } = await site('10.20.0.0/24');
    assert.match(router.external_gateway_info.external_fixed_ips[0].ip_address, /^172\.24\.4\./);
    assert.equal(router.external_gateway_info.enable_snat, true);
    assert.equal('ha' in router, false);
    const url = `/v2.0/routers/${router.id}`;
    const { ports } = await neutron.ok(
      'GET',
      `/v2.0/ports?device_id=${router.id}&device_owner=network:router_interface`,
      undefined,
      'member',
    );
    assert.deepEqual(ports[0].fixed_ips, [{ subnet_id: subnet.id, ip_address: '10.20.0.1' }]);
    assert.deepEqual(await refused('DELETE', url), [409, 'RouterInUse']);
    assert.deepEqual(await refused('DELETE', `/v2.0/ports/${ports[0].id}`), [409, 'ServicePortInUse']);
    assert.deepEqual(await refused('PUT', `${url}/add_router_interface`, { subnet_id: subnet.id }), [
      400,
      'HTTPBadRequest',
    ]);
    const other = await makeSubnet(neutron, (await makeNetwork(neutron)).id, '10.20.0.0/16');
    assert.deepEqual(await refused('PUT', `${url}/add_router_interface`, { subnet_id: other.id }), [
      400,
      'HTTPBadRequest',
    ]);
    assert.deepEqual(await refused('PUT', url, { router: { external_gateway_info: { network_id: network.id } } }), [
      400,
      'HTTPBadRequest',
    ]);
    const removed = await neutron.ok('PUT', `${url}/remove_router_interface`, { subnet_id: subnet.id }, 'member');
    assert.equal(removed.port_id, ports[0].id);
    assert.deepEqual(await refused('PUT', `${url}/remove_router_interface`, { subnet_id: subnet.id }), [
      404,
      'RouterInterfaceNotFoundForSubnet',
    ]);
    await neutron.ok('DELETE', url, undefined, 'member');
    assert.deepEqual((await neutron.ok('GET', `/v2.0/ports?device_id=${router.id}`)).ports, []);
  });

  it('takes a port as interface, once', async () => {
    const network = await makeNetwork(neutron);
    await makeSubnet(neutron, network.id, '10.21.0.0/24');
    const port = await makePort(neutron, network.id, { fixed_ips: [{ ip_address: '10.21.0.9' }] });
    const router = await makeRouter();
    const url = `/v2.0/routers/${router.id}/add_router_interface`;
    await neutron.ok('PUT', url, { port_id: port.id }, 'member');
    assert.deepEqual(await refused('PUT', url, { port_id: port.id }), [409, 'PortInUse']);
    assert.deepEqual(await refused('PUT', url, {}), [400, 'HTTPBadRequest']);
  });

  it('keeps routes to what it reaches', async () => {
    const { router } = await site('10.22.0.0/24');
    const url = `/v2.0/routers/${router.id}`;
    const route = { destination: '192.168.0.0/16', nexthop: '10.22.0.5' };
    const { router: changed } = await neutron.ok('PUT', url, { router: { routes: [route] } }, 'member');
    assert.deepEqual(changed.routes, [route]);
    assert.deepEqual(await refused('PUT', url, { router: { routes: [{ ...route, nexthop: '9.9.9.9' }] } }), [
      400,
      'InvalidRoutes',
    ]);
    assert.deepEqual(await refused('PUT', url, { router: { routes: [route, route] } }), [400, 'InvalidRoutes']);
  });
});

describe('floating IPs', () => {
  it('stands for a fixed address behind a router with its gateway there', async () => {
    const { network, router, subnet } = await site('10.30.0.0/24');
    const port = await makePort(neutron, network.id);
    const { floatingip: made } = await neutron.ok(
      'POST',
      '/v2.0/floatingips',
      { floatingip: { floating_network_id: outside.id } },
      'member',
    );
    assert.deepEqual([made.status, made.port_id, made.router_id], ['DOWN', null, null]);
    const url = `/v2.0/floatingips/${made.id}`;
    const { floatingip: held } = await neutron.ok('PUT', url, { floatingip: { port_id: port.id } }, 'member');
    assert.deepEqual(
      [held.router_id, held.fixed_ip_address, held.port_details.network_id],
      [router.id, port.fixed_ips[0].ip_address, network.id],
    );
    assert.deepEqual(
      await refused('POST', '/v2.0/floatingips', { floatingip: { floating_network_id: outside.id, port_id: port.id } }),
      [409, 'FloatingIPPortAlreadyAssociated'],
    );
    assert.deepEqual(
      await refused('PUT', `/v2.0/routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id }),
      [409, 'RouterInterfaceInUseByFloatingIP'],
    );
    assert.deepEqual(await refused('PUT', `/v2.0/routers/${router.id}`, { router: { external_gateway_info: null } }), [
      409,
      'RouterExternalGatewayInUseByFloatingIp',
    ]);
    const described = await neutron.ok('PUT', url, { floatingip: { description: 'mine' } }, 'member');
    assert.equal(described.floatingip.port_id, port.id);
    await neutron.ok('DELETE', `/v2.0/ports/${port.id}`, undefined, 'member');
    const { floatingip: free } = await neutron.ok('GET', url, undefined, 'member');
    assert.deepEqual([free.port_id, free.router_id, free.fixed_ip_address], [null, null, null]);
    await neutron.ok('DELETE', url, undefined, 'member');
    assert.deepEqual((await neutron.ok('GET', `/v2.0/ports?device_id=${made.id}`)).ports, []);
  });

  it('refuses networks that are not outside, ports that no router reaches, and an empty pool', async () => {
    const network = await makeNetwork(neutron);
    await makeSubnet(neutron, network.id, '10.31.0.0/24');
    const port = await makePort(neutron, network.id);
    const create = (wanted: object) => refused('POST', '/v2.0/floatingips', { floatingip: wanted });
    assert.deepEqual(await create({ floating_network_id: network.id }), [400, 'HTTPBadRequest']);
    assert.deepEqual(await create({ floating_network_id: port.id }), [404, 'NetworkNotFound']);
    assert.deepEqual(await create({ floating_network_id: outside.id, port_id: port.id }), [
      404,
      'ExternalGatewayForFloatingIPNotFound',
    ]);
    assert.deepEqual(await create({ floating_network_id: outside.id, floating_ip_address: '172.24.4.20' }), [
      403,
      'PolicyNotAuthorized',
    ]);
    const used = (await neutron.ok('GET', `/v2.0/ports?network_id=${outside.id}`)).ports.length;
    for (let left = 31 - used; left > 0; left -= 1) {
      await neutron.ok('POST', '/v2.0/floatingips', { floatingip: { floating_network_id: outside.id } }, 'member');
    }
    assert.deepEqual(await create({ floating_network_id: outside.id }), [400, 'ExternalIpAddressExhausted']);
  });
});
