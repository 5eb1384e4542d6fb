import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Transport } from '@kumo/core/client';
import type { Daemon } from '@kumo/core/daemon';
import { neutronServerRpc } from '../src/rpc/neutron-server.ts';
import { neutronDhcpAgent, neutronL2Agent, neutronL3Agent, neutronMetadataAgent } from '../src/service.ts';
import {
  configOf,
  eventually,
  type Json,
  makeNetwork,
  makePort,
  makeSubnet,
  type Neutron,
  startNeutron,
} from './harness.ts';

/** nova-api and Keystone as far as Neutron talks to them: tokens, and a place for events. */
const events: Json[] = [];
const reply = (status: number, body: object, headers: Record<string, string> = {}) => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: Buffer.from(JSON.stringify(body)),
});
const keystone: Transport = {
  send: async () =>
    reply(
      201,
      { token: { expires_at: '2100-01-01T00:00:00.000000Z', issued_at: '2026-01-01T00:00:00.000000Z' } },
      { 'x-subject-token': 'service' },
    ),
  close: async () => {},
};
const nova: Transport = {
  send: async (request) => {
    const body = JSON.parse(String(request.body));
    events.push(...body.events);
    return reply(200, body);
  },
  close: async () => {},
};

const CONFIG = { dataplane: 'fake', agentReportSeconds: 0.3, agentSyncSeconds: 5 };
const INSTANCE = '5e55e55e-0000-4000-8000-000000000001';
let neutron: Neutron;
const agents: Daemon[] = [];
before(async () => {
  neutron = await startNeutron({ env: { transports: { keystone, 'nova-api': nova } }, config: CONFIG });
  for (const make of [neutronL2Agent, neutronDhcpAgent, neutronL3Agent, neutronMetadataAgent]) {
    agents.push(await make(neutron.env, configOf(CONFIG)));
  }
  for (const agent of agents) await agent.start();
});
after(async () => {
  for (const agent of agents.toReversed()) await agent.stop();
  await neutron.stop();
});

const portOf = async (id: string): Promise<Json> => (await neutron.ok('GET', `/v2.0/ports/${id}`)).port;
const isActive = (id: string) => eventually(async () => (await portOf(id)).status === 'ACTIVE', `port ${id} is active`);

describe('agents on a data plane that makes nothing', () => {
  it('are listed, alive', async () => {
    const { agents: listed } = await neutron.ok('GET', '/v2.0/agents');
    assert.deepEqual(
      listed.map((one: Json) => [one.agent_type, one.alive, one.host]),
      [
        ['DHCP agent', true, 'test-host'],
        ['L3 agent', true, 'test-host'],
        ['Linux bridge agent', true, 'test-host'],
        ['Metadata agent', true, 'test-host'],
      ],
    );
    assert.equal((await neutron.call('GET', '/v2.0/agents', { as: 'member' })).status, 403);
    const one = await neutron.ok('GET', '/v2.0/agents?binary=neutron-l3-agent&alive=True');
    assert.equal(one.agents.length, 1);
  });

  it('give a subnet with DHCP its port, and take it away again', async () => {
    const network = await makeNetwork(neutron);
    const subnet = await makeSubnet(neutron, network.id, '10.40.0.0/24');
    const dhcp = async () =>
      (await neutron.ok('GET', `/v2.0/ports?network_id=${network.id}&device_owner=network:dhcp`)).ports;
    const [port] = await dhcp();
    assert.deepEqual(port.fixed_ips, [{ subnet_id: subnet.id, ip_address: '10.40.0.2' }]);
    await isActive(port.id);
    await neutron.ok('PUT', `/v2.0/subnets/${subnet.id}`, { subnet: { enable_dhcp: false } }, 'member');
    assert.deepEqual(await dhcp(), []);
    await neutron.ok('PUT', `/v2.0/subnets/${subnet.id}`, { subnet: { enable_dhcp: true } }, 'member');
    assert.equal((await dhcp()).length, 1);
    await neutron.ok('DELETE', `/v2.0/subnets/${subnet.id}`, undefined, 'member');
    assert.deepEqual(await dhcp(), []);
  });

  it('plug a bound port and tell nova, and tell it of the end', async () => {
    const network = await makeNetwork(neutron);
    await makeSubnet(neutron, network.id, '10.41.0.0/24');
    const wanted = { device_id: INSTANCE, device_owner: 'compute:nova', 'binding:host_id': 'test-host' };
    const started = performance.now();
    const port = await makePort(neutron, network.id, wanted, 'service');
    assert.equal(port['binding:vif_type'], 'bridge');
    assert.equal(port['binding:vif_details'].bridge_name, `brq${network.id.slice(0, 11)}`);
    const plugged = await eventually(async () => events.find((event) => event.tag === port.id), 'nova is told');
    assert.ok(performance.now() - started < 1000);
    assert.deepEqual(plugged, {
      name: 'network-vif-plugged',
      server_uuid: INSTANCE,
      status: 'completed',
      tag: port.id,
    });
    assert.equal((await portOf(port.id)).status, 'ACTIVE');
    await neutron.ok('DELETE', `/v2.0/ports/${port.id}`);
    await eventually(
      async () => events.some((event) => event.tag === port.id && event.name === 'network-vif-deleted'),
      'nova is told of the end',
    );
  });

  it('run routers and floating IPs, and find the instance behind an address', async () => {
    const outside = await makeNetwork(
      neutron,
      { 'router:external': true, 'provider:network_type': 'flat', 'provider:physical_network': 'public' },
      'admin',
    );
    await makeSubnet(neutron, outside.id, '172.24.4.0/24', { enable_dhcp: false }, 'admin');
    const network = await makeNetwork(neutron);
    const subnet = await makeSubnet(neutron, network.id, '10.42.0.0/24');
    const { router } = await neutron.ok(
      'POST',
      '/v2.0/routers',
      { router: { external_gateway_info: { network_id: outside.id } } },
      'member',
    );
    await neutron.ok('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id }, 'member');
    const { ports } = await neutron.ok('GET', `/v2.0/ports?device_id=${router.id}`);
    assert.equal(ports.length, 2);
    for (const port of ports) await isActive(port.id);
    const port = await makePort(
      neutron,
      network.id,
      {
        device_id: INSTANCE,
        device_owner: 'compute:nova',
        'binding:host_id': 'test-host',
        project_id: '11111111111111111111111111111111',
      },
      'service',
    );
    const { floatingip } = await neutron.ok(
      'POST',
      '/v2.0/floatingips',
      { floatingip: { floating_network_id: outside.id, port_id: port.id } },
      'admin',
    );
    await eventually(
      async () => (await neutron.ok('GET', `/v2.0/floatingips/${floatingip.id}`)).floatingip.status === 'ACTIVE',
      'floating IP is active',
    );
    await eventually(
      async () => events.some((event) => event.name === 'network-changed' && event.server_uuid === INSTANCE),
      'nova is told of the floating IP',
    );
    const server = neutron.env.bus.client(neutronServerRpc, { from: 'test' });
    const { instance } = await server.metadataPort({ ip: port.fixed_ips[0].ip_address, routerId: router.id });
    assert.deepEqual(instance, { instanceId: INSTANCE, projectId: '11111111111111111111111111111111' });
    assert.equal((await server.metadataPort({ ip: '10.42.0.250', routerId: router.id })).instance, null);
    const places = await server.metadataPlaces({ host: 'test-host' });
    assert.ok(places.routerIds.includes(router.id));
    assert.equal(places.networkIds.includes(network.id), false);
    await neutron.ok('PUT', `/v2.0/floatingips/${floatingip.id}`, { floatingip: { port_id: null } });
    assert.equal((await neutron.ok('GET', `/v2.0/floatingips/${floatingip.id}`)).floatingip.status, 'DOWN');
  });

  it('see the members of remote groups and the rules of a port', async () => {
    const network = await makeNetwork(neutron);
    await makeSubnet(neutron, network.id, '10.43.0.0/24');
    const bound = {
      device_id: INSTANCE,
      device_owner: 'compute:nova',
      'binding:host_id': 'test-host',
      project_id: '11111111111111111111111111111111',
    };
    const port = await makePort(neutron, network.id, bound, 'service');
    const peer = await makePort(neutron, network.id);
    const server = neutron.env.bus.client(neutronServerRpc, { from: 'test' });
    const state = await server.l2Ports({ host: 'test-host', portIds: [port.id, peer.id] });
    assert.deepEqual(
      state.ports.map((one) => one.portId),
      [port.id],
    );
    const [group] = state.groups;
    assert.ok(group?.addresses.includes(peer.fixed_ips[0].ip_address));
    assert.equal(state.ports[0]?.rules.length, 4);
    assert.equal(state.networks[0]?.type, 'vxlan');
  });
});
