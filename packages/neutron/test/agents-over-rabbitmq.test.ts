/** Agents with a connection to RabbitMQ that is taken away from them: what they were told meanwhile passes them by. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Daemon } from '@kumo/core/daemon';
import { silentLogger } from '@kumo/core/log';
import { type Bus, rabbitBus } from '@kumo/core/rpc';
import { type TestEnv, testEnv } from '../../core/src/testing/env.ts';
import { type PrivateRabbitmq, startRabbitmq } from '../../core/src/testing/rabbitmq.ts';
import { type TcpProxy, tcpProxy } from '../../core/src/testing/tcp-proxy.ts';
import { neutronDhcpAgent, neutronL2Agent, neutronL3Agent, neutronMetadataAgent } from '../src/service.ts';
import { configOf, eventually, makeNetwork, makePort, makeSubnet, type Neutron, startNeutron } from './harness.ts';

const skip = existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server')
  ? false
  : 'Debian package rabbitmq-server is not installed';
/** Syncs at intervals come too late for any of these tests. */
const CONFIG = { dataplane: 'fake', agentReportSeconds: 0.3, agentSyncSeconds: 3600 };
const INSTANCE = '5e55e55e-0000-4000-8000-000000000001';

let broker: PrivateRabbitmq;
let proxy: TcpProxy;
let neutron: Neutron;
let agentBus: Bus;
let agentEnv: TestEnv;
const agents: Daemon[] = [];

before(async () => {
  if (skip) return;
  broker = await startRabbitmq();
  proxy = await tcpProxy(broker.port);
  const url = new URL(broker.url);
  url.port = String(proxy.port);
  agentBus = rabbitBus({ url: url.href, log: silentLogger });
  agentEnv = testEnv({ bus: agentBus });
  for (const make of [neutronL2Agent, neutronDhcpAgent, neutronL3Agent, neutronMetadataAgent])
    agents.push(await make(agentEnv, configOf(CONFIG)));
});
after(async () => {
  if (skip) return;
  for (const agent of agents.toReversed()) await agent.stop();
  await agentEnv.cleanUp();
  await neutron?.stop();
  await proxy[Symbol.asyncDispose]();
  await broker.destroy();
});

const statusOf = async (kind: 'port' | 'floatingip', id: string): Promise<string> =>
  (await neutron.ok('GET', `/v2.0/${kind}s/${id}`))[kind].status;
const isActive = (kind: 'port' | 'floatingip', id: string) =>
  eventually(async () => (await statusOf(kind, id)) === 'ACTIVE', `${kind} ${id} is active`);

it('wait for neutron-server, and then work', { skip }, async () => {
  await Promise.all(agents.map((agent) => agent.start()));
  const bus = rabbitBus({ url: broker.url, log: silentLogger });
  neutron = await startNeutron({ env: { bus }, config: CONFIG });
  const alive = async () => (await neutron.ok('GET', '/v2.0/agents')).agents.length === 4;
  await eventually(alive, 'all four have reported');
});

it('do what they were told while their connection was away as soon as it is back', { skip }, async () => {
  const outside = await makeNetwork(neutron, { 'router:external': true }, 'admin');
  await makeSubnet(neutron, outside.id, '172.30.0.0/24', { enable_dhcp: false }, 'admin');
  const inside = await makeNetwork(neutron);
  const subnet = await makeSubnet(neutron, inside.id, '10.30.0.0/24');
  const { router } = await neutron.ok(
    'POST',
    '/v2.0/routers',
    { router: { external_gateway_info: { network_id: outside.id } } },
    'member',
  );
  const added = { subnet_id: subnet.id };
  const { port_id: inner } = await neutron.ok(
    'PUT',
    `/v2.0/routers/${router.id}/add_router_interface`,
    added,
    'member',
  );
  await isActive('port', inner);
  // A call that is cut off is asked again later, and would bring what came meanwhile: the agents shall be idle.
  await sleep(1500);

  proxy.cut();
  while (agentBus.healthy()) await sleep(5);
  const bound = { device_id: INSTANCE, device_owner: 'compute:nova', 'binding:host_id': 'test-host' };
  const port = await makePort(neutron, inside.id, bound, 'admin');
  const wanted = { floating_network_id: outside.id, port_id: port.id };
  const { floatingip } = await neutron.ok('POST', '/v2.0/floatingips', { floatingip: wanted }, 'admin');
  const late = await makeNetwork(neutron);
  await makeSubnet(neutron, late.id, '10.31.0.0/24');
  const { ports } = await neutron.ok('GET', `/v2.0/ports?network_id=${late.id}&device_owner=network:dhcp`);
  // The messages have gone to nobody by now, instead of waiting for the agents.
  await sleep(500);
  assert.deepEqual(
    [await statusOf('port', port.id), await statusOf('floatingip', floatingip.id), ports.length],
    ['DOWN', 'DOWN', 1],
  );
  proxy.mend();
  await isActive('port', port.id);
  await isActive('floatingip', floatingip.id);
  await isActive('port', ports[0].id);
});
