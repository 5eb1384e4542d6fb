import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Transport } from '@kumo/core/client';
import type { Daemon } from '@kumo/core/daemon';
import { KumoError } from '@kumo/core/errors';
import { silentLogger } from '@kumo/core/log';
import { inProcessBus } from '@kumo/core/rpc';
import { sql } from 'kysely';
import { type SwitchedBus, switchedBus } from '../../core/src/testing/bus-switch.ts';
import { type TestEnv, testEnv } from '../../core/src/testing/env.ts';
import { neutronServer } from '../src/daemons/neutron-server.ts';
import { openNeutronDatabase } from '../src/db/open.ts';
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

/** Far below the deadline of a message (30 s), with room for a busy machine. */
const USUAL_MS = 3_000;
const INSTANCE = '5e55e55e-0000-4000-8000-000000000002';

/** Keystone, which lets everybody in, and nova-api, which takes events while `isHere`. */
class Nova {
  isHere = true;
  readonly events: Json[] = [];
  readonly transports = {
    keystone: transport(() => ({ token: { expires_at: '2100-01-01T00:00:00.000000Z' } }), 201),
    'nova-api': transport((body) => {
      // Like a connection that broke after the request had gone: the client does not repeat what is not idempotent.
      if (!this.isHere) throw new KumoError('unavailable', 'Away', 'away', { sent: true }, { retryable: true });
      this.events.push(...body.events);
      return body;
    }, 200),
  };
}

function transport(answer: (body: Json) => object, status: number): Transport {
  return {
    send: async ({ body }) => ({
      status,
      headers: { 'content-type': 'application/json', 'x-subject-token': 'service' },
      body: Buffer.from(JSON.stringify(answer(JSON.parse(String(body))))),
    }),
    close: async () => {},
  };
}

interface Setup {
  bus: SwitchedBus;
  env: TestEnv;
  nova: Nova;
  neutron: Neutron;
}

/** neutron-server behind a bus that can be taken away from it, and agents that always have theirs. */
async function start(t: TestContext, agentSyncSeconds: number): Promise<Setup> {
  const inner = inProcessBus({ log: silentLogger });
  const bus = switchedBus(inner);
  const nova = new Nova();
  let env: TestEnv | undefined;
  const databaseUrl = () => `sqlite:${join(env!.stateDir, 'neutron.db')}`;
  env = testEnv({ bus, transports: nova.transports, databaseUrl });
  const config = { dataplane: 'fake', agentReportSeconds: 0.3, agentSyncSeconds };
  const neutron = await startNeutron({ env: { bus, transports: nova.transports, databaseUrl }, config });
  const agents: Daemon[] = [];
  for (const make of [neutronL2Agent, neutronDhcpAgent, neutronL3Agent, neutronMetadataAgent])
    agents.push(await make({ ...env, bus: inner }, configOf(config)));
  for (const agent of agents) await agent.start();
  t.after(async () => {
    bus.state = 'here';
    for (const agent of agents.toReversed()) await agent.stop();
    await neutron.stop();
    await env.cleanUp();
  });
  return { bus, env, nova, neutron };
}

/** Asks for changes of every kind. @returns a wait for all of it to have happened. */
async function changes({ neutron, nova }: Setup, away: () => void | Promise<void>): Promise<() => Promise<void>> {
  const outside = await makeNetwork(neutron, { 'router:external': true }, 'admin');
  await makeSubnet(neutron, outside.id, '172.30.0.0/24', { enable_dhcp: false }, 'admin');
  const inside = await makeNetwork(neutron);
  const bound = { device_id: INSTANCE, device_owner: 'compute:nova', 'binding:host_id': 'test-host' };
  const doomed = await makePort(neutron, inside.id, bound, 'service');
  await away();
  const ask = async (method: string, path: string, body?: object) => {
    const began = performance.now();
    const answer = await neutron.ok(method, `/v2.0/${path}`, body);
    assert.ok(performance.now() - began < USUAL_MS, `${method} ${path} took ${performance.now() - began} ms`);
    return answer;
  };
  const wanted = { network_id: inside.id, ip_version: 4, cidr: '10.30.0.0/24' };
  const { subnet } = await ask('POST', 'subnets', { subnet: wanted });
  const { port } = await ask('POST', 'ports', { port: { network_id: inside.id, ...bound } });
  const gateway = { external_gateway_info: { network_id: outside.id } };
  const { router } = await ask('POST', 'routers', { router: gateway });
  await ask('PUT', `routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
  const address = { floating_network_id: outside.id, port_id: port.id };
  const { floatingip } = await ask('POST', 'floatingips', { floatingip: address });
  await ask('DELETE', `ports/${doomed.id}`);
  return async () => {
    const active = async (kind: 'port' | 'floatingip', id: string) =>
      (await neutron.ok('GET', `/v2.0/${kind}s/${id}`))[kind].status === 'ACTIVE';
    await eventually(() => active('port', port.id), 'the port is plugged');
    await eventually(() => active('floatingip', floatingip.id), 'the floating IP works');
    const dhcp = `/v2.0/ports?network_id=${inside.id}&device_owner=network:dhcp`;
    const [served] = (await neutron.ok('GET', dhcp)).ports;
    await eventually(() => active('port', served.id), 'the network is served');
    const told = (name: string, id: string) => nova.events.some((event) => event.name === name && event.tag === id);
    await eventually(async () => told('network-vif-plugged', port.id), 'nova is told of the port');
  };
}

for (const state of ['hangs', 'refuses'] as const) {
  test(`a bus that ${state} delays no answer; agents are told when it is back`, async (t) => {
    // They look by themselves once an hour only.
    const setup = await start(t, 3_600);
    const happened = await changes(setup, () => {
      setup.bus.state = state;
    });
    assert.ok(setup.bus.held.length > 0);
    setup.bus.state = 'here';
    await happened();
  });
}

test('neutron-server dies right after its commits, having told nobody: agents find all of it', async (t) => {
  const setup = await start(t, 1);
  const silent = switchedBus(setup.bus);
  silent.state = 'hangs';
  const mute = await neutronServer({ ...setup.env, bus: silent }, configOf({ dataplane: 'fake' }));
  t.after(() => mute.stop());
  const living = setup.neutron.daemon.app;
  const happened = await changes(setup, () => {
    setup.neutron.daemon = { ...setup.neutron.daemon, app: mute.app };
  });
  assert.ok(silent.held.length > 0);
  setup.neutron.daemon = { ...setup.neutron.daemon, app: living };
  await happened();
});

test('what became of ports while nova-api was away is told when it is back, in order', async (t) => {
  const setup = await start(t, 3_600);
  const { neutron, nova } = setup;
  const network = await makeNetwork(neutron);
  await makeSubnet(neutron, network.id, '10.31.0.0/24');
  nova.isHere = false;
  const bound = { device_id: INSTANCE, device_owner: 'compute:nova', 'binding:host_id': 'test-host' };
  const port = await makePort(neutron, network.id, bound, 'service');
  const status = async () => (await neutron.ok('GET', `/v2.0/ports/${port.id}`)).port.status;
  await eventually(async () => (await status()) === 'ACTIVE', 'the port is plugged');
  await neutron.ok('DELETE', `/v2.0/ports/${port.id}`);
  assert.equal(nova.events.length, 0);
  nova.isHere = true;
  await eventually(async () => nova.events.length >= 2, 'nova is told');
  assert.deepEqual(
    nova.events.map((event) => [event.name, event.tag]),
    [
      ['network-vif-plugged', port.id],
      ['network-vif-deleted', port.id],
    ],
  );
});

test("a port's new addresses and the floating IPs of its old ones are one change", async (t) => {
  const setup = await start(t, 3_600);
  const { neutron, env } = setup;
  const outside = await makeNetwork(neutron, { 'router:external': true }, 'admin');
  await makeSubnet(neutron, outside.id, '172.31.0.0/24', { enable_dhcp: false }, 'admin');
  const network = await makeNetwork(neutron);
  const subnet = await makeSubnet(neutron, network.id, '10.32.0.0/24');
  const gateway = { external_gateway_info: { network_id: outside.id } };
  const { router } = await neutron.ok('POST', '/v2.0/routers', { router: gateway });
  await neutron.ok('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
  const port = await makePort(neutron, network.id);
  const wanted = { floating_network_id: outside.id, port_id: port.id };
  const { floatingip } = await neutron.ok('POST', '/v2.0/floatingips', { floatingip: wanted });
  const path = `/v2.0/ports/${port.id}`;
  const body = { port: { fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.32.0.77' }] } };
  const db = await openNeutronDatabase(env, 'test');
  t.after(() => db.close());
  await sql`create trigger stuck before update on floating_ips begin select raise(abort, 'stuck'); end`.execute(db.q);
  assert.equal((await neutron.call('PUT', path, { body })).status, 500);
  assert.deepEqual((await neutron.ok('GET', path)).port.fixed_ips, port.fixed_ips, 'nothing of it happened');
  await sql`drop trigger stuck`.execute(db.q);
  await neutron.ok('PUT', path, body);
  const { floatingip: left } = await neutron.ok('GET', `/v2.0/floatingips/${floatingip.id}`);
  assert.deepEqual([left.port_id, left.fixed_ip_address, left.status], [null, null, 'DOWN']);
});

test('a subnet without an address for its DHCP server is changed all the same', async (t) => {
  const { neutron } = await start(t, 3_600);
  const network = await makeNetwork(neutron);
  const subnet = await makeSubnet(neutron, network.id, '10.33.0.0/30', { enable_dhcp: false });
  const port = await makePort(neutron, network.id);
  assert.equal(port.fixed_ips[0].ip_address, '10.33.0.2');
  const dhcp = async () =>
    (await neutron.ok('GET', `/v2.0/ports?network_id=${network.id}&device_owner=network:dhcp`)).ports.length;
  const changed = await neutron.ok('PUT', `/v2.0/subnets/${subnet.id}`, { subnet: { enable_dhcp: true } });
  assert.equal(changed.subnet.enable_dhcp, true);
  assert.equal(await dhcp(), 0);
  await neutron.ok('DELETE', `/v2.0/ports/${port.id}`);
  await neutron.ok('PUT', `/v2.0/subnets/${subnet.id}`, { subnet: { name: 'free again' } });
  assert.equal(await dhcp(), 1);
});
