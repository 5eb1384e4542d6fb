/** What of the node itself guests, floating IPs, routers and strangers reach: on the real kernel. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from '@kumo/core/exec';
import { HostExternalDriver } from '../../src/drivers/external/external-bridge.ts';
import { firewallNetwork } from '../../src/drivers/firewall/firewall-network.ts';
import { NftablesFirewallDriver } from '../../src/drivers/firewall/nftables.ts';
import { bridgeName } from '../../src/drivers/host/marks.ts';
import { NetHost, namespacePath } from '../../src/drivers/host/net-host.ts';
import type { L2Network } from '../../src/drivers/l2/driver.ts';
import { LinuxBridgeL2Driver } from '../../src/drivers/l2/linux-bridge.ts';
import { ethernet, ipv4, udp } from './frames.ts';
import { GuestNamespace } from './guest-namespace.ts';
import { whyNoNetAdmin } from './net-admin.ts';

const PROBE = join(import.meta.dirname, 'probe.py');
const netns = `kt-ng-${process.pid}`;
const [peer, stranger, outsider] = ['p', 's', 'o'].map((letter) => `kt-ng${letter}-${process.pid}`) as [
  string,
  string,
  string,
];
const host = new NetHost({ cloudId: 'ngtest', netns });
const LOCAL = '10.250.1.1';
const PEER = '10.250.1.2';
const STRANGER = '10.250.1.3';
const GATEWAY = '198.51.100.1';
const VNI = 4711;
const physicalBridges = { public: 'br-ex' };

const overlay: L2Network = {
  networkId: randomUUID(),
  type: 'vxlan',
  segmentationId: VNI,
  mtu: 1450,
  remotes: [{ hostIp: PEER }],
  fdb: [],
};
const flat: L2Network = {
  networkId: randomUUID(),
  type: 'flat',
  physicalNetwork: 'public',
  mtu: 1500,
  remotes: [],
  fdb: [],
};
const tenant = new GuestNamespace(host, { mac: 'fa:16:3e:05:00:01', ip: '10.5.0.10' });
const floating = new GuestNamespace(host, { mac: 'fa:16:3e:05:00:02', ip: '198.51.100.20' });
const children: ChildProcess[] = [];
let isPlugged = false;

function inNamespace(name: string, ...args: readonly string[]): ChildProcess {
  const child = spawn('nsenter', [`--net=${namespacePath(name)}`, 'python3', PROBE, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

async function served(name: string, port: number): Promise<void> {
  await once(inNamespace(name, 'serve', String(port)).stdout!, 'data');
}

async function asks(namespace: string, kind: 'tcp' | 'udp', address: string, port: number): Promise<string> {
  const { stdout } = await host.exec('python3', [PROBE, 'ask', kind, address, String(port)], { namespace });
  return stdout.trim();
}

/** How many of the overlay's frames come out at the tenant's guest, or elsewhere, while `send` runs. */
async function delivered(send: () => Promise<unknown>, at = tenant.name): Promise<number> {
  const child = inNamespace(at, 'frames', 'eth0', '1.5');
  let text = '';
  child.stdout!.on('data', (chunk) => {
    text += chunk;
  });
  await once(child.stdout!, 'data');
  await send();
  await once(child, 'close');
  return Number(text.replace('ready', '').trim());
}

const inject = (namespace: string, destination: string, vni = VNI) =>
  host.exec('python3', [PROBE, 'vxlan', destination, String(vni), 'fa:16:3e:66:66:66'], { namespace });

async function sync(options: { guestPorts?: number[]; networks?: L2Network[] } = {}): Promise<void> {
  const { networks = [overlay, flat], guestPorts = [] } = options;
  const firewall = new NftablesFirewallDriver(host, { localIp: LOCAL, vxlanPort: 4789, guestPorts });
  await firewall.sync({
    networks: networks.map((network) => firewallNetwork(network, physicalBridges)),
    ports: [],
    groups: [],
  });
  const ports = [
    { portId: floating.portId, networkId: flat.networkId, mtu: 1500, adminUp: true },
    { portId: tenant.portId, networkId: overlay.networkId, mtu: 1450, adminUp: true },
  ];
  const l2 = new LinuxBridgeL2Driver(host, { physicalBridges, localIp: LOCAL });
  // The guest's own veth stands in for the tap, once it is plugged in.
  await l2.sync({ networks, ports: isPlugged ? ports : [] });
}

const link = (name: string, inner: string, outer: string) =>
  host.ipBatch([`link add name ${outer} type veth peer name ${inner} netns ${name}`, `link set dev ${outer} up`]);

describe('the node itself', { skip: whyNoNetAdmin() }, () => {
  before(async () => {
    for (const name of [netns, peer, stranger, outsider]) await run('ip', ['netns', 'add', name]);
    await host.ipBatch(['link set dev lo up', 'link add name br-sv type bridge', 'link set dev br-sv up']);
    await host.ipBatch([`address add ${LOCAL}/24 dev br-sv`]);
    await new HostExternalDriver(host).ensure({ bridge: 'br-ex', cidr: `${GATEWAY}/24`, nat: true });
    for (const [name, ip, bridge, outer] of [
      [peer, PEER, 'br-sv', 'to-peer'],
      [stranger, STRANGER, 'br-sv', 'to-stranger'],
      [outsider, '198.51.100.99', 'br-ex', 'to-outside'],
    ] as const) {
      await link(name, 'eth0', outer);
      await host.ipBatch([`link set dev ${outer} master ${bridge}`]);
      await host.ipBatch([`address add ${ip}/24 dev eth0`, 'link set dev eth0 up'], name);
    }
    await sync();
    await tenant.plug(bridgeName(overlay.networkId), { prefix: 24 });
    await floating.plug('br-ex', { prefix: 24, gateway: GATEWAY, mtu: 1500 });
    isPlugged = true;
    await served(netns, 8080);
    await served(floating.name, 9090);
  });

  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    for (const guest of [tenant, floating]) await guest.remove();
    for (const name of [netns, peer, stranger, outsider]) await run('ip', ['netns', 'delete', name]);
  });

  it('unpacks VXLAN from the hosts that have the network, sent to the tunnel address, and no other', async () => {
    assert.equal(await delivered(() => inject(peer, LOCAL)), 1, 'from a peer');
    assert.equal(await delivered(() => inject(stranger, LOCAL)), 0, 'from a host that does not have the network');
    assert.equal(await delivered(() => inject(floating.name, GATEWAY)), 0, 'from a guest, to the gateway');
    assert.equal(await delivered(() => inject(floating.name, LOCAL)), 0, 'from a guest, to the tunnel address');
    assert.equal(await delivered(() => inject(outsider, GATEWAY)), 0, 'from the external network');
  });

  it('passes no VXLAN of a guest on to a peer, to which it would come from this node', async () => {
    for (const port of [4789, 4790]) await served(peer, port);
    assert.equal(await asks(floating.name, 'udp', PEER, 4790), 'answered', 'masqueraded');
    assert.equal(await asks(floating.name, 'udp', PEER, 4789), 'silent');
    assert.equal(await asks(netns, 'udp', PEER, 4789), 'answered', 'from the node itself');
  });

  it('is no router of a tenant’s network', async () => {
    const [bridge] = (await host.links()).filter(({ ifname }) => ifname === bridgeName(overlay.networkId));
    const text = Buffer.from('kumo-overlay-mark').toString('hex');
    const packet = ethernet(tenant.mac, bridge!.address, '0800', ipv4(tenant.ip, STRANGER, 17, udp(1, 2, text)));
    const send = () => host.exec('python3', [PROBE, 'send', 'eth0'], { namespace: tenant.name, input: `${packet}\n` });
    assert.equal(await delivered(send, stranger), 0);
  });

  it('does not take a peer for one that comes another way', async () => {
    await host.ipBatch([`address add ${PEER}/32 dev eth0`], outsider);
    await host.ipBatch([`route add ${LOCAL}/32 via ${GATEWAY} src ${PEER}`], outsider);
    await host.exec('sysctl', ['-qw', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.br-ex.rp_filter=0']);
    assert.equal(await delivered(() => inject(outsider, LOCAL)), 0);
  });

  it('has neither a tunnel nor an open port while no other host has the network', async () => {
    await sync({ networks: [{ ...overlay, remotes: [] }, flat] });
    assert.deepEqual(
      (await host.links()).filter(({ ifname }) => ifname.startsWith('vxlan')),
      [],
    );
    const { stdout } = await host.exec('ss', ['-lnu']);
    assert.doesNotMatch(stdout, /:4789 /);
    await sync();
    assert.equal(await delivered(() => inject(peer, LOCAL)), 1, 'and has them again with a peer');
  });

  it('answers guests on the external network as a gateway does, and nothing else on any of its addresses', async () => {
    assert.equal(await floating.reaches(GATEWAY), true);
    for (const kind of ['tcp', 'udp'] as const)
      for (const address of [GATEWAY, LOCAL])
        assert.equal(await asks(floating.name, kind, address, 8080), 'silent', `${kind} ${address}`);
    const [bridge] = await host.ipJson<{ addr_info: { family: string; local: string; scope: string }[] }>([
      ...['address', 'show', 'dev', 'br-ex'],
    ]);
    const own = bridge!.addr_info.find(({ family, scope }) => family === 'inet6' && scope === 'link')!.local;
    for (const kind of ['tcp', 'udp'] as const)
      assert.equal(await asks(floating.name, kind, `${own}%eth0`, 8080), 'silent', `${kind} ${own}`);
  });

  it('answers a tenant’s guest nothing, not even who has its addresses', async () => {
    await host.ipBatch([`route add ${LOCAL}/32 dev eth0`, `route add ${GATEWAY}/32 dev eth0`], tenant.name);
    for (const address of [LOCAL, GATEWAY]) {
      assert.equal(await tenant.reaches(address), false, address);
      assert.equal(await asks(tenant.name, 'tcp', address, 8080), 'silent', address);
      const { stdout } = await tenant.exec('ip', ['neighbour', 'show', address]);
      assert.doesNotMatch(stdout, /lladdr/, stdout);
    }
  });

  it('still reaches guests, and is reached by others on the external network', async () => {
    assert.equal(await asks(netns, 'tcp', floating.ip, 9090), 'answered');
    assert.equal(await asks(netns, 'udp', floating.ip, 9090), 'answered');
    assert.equal(await asks(outsider, 'tcp', GATEWAY, 8080), 'answered');
    assert.equal(await asks(outsider, 'tcp', floating.ip, 9090), 'answered');
  });

  it('opens to guests the ports that the operator names', async () => {
    await sync({ guestPorts: [8080] });
    assert.equal(await asks(floating.name, 'tcp', GATEWAY, 8080), 'answered');
    assert.equal(await asks(floating.name, 'udp', GATEWAY, 8080), 'answered');
    await sync();
    assert.equal(await asks(floating.name, 'tcp', GATEWAY, 8080), 'silent');
  });
});
