/** What a guest says in its neighbours' or their servers' names, frame by frame: on the real kernel. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from '@kumo/core/exec';
import type { FirewallPort } from '../../src/drivers/firewall/driver.ts';
import { firewallNetwork } from '../../src/drivers/firewall/firewall-network.ts';
import { NftablesFirewallDriver } from '../../src/drivers/firewall/nftables.ts';
import { bridgeName, tapName } from '../../src/drivers/host/marks.ts';
import { NetHost, namespacePath } from '../../src/drivers/host/net-host.ts';
import type { L2Network } from '../../src/drivers/l2/driver.ts';
import { LinuxBridgeL2Driver } from '../../src/drivers/l2/linux-bridge.ts';
import * as f from './frames.ts';
import { GuestNamespace } from './guest-namespace.ts';
import { whyNoNetAdmin } from './net-admin.ts';
import { NO_GUESTS_ON_NODE } from './node-guard.ts';

const PROBE = join(import.meta.dirname, 'probe.py');
const netns = `kt-sp-${process.pid}`;
const host = new NetHost({ cloudId: 'sptest', netns });
const l2 = new LinuxBridgeL2Driver(host, { physicalBridges: {} });
const firewall = new NftablesFirewallDriver(host, NO_GUESTS_ON_NODE);
const network: L2Network = { networkId: randomUUID(), type: 'local', mtu: 1450, remotes: [], fdb: [] };
const a = new GuestNamespace(host, { mac: 'fa:16:3e:0a:00:0a', ip: '10.5.0.10' });
const b = new GuestNamespace(host, { mac: 'fa:16:3e:0a:00:0b', ip: '10.5.0.11' });
const [BROADCAST, ZERO, ALL] = ['ff:ff:ff:ff:ff:ff', '0.0.0.0', '255.255.255.255'];
const [A6, B6, PAIR6] = ['fd00:5::10', 'fd00:5::11', 'fd00:6:0:0:7::1'];
const [LLA, LLB] = ['fe80::f816:3eff:fe0a:a', 'fe80::f816:3eff:fe0a:b'];
const [NODES, VIRTUAL_MAC, VIRTUAL_IP] = ['ff02::1', '00:00:5e:00:01:07', '10.5.0.100'];

const eth = (type: string, payload: string, from = a.mac) => f.ethernet(from, BROADCAST, type, payload);
const arp = (fields: Partial<f.Arp>, from = a.mac) =>
  eth('0806', f.arp({ senderMac: from, senderIp: a.ip, targetIp: b.ip, ...fields }), from);
const udp = (from: string, ports: [number, number], payload: string, sender = a.mac) =>
  eth('0800', f.ipv4(from, ALL, 17, f.udp(...ports, payload)), sender);
const dhcp = (message: Partial<f.Dhcp>, from: string = ZERO, ports: [number, number] = [68, 67]) =>
  udp(from, ports, f.dhcp({ type: 1, chaddr: a.mac, ...message }));
const nd = (from: string, to: string, body: string, sender = a.mac) =>
  eth('86dd', f.ipv6(from, to, 58, f.icmp6(from, to, body)), sender);
/** A SOLICIT of DHCPv6, or what else the message's first octet says. */
const udp6 = (ports: [number, number], message = '01') =>
  eth('86dd', f.ipv6(LLA, NODES, 17, f.udp(...ports, `${message}4b554d`)));

const PASSES: Record<string, string> = {
  'DHCP of its own, before it has an address': dhcp({}),
  'DHCP of its own, with its address': dhcp({ type: 3, ciaddr: a.ip }, a.ip),
  'DHCP of an allowed pair': udp(
    ZERO,
    [68, 67],
    f.dhcp({ type: 1, chaddr: VIRTUAL_MAC, ciaddr: VIRTUAL_IP }),
    VIRTUAL_MAC,
  ),
  'ARP request': arp({}),
  'ARP reply': arp({ operation: 2 }),
  'gratuitous ARP of its own': arp({ targetIp: a.ip }),
  'ARP probe for its own address': arp({ senderIp: ZERO, targetIp: a.ip }),
  'ARP of an allowed pair': arp({ senderIp: VIRTUAL_IP }, VIRTUAL_MAC),
  'solicitation for a neighbour': nd(LLA, NODES, f.solicit(B6, f.linkLayer(1, a.mac))),
  'solicitation without an option': nd(A6, NODES, f.solicit(B6)),
  'detection of duplicates of its own': nd('::', NODES, f.solicit(LLA)),
  'detection of duplicates with a nonce': nd('::', NODES, f.solicit(A6, '0e01112233445566')),
  'advertisement of its own': nd(LLA, NODES, f.advert(LLA, f.linkLayer(2, a.mac))),
  'advertisement without an option': nd(A6, NODES, f.advert(A6)),
  'advertisement within an allowed prefix': nd(PAIR6, NODES, f.advert(PAIR6, f.linkLayer(2, a.mac))),
  'router solicitation': nd('::', NODES, '8500000000000000'),
  'router solicitation from its own address': nd(LLA, NODES, `8500000000000000${f.linkLayer(1, a.mac)}`),
  'router solicitation without an option': nd(LLA, NODES, '8500000000000000'),
  'DHCPv6 of a client': udp6([546, 547]),
};

const DROPPED: Record<string, string> = {
  'DHCP with another’s chaddr': dhcp({ chaddr: b.mac }),
  'DHCPDECLINE with another’s chaddr, from its own address': dhcp(
    { type: 4, chaddr: b.mac, options: f.addressOption(50, b.ip) },
    a.ip,
  ),
  'DHCPRELEASE with another’s ciaddr': dhcp({ type: 7, ciaddr: b.ip }, a.ip),
  'DHCP from another port': dhcp({ chaddr: b.mac }, a.ip, [1068, 67]),
  'DHCP as a relay': dhcp({ chaddr: b.mac, giaddr: a.ip, hops: 1 }, a.ip, [67, 67]),
  'DHCP with a relay’s address': dhcp({ giaddr: a.ip }),
  'DHCP with hops': dhcp({ hops: 1 }),
  'DHCP with a long hlen': dhcp({ hlen: 16 }),
  'DHCP with another htype': dhcp({ htype: 6 }),
  'BOOTREPLY to the server': dhcp({ op: 2 }),
  'DHCP cut off before chaddr': udp(ZERO, [68, 67], f.dhcp({ type: 1, chaddr: a.mac }).slice(0, 56)),
  'a DHCP server': dhcp({ op: 2, type: 2 }, a.ip, [67, 68]),
  'a DHCP server from another port': dhcp({ op: 2, type: 2, chaddr: b.mac }, a.ip, [1067, 68]),
  'a DHCPv6 server': udp6([547, 546]),
  'a DHCPv6 server from another port': udp6([1547, 546]),
  'a DHCPv6 server to servers': udp6([547, 547]),
  'DHCPv6 as a relay': udp6([546, 547], '0c'),
  'DHCPv6 of a server to a server’s port': udp6([546, 547], '07'),
  'DHCPv6 from another port': udp6([1546, 547]),
  'ARP reply for a neighbour’s address': arp({ operation: 2, senderIp: b.ip }),
  'ARP request from a neighbour’s address': arp({ senderIp: b.ip }),
  'ARP with a neighbour’s MAC inside': arp({ senderMac: b.mac }),
  'gratuitous ARP for the gateway': arp({ senderIp: '10.5.0.1', targetIp: '10.5.0.1' }),
  'ARP probe for a neighbour’s address': arp({ senderIp: ZERO }),
  'ARP reply without an address': arp({ operation: 2, senderIp: ZERO, targetIp: a.ip }),
  'reverse ARP': arp({ operation: 3 }),
  'ARP with a wrong length': arp({ hlen: 2 }),
  'detection of duplicates of a neighbour’s': nd('::', NODES, f.solicit(LLB)),
  'detection of duplicates of a neighbour’s with a nonce': nd('::', NODES, f.solicit(B6, '0e01112233445566')),
  'solicitation with a neighbour’s MAC': nd(LLA, NODES, f.solicit(B6, f.linkLayer(1, b.mac))),
  'solicitation with a neighbour’s MAC behind a nonce': nd(
    LLA,
    NODES,
    f.solicit(B6, `0e01112233445566${f.linkLayer(1, b.mac)}`),
  ),
  'solicitation with a neighbour’s MAC behind its own': nd(
    LLA,
    NODES,
    f.solicit(B6, `${f.linkLayer(1, a.mac)}${f.linkLayer(1, b.mac)}`),
  ),
  'detection of duplicates with a MAC': nd('::', NODES, f.solicit(LLA, f.linkLayer(1, b.mac))),
  'router solicitation with a neighbour’s MAC': nd(LLA, NODES, `8500000000000000${f.linkLayer(1, b.mac)}`),
  'router solicitation with a MAC before an address': nd('::', NODES, `8500000000000000${f.linkLayer(1, b.mac)}`),
  'advertisement of a neighbour’s address': nd(LLA, NODES, f.advert(B6, f.linkLayer(2, a.mac))),
  'advertisement of a neighbour’s address, from it': nd(B6, NODES, f.advert(B6, f.linkLayer(2, a.mac))),
  'advertisement of its own with a neighbour’s MAC': nd(LLA, NODES, f.advert(LLA, f.linkLayer(2, b.mac))),
  'advertisement beside an allowed prefix': nd(PAIR6, NODES, f.advert('fd00:6:0:0:8::1', f.linkLayer(2, a.mac))),
  'router advertisement': nd(LLA, NODES, '860000004000070800000000'.padEnd(32, '0')),
  'redirect (IPv6)': nd(LLA, LLB, `8900000000000000${f.ip6(B6)}${f.ip6(B6)}`),
  'redirect (IPv4)': eth('0800', f.ipv4(a.ip, b.ip, 1, `0501f5fd0a05000a${'45'.padEnd(56, '0')}`)),
  'a tagged frame with a neighbour’s address': eth('8100', `00070806${arp({ senderIp: b.ip }).slice(28)}`),
  'a twice tagged frame': eth('88a8', `000781000007${'0806'}${arp({ senderIp: b.ip }).slice(28)}`),
  'something that is neither ARP nor IP': eth('88b5', '00'.repeat(46)),
};

/** Whole, they are what is dropped above; in parts nobody sees it. `sign` is in one of the parts. */
const CUT: Record<string, { parts: string[]; sign: string }> = {
  'DHCP with another’s chaddr in fragments': (() => {
    const packet = f.udp(68, 67, f.dhcp({ type: 4, chaddr: b.mac, options: f.addressOption(50, b.ip) }));
    const parts = [
      eth('0800', f.ipv4(a.ip, ALL, 17, packet.slice(0, 48), 0x2000)),
      eth('0800', f.ipv4(a.ip, ALL, 17, packet.slice(48), 3)),
    ];
    return { parts, sign: `${b.mac.replaceAll(':', '')}0000` };
  })(),
  'an advertisement behind a long header in fragments': (() => {
    const body = f.icmp6(LLA, NODES, f.advert(B6, f.linkLayer(2, a.mac)));
    const options = `3a02${'010c'.padEnd(28, '0')}${'00'.repeat(8)}`;
    // The kernel itself drops a first part without the beginning of what is carried.
    const firstBytes = options.length / 2 + 8;
    const parts = f.fragments6(LLA, NODES, 60, options + body, firstBytes).map((packet) => eth('86dd', packet));
    return { parts, sign: f.ip6(B6) };
  })(),
};

const secured: FirewallPort = {
  portId: a.portId,
  networkId: network.networkId,
  mac: a.mac,
  fixedIps: [{ ip: a.ip }, { ip: A6 }],
  allowedAddressPairs: [{ ip: VIRTUAL_IP, mac: VIRTUAL_MAC }, { ip: 'fd00:6:0:0:7::/80' }],
  portSecurity: true,
  rules: [
    { direction: 'egress', ethertype: 'IPv4' },
    { direction: 'egress', ethertype: 'IPv6' },
  ],
};

/** Sends frames from a; gives those that come out at b. */
async function through(frames: readonly string[]): Promise<string[]> {
  const last = f.ethernet(a.mac, b.mac, '0806', f.arp({ senderMac: a.mac, senderIp: a.ip, targetIp: '10.5.0.254' }));
  const args = [`--net=${namespacePath(b.name)}`, 'python3', PROBE, 'record', 'eth0', last.slice(0, 80)];
  const recorder = spawn('nsenter', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  recorder.stdout.on('data', (chunk) => {
    text += chunk;
  });
  const closed = once(recorder, 'close');
  await once(recorder.stdout, 'data');
  const input = [...frames, last].map((frame) => `${frame.padEnd(120, '0')}\n`).join('');
  await host.exec('python3', [PROBE, 'send', 'eth0'], { namespace: a.name, input });
  await closed;
  assert.ok(text.includes(last), 'the last one, which is allowed, came');
  return text.split('\n').filter((line) => !line.startsWith(last));
}

async function passed(frames: Readonly<Record<string, string>>): Promise<string[]> {
  const came = await through(Object.values(frames));
  return Object.keys(frames).filter((name) => came.some((line) => line.startsWith(frames[name] as string)));
}

async function cutPassed(): Promise<string[]> {
  const names = [];
  for (const [name, { parts, sign }] of Object.entries(CUT))
    if ((await through(parts)).some((line) => line.includes(sign))) names.push(name);
  return names;
}

describe('what a guest sends in others’ names', { skip: whyNoNetAdmin() }, () => {
  const sync = (port: FirewallPort) =>
    firewall.sync({ networks: [firewallNetwork(network, {})], ports: [port], groups: [] });
  const ports = [a, b].map(({ portId }) => ({ portId, networkId: network.networkId, mtu: 1450, adminUp: true }));

  before(async () => {
    await run('ip', ['netns', 'add', netns]);
    await host.ipBatch(['link set dev lo up']);
    await l2.sync({ networks: [network], ports: [] });
    await sync(secured);
    for (const guest of [a, b]) {
      await guest.plug(bridgeName(network.networkId), { prefix: 24 });
      await guest.exec('sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1']);
    }
    await l2.sync({ networks: [network], ports });
  });
  after(async () => {
    for (const guest of [a, b]) await guest.remove();
    await run('ip', ['netns', 'delete', netns]);
  });

  it('all comes through when nothing is filtered, so that the frames themselves are right', async (t) => {
    t.after(() => sync(secured));
    await sync({ ...secured, portSecurity: false, allowedAddressPairs: [] });
    // The kernel takes tags off on the way in, and puts them on again elsewhere.
    const frames = Object.entries({ ...PASSES, ...DROPPED }).filter(([name]) => !name.includes('tagged'));
    assert.deepEqual(
      await passed(Object.fromEntries(frames)),
      frames.map(([name]) => name),
    );
    assert.deepEqual(await cutPassed(), Object.keys(CUT));
  });

  it('passes when it speaks in its own name', async () => {
    assert.deepEqual(await passed(PASSES), Object.keys(PASSES));
  });

  it('is dropped', async () => {
    assert.deepEqual(await passed(DROPPED), []);
  });

  it('renews its lease also when it may use all addresses', async (t) => {
    t.after(() => sync(secured));
    await sync({ ...secured, allowedAddressPairs: [{ ip: '0.0.0.0/0' }, { ip: '::/0' }] });
    const name = 'DHCP of its own, with its address';
    assert.deepEqual(await passed({ [name]: PASSES[name] as string }), [name]);
  });

  it('is dropped in fragments too', async () => {
    assert.deepEqual(await cutPassed(), []);
  });

  it('moves no neighbour’s MAC to its own port, by whatever multicast address', async () => {
    await b.exec('arping', ['-q', '-c', '1', '-w', '1', '-I', 'eth0', a.ip]);
    const at = async () => (await host.fdb()).find((entry) => entry.mac === b.mac)?.ifname;
    assert.equal(await at(), tapName(b.portId));
    const reserved = Array.from({ length: 16 }, (_, last) => `01:80:c2:00:00:0${last.toString(16)}`);
    const frames = reserved.map((to) => f.ethernet(b.mac, to, '0800', f.ipv4(a.ip, b.ip, 17, f.udp(1, 2, '00'))));
    assert.deepEqual(await passed(Object.fromEntries(frames.map((frame, at) => [at, frame]))), []);
    assert.equal(await at(), tapName(b.portId));
  });
});
