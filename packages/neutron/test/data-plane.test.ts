/**
 * Server and agents as one cloud on the real kernel, in a namespace that plays the host. A guest is a namespace whose
 * veth takes the place of the tap that the agent made, under its name and mark, so that agents take it for their own.
 */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Transport } from '@kumo/core/client';
import type { Daemon } from '@kumo/core/daemon';
import { run } from '@kumo/core/exec';
import { HostAuditDriver, NetHost, tapName } from '../src/drivers/index.ts';
import { neutronDhcpAgent, neutronL2Agent, neutronL3Agent, neutronMetadataAgent } from '../src/service.ts';
import { whyNoNetAdmin } from './drivers/net-admin.ts';
import { configOf, eventually, type Json, makeNetwork, makeSubnet, type Neutron, startNeutron } from './harness.ts';

const netns = `kt-nt-${process.pid}`;
const host = new NetHost({ cloudId: 'ntest', netns });
const runDir = mkdtempSync(join(tmpdir(), 'kumo-nt-'));
const audit = new HostAuditDriver(host, { runDir });
const CONFIG = {
  dataplane: 'linux',
  cloudId: 'ntest',
  hostNamespace: netns,
  runDir,
  physicalBridges: { public: 'br-nt' },
  external: { bridge: 'br-nt', cidr: '172.29.4.1/24', nat: false },
  agentReportSeconds: 1,
  agentSyncSeconds: 2,
  maxSubnetHostRoutes: 5,
};
const PROJECT = '11111111111111111111111111111111';

/** nova-metadata-api as far as the agent sees it: says what it was told. */
const metadataApi: Transport = {
  send: async ({ path, headers }) => ({
    status: 200,
    headers: { 'content-type': 'text/plain' },
    body: Buffer.from(
      `${path} ${headers['x-instance-id']} ${headers['x-tenant-id']} ${headers['x-instance-id-signature']?.length}`,
    ),
  }),
  close: async () => {},
};

let neutron: Neutron;
let daemons: Daemon[] = [];
const guests: string[] = [];

async function startAgents(): Promise<void> {
  daemons = [];
  for (const make of [neutronL2Agent, neutronDhcpAgent, neutronL3Agent, neutronMetadataAgent]) {
    daemons.push(await make(neutron.env, configOf(CONFIG)));
  }
  for (const daemon of daemons) await daemon.start();
}

async function stopAgents(): Promise<void> {
  for (const daemon of daemons.toReversed()) await daemon.stop();
}

interface Guest {
  port: Json;
  exec(
    program: string,
    args: readonly string[],
    timeoutMs?: number,
  ): Promise<{ code: number; stdout: string; stderr: string }>;
  pings(ip: string): Promise<boolean>;
}

/** Boots a guest as nova would: port, tap, binding, then DHCP from inside. */
async function boot(networkId: string, instance: string): Promise<Guest> {
  const wanted = {
    network_id: networkId,
    device_id: instance,
    device_owner: 'compute:nova',
    project_id: PROJECT,
    'binding:host_id': 'test-host',
  };
  const { port } = await neutron.ok('POST', '/v2.0/ports', { port: wanted }, 'service');
  const plugged = async () => (await neutron.ok('GET', `/v2.0/ports/${port.id}`)).port.status === 'ACTIVE';
  await eventually(plugged, `port ${port.id} is active`);
  const namespace = `kt-ng-${port.id.slice(0, 8)}`;
  guests.push(namespace);
  await run('ip', ['netns', 'add', namespace]);
  const tap = tapName(port.id);
  await host.ipBatch([
    `link delete dev ${tap}`,
    `link add name ${tap} mtu 1450 type veth peer name eth0 netns ${namespace}`,
    `link set dev ${tap} alias ${host.marks.alias('port', port.id)}`,
    `link set dev ${tap} master ${port['binding:vif_details'].bridge_name}`,
    `link set dev ${tap} up`,
  ]);
  await host.ipBatch(
    [
      'link set dev lo up',
      `link set dev eth0 address ${port.mac_address}`,
      'link set dev eth0 mtu 1450',
      'link set dev eth0 up',
    ],
    namespace,
  );
  const exec: Guest['exec'] = (program, args, timeoutMs = 10_000) =>
    host.exec(program, args, { namespace, okCodes: Array.from({ length: 256 }, (_, code) => code), timeoutMs });
  const pings = async (ip: string) => (await exec('ping', ['-n', '-c', '2', '-i', '0.2', '-W', '1', ip])).code === 0;
  return { port, exec, pings };
}

async function lease(guest: Guest): Promise<string> {
  const script = join(runDir, 'udhcpc.sh');
  const lines = [
    '#!/bin/sh',
    '[ "$1" = bound ] || exit 0',
    'ip addr add $ip/$mask dev $interface',
    '[ -n "$router" ] && ip route replace default via $router',
    'echo "ip=$ip mtu=$mtu"',
  ];
  writeFileSync(script, `${lines.join('\n')}\n`, { mode: 0o755 });
  const args = ['udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', '5', '-T', '1', '-O', 'mtu', '-s', script];
  return (await guest.exec('busybox', args, 15_000)).stdout;
}

const hostPings = async (ip: string) =>
  (await host.exec('ping', ['-n', '-c', '2', '-i', '0.2', '-W', '1', ip], { okCodes: [0, 1] })).code === 0;

describe('a cloud on the real kernel', { skip: whyNoNetAdmin() }, () => {
  before(async () => {
    chmodSync(runDir, 0o755);
    await run('ip', ['netns', 'add', netns]);
    await host.ipBatch(['link set dev lo up']);
    neutron = await startNeutron({ env: { transports: { 'nova-metadata-api': metadataApi } }, config: CONFIG });
    await startAgents();
  });
  after(async () => {
    await stopAgents();
    await neutron.stop();
    for (const namespace of guests) await run('ip', ['netns', 'delete', namespace], { okCodes: [0, 1] });
    await audit.removeAll();
    await run('ip', ['netns', 'delete', netns], { okCodes: [0, 1] });
    rmSync(runDir, { recursive: true, force: true });
  });

  let outside: Json;
  let network: Json;
  let subnet: Json;
  let router: Json;
  let a: Guest;
  let b: Guest;

  it('gives guests an address by DHCP and lets members of a group reach each other', async () => {
    const flat = { 'router:external': true, 'provider:network_type': 'flat', 'provider:physical_network': 'public' };
    outside = await makeNetwork(neutron, { name: 'public', ...flat }, 'admin');
    const pool = [{ start: '172.29.4.10', end: '172.29.4.90' }];
    await makeSubnet(neutron, outside.id, '172.29.4.0/24', { enable_dhcp: false, allocation_pools: pool }, 'admin');
    network = await makeNetwork(neutron);
    subnet = await makeSubnet(neutron, network.id, '10.50.0.0/24');
    const made = await neutron.ok(
      'POST',
      '/v2.0/routers',
      { router: { external_gateway_info: { network_id: outside.id } } },
      'member',
    );
    router = made.router;
    await neutron.ok('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id }, 'member');
    a = await boot(network.id, '5e55e55e-0000-4000-8000-00000000000a');
    b = await boot(network.id, '5e55e55e-0000-4000-8000-00000000000b');
    for (const guest of [a, b]) {
      const ip = guest.port.fixed_ips[0].ip_address;
      const answer = await eventually(
        () => lease(guest).then((text) => text.match(/ip=\S+ mtu=\S+/)?.[0]),
        `a lease for ${ip}`,
        20_000,
      );
      assert.equal(answer, `ip=${ip} mtu=1450`);
    }
    assert.equal(await a.pings(b.port.fixed_ips[0].ip_address), true);
  });

  it('routes to the outside under the router’s address', async () => {
    await eventually(() => a.pings('172.29.4.1'), 'the outside answers', 15_000);
  });

  it('answers for metadata with who asks', async () => {
    const asked = () => a.exec('curl', ['-s', '-m', '3', 'http://169.254.169.254/openstack/latest/meta_data.json']);
    const text = await eventually(async () => (await asked()).stdout, 'metadata', 15_000);
    assert.equal(text, `/openstack/latest/meta_data.json ${a.port.device_id} ${PROJECT} 64`);
  });

  it('lets in by a floating IP what a rule allows, and nothing before', async () => {
    const wanted = { floating_network_id: outside.id, port_id: a.port.id };
    const { floatingip } = await neutron.ok('POST', '/v2.0/floatingips', { floatingip: wanted }, 'member');
    await eventually(
      async () => (await neutron.ok('GET', `/v2.0/floatingips/${floatingip.id}`)).floatingip.status === 'ACTIVE',
      'the floating IP is active',
    );
    assert.equal(await hostPings(floatingip.floating_ip_address), false);
    const rule = { security_group_id: a.port.security_groups[0], direction: 'ingress', protocol: 'icmp' };
    const made = await neutron.ok('POST', '/v2.0/security-group-rules', { security_group_rule: rule }, 'member');
    await eventually(() => hostPings(floatingip.floating_ip_address), 'the rule works');
    await neutron.ok('DELETE', `/v2.0/security-group-rules/${made.security_group_rule.id}`, undefined, 'member');
    await eventually(async () => !(await hostPings(floatingip.floating_ip_address)), 'the rule is gone');
    await neutron.ok('DELETE', `/v2.0/floatingips/${floatingip.id}`, undefined, 'member');
  });

  it('drops what a guest sends under another address', async () => {
    assert.equal(await a.pings('10.50.0.1'), true);
    await a.exec('ip', ['address', 'add', '10.50.0.200/24', 'dev', 'eth0']);
    const spoofed = await a.exec('ping', ['-n', '-c', '2', '-i', '0.2', '-W', '1', '-I', '10.50.0.200', '10.50.0.1']);
    assert.notEqual(spoofed.code, 0);
  });

  it('comes back as it was when everything on the host was lost', async () => {
    await stopAgents();
    // Like a reboot for all but the guests: namespaces, DHCP servers, bridges and filters are gone.
    const { namespaces, processes } = await audit.listOwned();
    assert.ok(namespaces.length >= 2 && processes.length >= 1);
    for (const { pid } of processes) process.kill(pid, 'SIGKILL');
    for (const namespace of namespaces) await run('ip', ['netns', 'delete', namespace]);
    await host.nft('flush ruleset\n');
    await startAgents();
    await eventually(() => a.pings('172.29.4.1'), 'the outside answers again', 20_000);
    const again = await eventually(async () => (await audit.listOwned()).processes.length >= 1, 'DHCP runs again');
    assert.equal(again, true);
  });

  it('leaves nothing when everything is deleted', async () => {
    for (const guest of [a, b]) await neutron.ok('DELETE', `/v2.0/ports/${guest.port.id}`);
    await neutron.ok('PUT', `/v2.0/routers/${router.id}/remove_router_interface`, { subnet_id: subnet.id }, 'member');
    await neutron.ok('DELETE', `/v2.0/routers/${router.id}`, undefined, 'member');
    await neutron.ok('DELETE', `/v2.0/networks/${network.id}`, undefined, 'member');
    const left = async () => {
      const { links, namespaces, processes } = await audit.listOwned();
      return (
        JSON.stringify({ links, namespaces, processes }) ===
        JSON.stringify({ links: ['br-nt'], namespaces: [], processes: [] })
      );
    };
    await eventually(left, 'only the external bridge is left', 15_000).catch(async (error) => {
      assert.fail(`${error}: ${JSON.stringify(await audit.listOwned())}`);
    });
  });
});
