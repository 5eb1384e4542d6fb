/** Every listener of the host and of the cloud's namespaces, on every address, from every place where guests are. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from '@kumo/core/exec';
import { silentLogger } from '@kumo/core/log';
import { HostAuditDriver } from '../../src/drivers/audit/host-audit.ts';
import { DnsmasqDhcpDriver } from '../../src/drivers/dhcp/dnsmasq.ts';
import { HostExternalDriver } from '../../src/drivers/external/external-bridge.ts';
import { firewallNetwork } from '../../src/drivers/firewall/firewall-network.ts';
import { NftablesFirewallDriver } from '../../src/drivers/firewall/nftables.ts';
import { bridgeName, dhcpNamespace, routerNamespace } from '../../src/drivers/host/marks.ts';
import { NetHost, namespacePath } from '../../src/drivers/host/net-host.ts';
import type { L2Network } from '../../src/drivers/l2/driver.ts';
import { LinuxBridgeL2Driver } from '../../src/drivers/l2/linux-bridge.ts';
import { NamespaceL3Driver } from '../../src/drivers/l3/router-namespace.ts';
import { MetadataProxy } from '../../src/drivers/metadata/metadata-proxy.ts';
import { GuestNamespace } from './guest-namespace.ts';
import { whyNoNetAdmin } from './net-admin.ts';

const PROBE = join(import.meta.dirname, 'probe.py');
const netns = `kt-ls-${process.pid}`;
const host = new NetHost({ cloudId: 'lstest', netns });
const runDir = await mkdtemp(join(tmpdir(), 'kumo-ls-'));
const physicalBridges = { public: 'br-ex' };
const [LOCAL, PEER] = ['10.250.2.1', '10.250.2.2'];
const l2 = new LinuxBridgeL2Driver(host, { physicalBridges, localIp: LOCAL });
const firewall = new NftablesFirewallDriver(host, { localIp: LOCAL, vxlanPort: 4789, guestPorts: [] });
const external = new HostExternalDriver(host);
const dhcp = new DnsmasqDhcpDriver(host, { runDir, upstreams: [] });
const l3 = new NamespaceL3Driver(host);
const proxy = new MetadataProxy({
  log: silentLogger,
  handler: async () => ({ status: 200, headers: {}, body: 'metadata' }),
});

const vxlan = (segmentationId: number): L2Network => ({
  networkId: randomUUID(),
  type: 'vxlan',
  segmentationId,
  mtu: 1450,
  remotes: [{ hostIp: PEER }],
  fdb: [],
});
/** The attacker's, one behind the same router, one of another project behind another router. */
const [own, next, foreign] = [vxlan(31), vxlan(32), vxlan(33)];
const flat: L2Network = {
  networkId: randomUUID(),
  type: 'flat',
  physicalNetwork: 'public',
  mtu: 1500,
  remotes: [],
  fdb: [],
};
const inner = [own, next, foreign].map((network, at) => ({ network, prefix: `10.7.${at + 1}` }));
const [ownRouter, foreignRouter] = [randomUUID(), randomUUID()];
const tenant = new GuestNamespace(host, { mac: 'fa:16:3e:0c:00:01', ip: '10.7.1.10' });
const outside = new GuestNamespace(host, { mac: 'fa:16:3e:0c:00:02', ip: '172.24.8.20' });
const namespaces = {
  host: netns,
  'own DHCP': dhcpNamespace(own.networkId),
  'next DHCP': dhcpNamespace(next.networkId),
  'foreign DHCP': dhcpNamespace(foreign.networkId),
  'own router': routerNamespace(ownRouter),
  'foreign router': routerNamespace(foreignRouter),
};
const children: ChildProcess[] = [];

interface Listener {
  place: string;
  namespace: string;
  protocol: string;
  address: string;
  port: string;
}

/** Sockets on "any address" once for each address of the namespace. */
async function listeners(): Promise<Listener[]> {
  const found: Listener[] = [];
  for (const [place, namespace] of Object.entries(namespaces)) {
    const addresses = (await host.addresses(namespace))
      .flatMap((link) => link.addr_info ?? [])
      .map(({ local }) => local)
      .filter((address) => address !== '127.0.0.1' && address !== '::1');
    const { stdout } = await host.exec('ss', ['-lntuH'], { namespace });
    for (const row of stdout.trim().split('\n')) {
      const [protocol = '', , , , at = ''] = row.split(/\s+/);
      const port = at.slice(at.lastIndexOf(':') + 1);
      const bound = at.slice(0, at.lastIndexOf(':')).replaceAll(/[[\]]|%[^\]]*/g, '');
      const is6 = bound.includes(':') || bound === '*';
      const any = ['0.0.0.0', '::', '*'].includes(bound);
      const own = any ? addresses.filter((address) => bound === '*' || address.includes(':') === is6) : [bound];
      for (const address of own) found.push({ place, namespace, protocol, address, port });
    }
  }
  return found;
}

const at = ({ address, port }: Listener) => `${address.startsWith('fe80') ? `${address}%eth0` : address} ${port}`;

/** Datagrams that got as far as UDP in the namespace, whether anybody took them or not. */
async function datagrams(namespace: string): Promise<number> {
  const { stdout } = await host.exec('cat', ['/proc/net/snmp', '/proc/net/snmp6'], { namespace });
  const udp = stdout.match(/^Udp: (\d+) (\d+)/m) ?? [];
  const udp6 = [...stdout.matchAll(/^Udp6(?:InDatagrams|NoPorts|InErrors)\s+(\d+)/gm)];
  return [...udp.slice(1), ...udp6.map((match) => match[1])].reduce((sum, value) => sum + Number(value), 0);
}

async function reached(guest: GuestNamespace, all: readonly Listener[]): Promise<string[]> {
  const tcp = all.filter(({ protocol }) => protocol === 'tcp');
  const input = [...new Set(tcp.map(at))].join('\n');
  const { stdout } = await host.exec('python3', [PROBE, 'connect'], {
    namespace: guest.name,
    input,
    timeoutMs: 20_000,
  });
  const taken = stdout.trim().split('\n');
  const open = new Set(taken.filter((line) => line !== '').map((line) => `tcp ${line.replace('%eth0', '')}`));
  for (const one of all.filter(({ protocol }) => protocol === 'udp')) {
    const before = await datagrams(one.namespace);
    const target = `${one.address.includes(':') ? 'UDP6' : 'UDP4'}-SENDTO:${one.address.includes(':') ? `[${at(one).split(' ')[0]}]` : one.address}:${one.port}`;
    // DHCP's client port: whoever takes DHCP at all takes it from there.
    const from = one.port === '67' ? ',sourceport=68' : '';
    const okCodes = [0, 1];
    await host.exec('socat', ['-u', 'STDIN', `${target}${from}`], { namespace: guest.name, input: 'x', okCodes });
    if ((await datagrams(one.namespace)) > before) open.add(`udp ${one.address} ${one.port}`);
  }
  return [...open].sort();
}

describe('what listens on a node', { skip: whyNoNetAdmin() }, () => {
  before(async () => {
    await chmod(runDir, 0o755);
    await run('ip', ['netns', 'add', netns]);
    await host.ipBatch(['link set dev lo up', 'link add name br-sv type bridge', `address add ${LOCAL}/24 dev br-sv`]);
    await host.ipBatch(['link set dev br-sv up']);
    await external.ensure({ bridge: 'br-ex', cidr: '172.24.8.1/24', nat: true });
    const networks = [own, next, foreign, flat];
    await firewall.sync({
      networks: networks.map((network) => firewallNetwork(network, physicalBridges)),
      // Without port security: what holds must hold for those who may send anything.
      ports: [],
      groups: [],
    });
    await l2.sync({ networks, ports: [] });
    for (const { network, prefix } of inner) {
      await dhcp.ensureNetwork({
        networkId: network.networkId,
        port: {
          portId: randomUUID(),
          bridge: bridgeName(network.networkId),
          mac: `fa:16:3e:0c:01:0${prefix.at(-1)}`,
          mtu: 1450,
        },
        mtu: 1450,
        domain: 'openstacklocal',
        subnets: [
          {
            subnetId: randomUUID(),
            cidr: `${prefix}.0/24`,
            serverIp: `${prefix}.2`,
            gatewayIp: `${prefix}.1`,
            dnsNameservers: [],
            hostRoutes: [],
            isolated: true,
          },
        ],
        hosts: [],
      });
    }
    for (const [routerId, served, gateway] of [
      [ownRouter, inner.slice(0, 2), 10],
      [foreignRouter, inner.slice(2), 11],
    ] as const) {
      await l3.ensureRouter({
        routerId,
        adminUp: true,
        interfaces: served.map(({ network, prefix }) => ({
          portId: randomUUID(),
          bridge: bridgeName(network.networkId),
          mac: `fa:16:3e:0c:02:0${prefix.at(-1)}`,
          mtu: 1450,
          addresses: [`${prefix}.1/24`],
        })),
        gateway: {
          portId: randomUUID(),
          bridge: 'br-ex',
          mac: `fa:16:3e:0c:03:${gateway}`,
          mtu: 1500,
          addresses: [`172.24.8.${gateway}/24`],
          gatewayIps: ['172.24.8.1'],
          enableSnat: true,
        },
        floatingIps:
          routerId === ownRouter ? [{ floatingIpId: randomUUID(), floatingIp: '172.24.8.30', fixedIp: tenant.ip }] : [],
        // As its owner may: a way through the other router to the network behind it.
        routes: routerId === ownRouter ? [{ destination: '10.7.3.0/24', nexthop: '172.24.8.11' }] : [],
      });
    }
    await proxy.sync([
      ...inner.map(({ network }) => ({ namespace: dhcpNamespace(network.networkId), networkId: network.networkId })),
      ...[ownRouter, foreignRouter].map((routerId) => ({ namespace: routerNamespace(routerId), routerId })),
    ]);
    await tenant.plug(bridgeName(own.networkId), { prefix: 24, gateway: '10.7.1.1' });
    await outside.plug('br-ex', { prefix: 24, gateway: '172.24.8.1', mtu: 1500 });
    for (const route of ['10.7.1.0/24 via 172.24.8.10', '10.7.2.0/24 via 172.24.8.10', '10.7.3.0/24 via 172.24.8.11'])
      await outside.exec('ip', ['route', 'add', ...route.split(' ')]);
    const server = spawn('nsenter', [`--net=${namespacePath(netns)}`, 'python3', PROBE, 'serve', '8080'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(server);
    await once(server.stdout, 'data');
  });
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await proxy.close();
    for (const guest of [tenant, outside]) await guest.remove();
    await new HostAuditDriver(host, { runDir }).removeAll();
    await run('ip', ['netns', 'delete', netns]);
    await rm(runDir, { recursive: true, force: true });
  });

  it('is there to be reached', async () => {
    const all = new Set((await listeners()).map(({ place, protocol, port }) => `${place} ${protocol} ${port}`));
    for (const name of ['host tcp 8080', 'host udp 8080', 'host udp 4789', 'own DHCP udp 67', 'own DHCP tcp 53'])
      assert.ok(all.has(name), `${name} in ${[...all].join(', ')}`);
    for (const place of Object.keys(namespaces)) if (place !== 'host') assert.ok(all.has(`${place} tcp 80`), place);
  });

  it('answers a tenant’s guest by its own network’s DHCP port and router only', async () => {
    assert.deepEqual(await reached(tenant, await listeners()), [
      'tcp 10.7.1.2 53',
      'tcp 169.254.169.254 80',
      'udp 10.7.1.2 53',
      'udp 10.7.1.2 67',
    ]);
  });

  it('answers by no other way to the metadata service', async () => {
    for (const via of ['10.7.1.1', '10.7.1.2']) {
      await tenant.exec('ip', ['route', 'replace', '169.254.169.254', 'via', via]);
      const { stdout } = await tenant.exec('curl', ['-s', '-m', '2', 'http://169.254.169.254/']);
      assert.equal(stdout, 'metadata', via);
    }
    await tenant.exec('ip', ['route', 'del', '169.254.169.254']);
    for (const via of ['172.24.8.1', '172.24.8.10', '172.24.8.11']) {
      await outside.exec('ip', ['route', 'replace', '169.254.169.254', 'via', via]);
      const metadata = (await listeners()).filter(({ address }) => address === '169.254.169.254');
      assert.deepEqual(await reached(outside, metadata), [], via);
    }
  });

  it('answers nobody on the external network, floating IPs among them', async () => {
    assert.deepEqual(await reached(outside, await listeners()), []);
    // The tenant's guest comes to the host and to the other router under its floating IP.
    const others = (await listeners()).filter(({ place }) =>
      ['host', 'foreign DHCP', 'foreign router'].includes(place),
    );
    const open = await reached(
      tenant,
      others.filter(({ address }) => address !== '169.254.169.254'),
    );
    assert.deepEqual(open, []);
  });
});
