import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@kumo/core/exec';
import { HostAuditDriver } from '../../src/drivers/audit/host-audit.ts';
import { conntrackZone } from '../../src/drivers/firewall/conntrack-zone.ts';
import type { FirewallPort, FirewallRule, FirewallState } from '../../src/drivers/firewall/driver.ts';
import { NftablesFirewallDriver } from '../../src/drivers/firewall/nftables.ts';
import { bridgeName } from '../../src/drivers/host/marks.ts';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import type { L2Network } from '../../src/drivers/l2/driver.ts';
import { LinuxBridgeL2Driver } from '../../src/drivers/l2/linux-bridge.ts';
import { GuestNamespace } from './guest-namespace.ts';
import { whyNoNetAdmin } from './net-admin.ts';
import { NO_GUESTS_ON_NODE } from './node-guard.ts';

const netns = `kt-dp-${process.pid}`;
const host = new NetHost({ cloudId: 'dptest', netns });
const l2 = new LinuxBridgeL2Driver(host, { physicalBridges: {} });
const firewall = new NftablesFirewallDriver(host, NO_GUESTS_ON_NODE);
const audit = new HostAuditDriver(host, { runDir: '/nonexistent' });
const network = (): L2Network => ({ networkId: randomUUID(), type: 'local', mtu: 1450, remotes: [], fdb: [] });
const [net1, net2] = [network(), network()];
const a = new GuestNamespace(host, { mac: 'fa:16:3e:00:00:0a', ip: '10.5.0.10' });
const b = new GuestNamespace(host, { mac: 'fa:16:3e:00:00:0b', ip: '10.5.0.11' });
/** On another network, with an address that would fit. */
const c = new GuestNamespace(host, { mac: 'fa:16:3e:00:00:0c', ip: '10.5.0.12' });

const out: FirewallRule[] = [
  { direction: 'egress', ethertype: 'IPv4' },
  { direction: 'egress', ethertype: 'IPv6' },
];
const pingIn: FirewallRule = { direction: 'ingress', ethertype: 'IPv4', protocol: 'icmp' };
const port = (
  guest: GuestNamespace,
  networkId: string,
  rules: FirewallRule[],
  more: Partial<FirewallPort> = {},
): FirewallPort => ({
  portId: guest.portId,
  networkId,
  mac: guest.mac,
  fixedIps: [{ ip: guest.ip }],
  allowedAddressPairs: [],
  portSecurity: true,
  rules: [...out, ...rules],
  ...more,
});

/** A's, b's and c's rules on top of free egress. */
function state(
  rules: { a?: FirewallRule[]; b?: FirewallRule[] },
  more: Partial<FirewallPort> = {},
  groups: FirewallState['groups'] = [],
): FirewallState {
  return {
    networks: [net1, net2].map((net) => ({
      networkId: net.networkId,
      bridge: bridgeName(net.networkId),
      zone: conntrackZone(net),
    })),
    ports: [
      port(a, net1.networkId, rules.a ?? [], more),
      port(b, net1.networkId, rules.b ?? []),
      port(c, net2.networkId, [pingIn]),
    ],
    groups,
  };
}

describe('guests on bridges behind the firewall', { skip: whyNoNetAdmin() }, () => {
  before(async () => {
    await run('ip', ['netns', 'add', netns]);
    await host.ipBatch(['link set dev lo up']);
    await l2.sync({ networks: [net1, net2], ports: [] });
    await firewall.sync(state({}));
    for (const guest of [a, b]) await guest.plug(bridgeName(net1.networkId), { prefix: 24 });
    await c.plug(bridgeName(net2.networkId), { prefix: 24 });
  });

  after(async () => {
    for (const guest of [a, b, c]) await guest.remove();
    await audit.removeAll();
    assert.deepEqual(await audit.listOwned(), { links: [], namespaces: [], nftTables: [], processes: [] });
    await run('ip', ['netns', 'delete', netns]);
  });

  it('lets nothing in without rules, and pings with one', async () => {
    assert.equal(await a.reaches(b.ip), false);
    await firewall.sync(state({ b: [pingIn] }));
    assert.equal(await a.reaches(b.ip), true);
    assert.equal(await b.reaches(a.ip), false);
  });

  it('keeps networks apart', async () => {
    await firewall.sync(state({ a: [pingIn], b: [pingIn] }));
    assert.equal(await a.reaches(c.ip), false);
    assert.equal(await a.reaches(b.ip), true);
  });

  it('takes rules away again, also from connections that stand', async () => {
    await firewall.sync(state({ b: [pingIn] }));
    const ping = spawn('nsenter', [`--net=/run/netns/${a.name}`, 'ping', '-n', '-i', '0.2', '-c', '10', b.ip]);
    let text = '';
    ping.stdout.on('data', (chunk) => {
      text += chunk;
    });
    await sleep(900);
    await firewall.sync(state({ b: [] }));
    const answered = () => (text.match(/icmp_seq/g) ?? []).length;
    const atRemoval = answered();
    assert.ok(atRemoval >= 3, text);
    await new Promise((resolve) => ping.on('close', resolve));
    assert.ok(answered() - atRemoval <= 1, text);
  });

  it('allows the ports of a rule only, and its remote group only', async () => {
    const ssh: FirewallRule = {
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: 'tcp',
      portRangeMin: 22,
      portRangeMax: 22,
      remoteGroupId: randomUUID(),
    };
    const listeners = ['22', '23'].map((at) =>
      spawn('nsenter', [`--net=/run/netns/${b.name}`, 'socat', `TCP4-LISTEN:${at},fork,reuseaddr`, 'EXEC:echo here']),
    );
    const connects = async (at: string) =>
      (await a.exec('socat', ['-u', `TCP4:${b.ip}:${at},connect-timeout=1`, '-'])).stdout.includes('here');
    await sleep(200);
    try {
      await firewall.sync(state({ b: [ssh] }, {}, [{ groupId: ssh.remoteGroupId!, addresses: ['10.5.0.99'] }]));
      assert.equal(await connects('22'), false);
      await firewall.sync(state({ b: [ssh] }, {}, [{ groupId: ssh.remoteGroupId!, addresses: ['10.5.0.99', a.ip] }]));
      assert.equal(await connects('22'), true);
      assert.equal(await connects('23'), false);
    } finally {
      for (const listener of listeners) listener.kill('SIGKILL');
    }
  });

  it('drops spoofed addresses: IP, MAC, ARP; allowed pairs pass; without port security all pass', async () => {
    await firewall.sync(state({ a: [pingIn], b: [pingIn] }));
    await a.exec('ip', ['address', 'add', '10.5.0.77/24', 'dev', 'eth0']);
    const asOther = () => a.reaches(b.ip, ['-I', '10.5.0.77']);
    const claims = async () =>
      (await a.exec('arping', ['-q', '-c', '1', '-w', '1', '-s', '10.5.0.77', '-I', 'eth0', b.ip])).code === 0;
    assert.equal(await asOther(), false);
    assert.equal(await claims(), false);
    await firewall.sync(state({ a: [pingIn], b: [pingIn] }, { allowedAddressPairs: [{ ip: '10.5.0.64/27' }] }));
    assert.equal(await claims(), true);
    assert.equal(await asOther(), true);

    await a.exec('ip', ['link', 'set', 'dev', 'eth0', 'address', 'fa:16:3e:00:00:ee']);
    assert.equal(await a.reaches(b.ip), false);
    await firewall.sync(state({ a: [pingIn], b: [pingIn] }, { portSecurity: false }));
    assert.equal(await a.reaches(b.ip), true);
    await a.exec('ip', ['link', 'set', 'dev', 'eth0', 'address', a.mac]);
    await a.exec('ip', ['address', 'delete', '10.5.0.77/24', 'dev', 'eth0']);
  });

  it('lets no guest speak IPv6 under another address, but under its own link-local one', async () => {
    const ping6: FirewallRule = { direction: 'ingress', ethertype: 'IPv6', protocol: 'ipv6-icmp' };
    await firewall.sync(state({ a: [ping6], b: [ping6] }));
    await b.exec('ip', ['neigh', 'flush', 'dev', 'eth0']);
    const own = 'fe80::f816:3eff:fe00:b%eth0';
    assert.equal(await a.reaches(own), true);
    await a.exec('ip', ['address', 'add', 'fd00:5::77/64', 'dev', 'eth0', 'nodad']);
    await b.exec('ip', ['address', 'add', 'fd00:5::b/64', 'dev', 'eth0', 'nodad']);
    assert.equal(await a.reaches('fd00:5::b'), false);
  });

  it('tracks equal addresses of two networks apart', async () => {
    const twin = new GuestNamespace(host, { mac: a.mac, ip: a.ip });
    await twin.plug(bridgeName(net2.networkId), { prefix: 24 });
    await firewall.sync(state({ b: [pingIn] }));
    assert.equal(await a.reaches(b.ip), true);
    assert.equal(await twin.reaches(c.ip), true);
    const { stdout } = await host.exec('conntrack', ['-L', '-o', 'extended']);
    const zones = new Set([...stdout.matchAll(/zone=(\d+)/g)].map((match) => match[1]));
    assert.deepEqual([...zones].sort(), [net1, net2].map((net) => String(conntrackZone(net))).sort());
    await twin.remove();
  });

  it('does not let a guest reach the host through its bridge', async () => {
    await host.ipBatch(['address add 10.66.0.1/32 dev lo', `route add 10.5.0.0/24 dev ${bridgeName(net1.networkId)}`]);
    // The bridge answers no ARP either: the filter alone is looked at here.
    await host.ipBatch([`link set dev ${bridgeName(net1.networkId)} arp on`]);
    await a.exec('ip', ['route', 'add', '10.66.0.1/32', 'dev', 'eth0']);
    await firewall.sync({ networks: [], ports: [], groups: [] });
    assert.equal(await a.reaches('10.66.0.1'), true);
    await firewall.sync(state({}, { portSecurity: false }));
    assert.equal(await a.reaches('10.66.0.1'), false);
  });
});
