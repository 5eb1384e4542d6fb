import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@kumo/core/exec';
import { silentLogger } from '@kumo/core/log';
import { HostAuditDriver } from '../../src/drivers/audit/host-audit.ts';
import { DnsmasqDhcpDriver } from '../../src/drivers/dhcp/dnsmasq.ts';
import type { DhcpNetwork } from '../../src/drivers/dhcp/driver.ts';
import { HostExternalDriver } from '../../src/drivers/external/external-bridge.ts';
import { conntrackZone } from '../../src/drivers/firewall/conntrack-zone.ts';
import type { FirewallRule, FirewallState } from '../../src/drivers/firewall/driver.ts';
import { NftablesFirewallDriver } from '../../src/drivers/firewall/nftables.ts';
import { bridgeName, dhcpNamespace, routerNamespace } from '../../src/drivers/host/marks.ts';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import type { L2Network } from '../../src/drivers/l2/driver.ts';
import { LinuxBridgeL2Driver } from '../../src/drivers/l2/linux-bridge.ts';
import type { Router } from '../../src/drivers/l3/driver.ts';
import { NamespaceL3Driver } from '../../src/drivers/l3/router-namespace.ts';
import type { MetadataRequest } from '../../src/drivers/metadata/driver.ts';
import { MetadataProxy } from '../../src/drivers/metadata/metadata-proxy.ts';
import { GuestNamespace } from './guest-namespace.ts';
import { whyNoNetAdmin } from './net-admin.ts';
import { NO_GUESTS_ON_NODE } from './node-guard.ts';

const netns = `kt-rt-${process.pid}`;
const host = new NetHost({ cloudId: 'rttest', netns });
const runDir = await mkdtemp(join(tmpdir(), 'kumo-rt-'));
await chmod(runDir, 0o755);

const l2 = new LinuxBridgeL2Driver(host, { physicalBridges: { public: 'br-ex' } });
const external = new HostExternalDriver(host);
const dhcp = new DnsmasqDhcpDriver(host, { runDir, upstreams: [] });
const l3 = new NamespaceL3Driver(host);
const firewall = new NftablesFirewallDriver(host, NO_GUESTS_ON_NODE);
const audit = new HostAuditDriver(host, { runDir });
const seen: MetadataRequest[] = [];
const proxy = new MetadataProxy({
  log: silentLogger,
  handler: async (request) => {
    seen.push(request);
    return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'from the handler' };
  },
});

const inside: L2Network = { networkId: randomUUID(), type: 'local', mtu: 1450, remotes: [], fdb: [] };
const outside: L2Network = {
  networkId: randomUUID(),
  type: 'flat',
  physicalNetwork: 'public',
  mtu: 1500,
  remotes: [],
  fdb: [],
};
const bridge = bridgeName(inside.networkId);
const a = new GuestNamespace(host, { mac: 'fa:16:3e:01:00:0a', ip: '10.6.0.10' });
const b = new GuestNamespace(host, { mac: 'fa:16:3e:01:00:0b', ip: '10.6.0.11' });
const subnetId = randomUUID();
const dhcpNetwork: DhcpNetwork = {
  networkId: inside.networkId,
  port: { portId: randomUUID(), bridge, mac: 'fa:16:3e:01:00:02', mtu: 1450 },
  mtu: 1450,
  domain: 'openstacklocal',
  subnets: [
    {
      subnetId,
      cidr: '10.6.0.0/24',
      serverIp: '10.6.0.2',
      gatewayIp: '10.6.0.1',
      dnsNameservers: [],
      hostRoutes: [],
      isolated: true,
    },
  ],
  hosts: [
    { portId: a.portId, mac: a.mac, subnetId, ip: a.ip, hostname: 'first' },
    { portId: b.portId, mac: b.mac, subnetId, ip: b.ip },
  ],
};
const router: Router = {
  routerId: randomUUID(),
  adminUp: true,
  interfaces: [{ portId: randomUUID(), bridge, mac: 'fa:16:3e:01:00:01', mtu: 1450, addresses: ['10.6.0.1/24'] }],
  gateway: {
    portId: randomUUID(),
    bridge: 'br-ex',
    mac: 'fa:16:3e:01:01:01',
    mtu: 1500,
    addresses: ['172.24.4.10/24'],
    gatewayIps: ['172.24.4.1'],
    enableSnat: true,
  },
  floatingIps: [
    { floatingIpId: randomUUID(), floatingIp: '172.24.4.20', fixedIp: a.ip },
    { floatingIpId: randomUUID(), floatingIp: '172.24.4.21', fixedIp: b.ip },
  ],
  routes: [],
};
const qrouter = routerNamespace(router.routerId);
const qdhcp = dhcpNamespace(inside.networkId);

/** udhcpc's script: applies the lease, default route by option 121 or 3. */
const SCRIPT = `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add $ip/$mask dev $interface
ip link set dev $interface mtu $mtu
[ -n "$router" ] && ip route replace default via $router
set -- $staticroutes
while [ $# -ge 2 ]; do ip route replace $1 via $2; shift 2; done
echo "dns=$dns domain=$domain lease=$lease hostname=$hostname"
`;

async function lease(guest: GuestNamespace) {
  const script = join(runDir, 'udhcpc.sh');
  await writeFile(script, SCRIPT, { mode: 0o755 });
  const args = [
    'udhcpc',
    '-i',
    'eth0',
    '-f',
    '-q',
    '-n',
    '-t',
    '5',
    '-T',
    '1',
    '-O',
    'mtu',
    '-O',
    'staticroutes',
    '-O',
    'hostname',
    '-s',
    script,
  ];
  return guest.exec('busybox', args, 15_000);
}

/** Who a TCP server in the host sees when `guest` connects to it at `ip`. */
async function peerSeen(guest: GuestNamespace, ip: string): Promise<string> {
  const server = spawn('nsenter', [
    `--net=/run/netns/${netns}`,
    'socat',
    '-v',
    'TCP4-LISTEN:8099,reuseaddr',
    'SYSTEM:echo $SOCAT_PEERADDR',
  ]);
  await sleep(200);
  const { stdout } = await guest.exec('socat', ['-u', `TCP4:${ip}:8099,connect-timeout=2`, '-']);
  server.kill('SIGKILL');
  return stdout.trim();
}

const hostPing = async (ip: string, ...more: string[]) =>
  (await host.exec('ping', ['-n', '-c', '2', '-i', '0.2', '-W', '1', ...more, ip], { okCodes: [0, 1] })).code === 0;

/** Everything about links, addresses and routes in the three namespaces that must not change by a second run. */
async function snapshot(): Promise<string> {
  const parts = [];
  for (const namespace of [netns, qrouter, qdhcp]) {
    const links = (await host.addresses(namespace)).map(
      ({ ifindex, ifname, ifalias, mtu, address, master, addr_info, flags }) => ({
        ifindex,
        ifname,
        ifalias,
        mtu,
        address,
        master,
        flags,
        addresses: addr_info?.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      }),
    );
    parts.push({ links, routes: await host.ipJson(['route', 'show'], namespace) });
    const { stdout } = await host.exec('nft', ['list', 'ruleset'], { namespace });
    parts.push(stdout);
  }
  return JSON.stringify(parts, null, 1);
}

async function ensureAll(): Promise<void> {
  await external.ensure({ bridge: 'br-ex', cidr: '172.24.4.1/24', nat: true });
  await l2.sync({
    networks: [inside, outside],
    ports: [
      { portId: a.portId, networkId: inside.networkId, mtu: 1450, adminUp: true },
      { portId: b.portId, networkId: inside.networkId, mtu: 1450, adminUp: true },
    ],
  });
  await l3.ensureRouter(router);
  await dhcp.ensureNetwork(dhcpNetwork);
  await proxy.sync([
    { namespace: qrouter, routerId: router.routerId },
    { namespace: qdhcp, networkId: inside.networkId },
  ]);
}

describe('DHCP, router, floating IPs and metadata', { skip: whyNoNetAdmin() }, () => {
  before(async () => {
    await run('ip', ['netns', 'add', netns]);
    await host.ipBatch(['link set dev lo up']);
    await external.ensure({ bridge: 'br-ex', cidr: '172.24.4.1/24', nat: true });
    await l2.sync({ networks: [inside, outside], ports: [] });
    await a.plug(bridge);
    await b.plug(bridge);
    await ensureAll();
  });

  after(async () => {
    await proxy.close();
    for (const guest of [a, b]) await guest.remove();
    await l3.removeRouter(router.routerId);
    await dhcp.removeNetwork(inside.networkId);
    await l2.sync({ networks: [], ports: [] });
    await external.remove('br-ex');
    assert.deepEqual((await audit.listOwned()).nftTables, ['bridge kumo_rttest', 'inet kumo_rttest']);
    await audit.removeAll();
    assert.deepEqual(await audit.listOwned(), { links: [], namespaces: [], nftTables: [], processes: [] });
    await run('ip', ['netns', 'delete', netns]);
    await rm(runDir, { recursive: true });
  });

  it('changes nothing when everything is ensured again', async () => {
    const first = await snapshot();
    await ensureAll();
    assert.equal(await snapshot(), first);
  });

  it('leases the fixed address with routes, MTU, DNS and domain', async () => {
    for (const guest of [a, b]) {
      const { stdout, stderr } = await lease(guest);
      assert.match(stdout, /dns=10\.6\.0\.2 domain=openstacklocal lease=86400/, stderr);
    }
    const { stdout } = await a.exec('ip', ['-json', 'addr', 'show', 'dev', 'eth0']);
    const [eth0] = JSON.parse(stdout);
    assert.equal(eth0.mtu, 1450);
    assert.ok(eth0.addr_info.some((address: { local: string }) => address.local === a.ip));
    const routes = (await a.exec('ip', ['route'])).stdout;
    assert.match(routes, /default via 10\.6\.0\.1/);
    assert.match(routes, /169\.254\.169\.254 via 10\.6\.0\.2/);
    assert.match((await a.exec('busybox', ['nslookup', 'first.openstacklocal', '10.6.0.2'])).stdout, /10\.6\.0\.10/);
  });

  it('restarts a dnsmasq that died, and gives an address to its next owner', async () => {
    const [before] = await dhcp.report();
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await sleep(50);
    assert.equal((await dhcp.report())[0]?.pid, null);
    assert.ok((await dhcp.ensureNetwork(dhcpNetwork)).pid);
    const swapped = dhcpNetwork.hosts.map((entry) => ({ ...entry, ip: entry.ip === a.ip ? b.ip : a.ip }));
    await dhcp.ensureNetwork({ ...dhcpNetwork, hosts: swapped });
    await b.exec('ip', ['addr', 'flush', 'dev', 'eth0']);
    await lease(b);
    assert.match((await b.exec('ip', ['addr', 'show', 'dev', 'eth0'])).stdout, /10\.6\.0\.10\/24/);
    await dhcp.ensureNetwork(dhcpNetwork);
    await b.exec('ip', ['addr', 'flush', 'dev', 'eth0']);
    await lease(b);
    assert.match((await b.exec('ip', ['addr', 'show', 'dev', 'eth0'])).stdout, /10\.6\.0\.11\/24/);
  });

  it('translates: floating IPs from the host, from inside (hairpin), SNAT outward', async () => {
    assert.equal(await hostPing('172.24.4.20'), true);
    assert.equal(await hostPing('172.24.4.21'), true);
    assert.equal(await a.reaches('172.24.4.21'), true);
    assert.equal(await peerSeen(a, '172.24.4.1'), '172.24.4.20');
    await l3.ensureRouter({ ...router, floatingIps: [] });
    assert.equal(await hostPing('172.24.4.20'), false);
    assert.equal(await peerSeen(a, '172.24.4.1'), '172.24.4.10');
    await l3.ensureRouter({ ...router, adminUp: false });
    assert.equal(await hostPing('172.24.4.20'), false);
    await l3.ensureRouter(router);
    assert.equal(await hostPing('172.24.4.20'), true);
  });

  it('announces a floating IP that comes to it', async () => {
    await l3.ensureRouter({ ...router, floatingIps: [] });
    const watch = spawn('nsenter', [
      `--net=/run/netns/${netns}`,
      'tcpdump',
      '-l',
      '-n',
      '-i',
      'br-ex',
      '-c',
      '1',
      'arp[24:4] = 0xac180414 and arp[14:4] = 0xac180414',
    ]);
    await sleep(500);
    await l3.ensureRouter(router);
    const code = await Promise.race([new Promise((resolve) => watch.on('close', resolve)), sleep(2000, 'silence')]);
    watch.kill('SIGKILL');
    assert.equal(code, 0);
  });

  it('answers with the path MTU across networks of different size', async () => {
    await host.exec('ip', ['route', 'flush', 'cache']);
    assert.equal(await hostPing('172.24.4.20', '-M', 'do', '-s', String(1450 - 28)), true);
    const { stdout, stderr } = await host.exec(
      'ping',
      ['-n', '-c', '1', '-W', '1', '-M', 'do', '-s', String(1451 - 28), '172.24.4.20'],
      { okCodes: [0, 1] },
    );
    assert.match(stdout + stderr, /mtu ?= ?1450/i);
  });

  it('forwards metadata requests with who asks, by router and by isolated network', async () => {
    await a.exec('ip', ['route', 'del', '169.254.169.254']);
    const byRouter = await a.exec('busybox', [
      'wget',
      '-qO-',
      '--header',
      'X-Forwarded-For: 10.6.0.99',
      '--header',
      'X-Instance-ID: other',
      'http://169.254.169.254/openstack/latest/meta_data.json?x=1',
    ]);
    assert.equal(byRouter.stdout, 'from the handler', byRouter.stderr);
    const request = seen.at(-1);
    assert.deepEqual(
      { ...request, headers: undefined, body: undefined },
      {
        clientIp: a.ip,
        routerId: router.routerId,
        method: 'GET',
        path: '/openstack/latest/meta_data.json?x=1',
        headers: undefined,
        body: undefined,
      },
    );
    assert.equal(request?.headers['x-forwarded-for'], undefined);
    assert.equal(request?.headers['x-instance-id'], undefined);
    await b.exec('ip', ['route', 'replace', '169.254.169.254', 'via', '10.6.0.2']);
    await b.exec('busybox', ['wget', '-qO-', 'http://169.254.169.254/latest']);
    assert.deepEqual([seen.at(-1)?.networkId, seen.at(-1)?.clientIp], [inside.networkId, b.ip]);
    await host.ipBatch(['route add 169.254.169.254/32 via 172.24.4.10']);
    const fromOutside = await host.exec('socat', ['-u', 'TCP4:169.254.169.254:80,connect-timeout=1', '-'], {
      okCodes: [0, 1],
    });
    assert.equal(fromOutside.code, 1);
    await host.ipBatch(['route del 169.254.169.254/32']);
  });

  it('works behind the firewall, through the router, out of the host under its address', async () => {
    const uplink = `${netns}-up`;
    await run('ip', ['netns', 'add', uplink]);
    await host.ipBatch([
      `link add name up0 type veth peer name up0 netns ${uplink}`,
      'address add 10.251.0.1/24 dev up0',
      'link set dev up0 up',
    ]);
    await host.ipBatch(['address add 10.251.0.2/24 dev up0', 'link set dev up0 up'], uplink);
    const rules: FirewallRule[] = [{ direction: 'egress', ethertype: 'IPv4' }];
    const pingIn: FirewallRule = { direction: 'ingress', ethertype: 'IPv4', protocol: 'icmp' };
    const desired = (ofA: FirewallRule[]): FirewallState => ({
      networks: [
        { networkId: inside.networkId, bridge, zone: conntrackZone(inside) },
        { networkId: outside.networkId, bridge: 'br-ex', zone: conntrackZone(outside) },
      ],
      ports: [a, b].map((guest) => ({
        portId: guest.portId,
        networkId: inside.networkId,
        mac: guest.mac,
        fixedIps: [{ ip: guest.ip }],
        allowedAddressPairs: [],
        portSecurity: true,
        rules: guest === a ? ofA : rules,
      })),
      groups: [],
    });
    await firewall.sync(desired(rules));
    await a.exec('ip', ['addr', 'flush', 'dev', 'eth0']);
    assert.match((await lease(a)).stdout, /domain=openstacklocal/);
    assert.equal(await a.reaches('10.251.0.2'), true);
    assert.equal(await hostPing('172.24.4.20'), false);
    await firewall.sync(desired([...rules, pingIn]));
    assert.equal(await hostPing('172.24.4.20'), true);
    assert.equal(await hostPing('172.24.4.21'), false);
    await firewall.sync({ networks: [], ports: [], groups: [] });
    await host.deleteLinks(['up0']);
    await run('ip', ['netns', 'delete', uplink]);
  });

  it('finds everything again with drivers that know nothing yet', async () => {
    const first = await snapshot();
    const [running] = await dhcp.report();
    await new NamespaceL3Driver(host).ensureRouter(router);
    const again = await new DnsmasqDhcpDriver(host, { runDir, upstreams: [] }).ensureNetwork(dhcpNetwork);
    assert.equal(again.pid, running?.pid);
    assert.equal(await snapshot(), first);
  });
});
