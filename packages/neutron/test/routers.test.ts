import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type As, type Json, makeNetwork, makePort, makeSubnet, type Neutron, startNeutron } from './harness.ts';

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
const makeRouter = async (wanted: object = {}, as: As = 'member'): Promise<Json> =>
  (await neutron.ok('POST', '/v2.0/routers', { router: wanted }, as)).router;

/** A network with a router to the outside. */
async function site(cidr: string, as: As = 'member') {
  const network = await makeNetwork(neutron, {}, as);
  const subnet = await makeSubnet(neutron, network.id, cidr, {}, as);
  const router = await makeRouter({ external_gateway_info: { network_id: outside.id } }, as);
  await neutron.ok('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id }, as);
  return { network, subnet, router };
}

describe('an external network', () => {
  it('shows members itself, not its subnets, until it is shared', async () => {
    const { subnets } = await neutron.ok('GET', `/v2.0/subnets?network_id=${outside.id}`);
    const url = `/v2.0/subnets/${subnets[0].id}`;
    const listed = async (query: string) =>
      (await neutron.ok('GET', `/v2.0/subnets?${query}`, undefined, 'other')).subnets.map((one: Json) => one.id);
    const seen = async () => [
      await listed(`network_id=${outside.id}`),
      await listed('router:external=true'),
      (await neutron.call('GET', url, { as: 'other' })).status,
      (await neutron.call('GET', `${url}/tags`, { as: 'other' })).status,
    ];
    assert.deepEqual(await seen(), [[], [], 404, 404]);
    assert.equal((await neutron.call('PUT', url, { as: 'other', body: { subnet: { name: 'mine' } } })).status, 404);
    assert.equal((await neutron.call('DELETE', url, { as: 'other' })).status, 404);
    const router = await makeRouter({}, 'other');
    const body = { subnet_id: subnets[0].id };
    const joined = await neutron.call('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { as: 'other', body });
    assert.deepEqual([joined.status, joined.body.NeutronError.type], [404, 'SubnetNotFound']);
    assert.equal((await neutron.call('GET', `/v2.0/networks/${outside.id}`, { as: 'other' })).status, 200);
    await neutron.ok('PUT', `/v2.0/networks/${outside.id}`, { network: { shared: true } });
    assert.deepEqual(await seen(), [[subnets[0].id], [subnets[0].id], 200, 200]);
    await neutron.ok('PUT', `/v2.0/networks/${outside.id}`, { network: { shared: false } });
    assert.equal((await neutron.call('GET', url)).status, 200);
  });

  it('is deleted with the floating IPs that nobody uses, and not while one is used', async () => {
    const doomed = await makeNetwork(neutron, { 'router:external': true }, 'admin');
    const subnet = await makeSubnet(neutron, doomed.id, '172.24.6.0/24', { enable_dhcp: false }, 'admin');
    const inside = await makeNetwork(neutron);
    const used = async () =>
      (await neutron.ok('GET', `/v2.0/quotas/${inside.project_id}/details.json`)).quota.floatingip.used;
    const before = await used();
    const wanted = { floating_network_id: doomed.id };
    const make = async (): Promise<Json> =>
      (await neutron.ok('POST', '/v2.0/floatingips', { floatingip: wanted }, 'member')).floatingip;
    const [free, held] = [await make(), await make()];
    const innerSubnet = await makeSubnet(neutron, inside.id, '10.46.0.0/24');
    const router = await makeRouter({ external_gateway_info: { network_id: doomed.id } });
    await neutron.ok('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: innerSubnet.id }, 'member');
    const port = await makePort(neutron, inside.id);
    await neutron.ok('PUT', `/v2.0/floatingips/${held.id}`, { floatingip: { port_id: port.id } }, 'member');
    const remove = () => neutron.call('DELETE', `/v2.0/networks/${doomed.id}`);
    const kept = await remove();
    assert.deepEqual([kept.status, kept.body.NeutronError.type], [409, 'NetworkInUse']);
    assert.equal((await neutron.call('GET', `/v2.0/floatingips/${free.id}`)).status, 200, 'nothing of it happened');
    await neutron.ok('PUT', `/v2.0/floatingips/${held.id}`, { floatingip: { port_id: null } }, 'member');
    await neutron.ok('PUT', `/v2.0/routers/${router.id}`, { router: { external_gateway_info: {} } }, 'member');
    assert.equal((await remove()).status, 204);
    for (const path of [`floatingips/${free.id}`, `floatingips/${held.id}`, `subnets/${subnet.id}`])
      assert.equal((await neutron.call('GET', `/v2.0/${path}`)).status, 404, path);
    assert.equal(await used(), before);
  });

  it('gives members gateways and floating IPs all the same', async () => {
    const { router, network } = await site('10.19.0.0/24', 'other');
    assert.match(router.external_gateway_info.external_fixed_ips[0].ip_address, /^172\.24\.4\./);
    const port = await makePort(neutron, network.id, {}, 'other');
    const wanted = { floating_network_id: outside.id, port_id: port.id };
    const { floatingip } = await neutron.ok('POST', '/v2.0/floatingips', { floatingip: wanted }, 'other');
    assert.match(floatingip.floating_ip_address, /^172\.24\.4\./);
    assert.equal(floatingip.router_id, router.id);
    await neutron.ok('DELETE', `/v2.0/floatingips/${floatingip.id}`, undefined, 'other');
  });
});

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
