/** Whom dnsmasq takes a client for, without any filter before it: by its MAC alone. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { run } from '@kumo/core/exec';
import { DnsmasqDhcpDriver } from '../../src/drivers/dhcp/dnsmasq.ts';
import type { DhcpNetwork } from '../../src/drivers/dhcp/driver.ts';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import * as f from './frames.ts';
import { GuestNamespace } from './guest-namespace.ts';
import { whyNoNetAdmin } from './net-admin.ts';

const PROBE = join(import.meta.dirname, 'probe.py');
const netns = `kt-di-${process.pid}`;
const host = new NetHost({ cloudId: 'ditest', netns });
const runDir = await mkdtemp(join(tmpdir(), 'kumo-di-'));
const driver = new DnsmasqDhcpDriver(host, { runDir, upstreams: [] });
const a = new GuestNamespace(host, { mac: 'fa:16:3e:0b:00:0a', ip: '10.7.0.10' });
const b = new GuestNamespace(host, { mac: 'fa:16:3e:0b:00:0b', ip: '10.7.0.11' });
const subnetId = randomUUID();
const SERVER = '10.7.0.2';
const network: DhcpNetwork = {
  networkId: randomUUID(),
  port: { portId: randomUUID(), bridge: 'br-in', mac: 'fa:16:3e:0b:00:02', mtu: 1450 },
  mtu: 1450,
  domain: 'openstacklocal',
  subnets: [
    {
      subnetId,
      cidr: '10.7.0.0/24',
      serverIp: SERVER,
      gatewayIp: null,
      dnsNameservers: [],
      hostRoutes: [],
      isolated: false,
    },
  ],
  hosts: [a, b].map(({ portId, mac, ip }) => ({ portId, mac, ip, subnetId })),
};

/** As whom a is known: an identifier of its own, as DHCP clients of most systems send. */
const IDENTIFIER = f.dhcpOption(61, 'ff0102030405060708');

async function say(guest: GuestNamespace, message: Partial<f.Dhcp> & { type: number }): Promise<void> {
  const packet = f.ipv4('0.0.0.0', '255.255.255.255', 17, f.udp(68, 67, f.dhcp({ chaddr: guest.mac, ...message })));
  const input = `${f.ethernet(guest.mac, 'ff:ff:ff:ff:ff:ff', '0800', packet)}\n`;
  await host.exec('python3', [PROBE, 'send', 'eth0'], { namespace: guest.name, input });
  await new Promise((resolve) => setTimeout(resolve, 300));
}

async function leases(): Promise<Record<string, string>> {
  const rows = (await readFile(join(runDir, 'dhcp', network.networkId, 'leases'), 'utf8')).trim().split('\n');
  return Object.fromEntries(rows.filter((row) => row !== '').map((row) => row.split(' ').slice(1, 3).toReversed()));
}

const request = (ip: string) => f.addressOption(50, ip) + f.addressOption(54, SERVER);

describe('who a DHCP client is', { skip: whyNoNetAdmin() }, () => {
  before(async () => {
    await chmod(runDir, 0o755);
    await run('ip', ['netns', 'add', netns]);
    await host.ipBatch(['link add name br-in type bridge', 'link set dev br-in up']);
    for (const guest of [a, b]) await guest.plug('br-in');
    await driver.ensureNetwork(network);
    await say(a, { type: 3, options: request(a.ip) + IDENTIFIER });
    assert.deepEqual(await leases(), { [a.ip]: a.mac });
  });
  after(async () => {
    for (const guest of [a, b]) await guest.remove();
    await driver.removeNetwork(network.networkId);
    await run('ip', ['netns', 'delete', netns]);
    await rm(runDir, { recursive: true });
  });

  it('ends no lease of a neighbour with the neighbour’s client identifier', async () => {
    await say(b, { type: 4, options: request(a.ip) + IDENTIFIER });
    assert.deepEqual(await leases(), { [a.ip]: a.mac }, 'DECLINE');
    await say(b, { type: 7, ciaddr: a.ip, options: f.addressOption(54, SERVER) + IDENTIFIER });
    assert.deepEqual(await leases(), { [a.ip]: a.mac }, 'RELEASE');
  });

  it('takes no lease of a neighbour with the neighbour’s client identifier', async () => {
    await say(b, { type: 3, options: request(a.ip) + IDENTIFIER });
    assert.deepEqual(await leases(), { [a.ip]: a.mac }, 'REQUEST of its address');
    await say(b, { type: 3, options: request(b.ip) + IDENTIFIER });
    assert.deepEqual(await leases(), { [a.ip]: a.mac, [b.ip]: b.mac }, 'REQUEST of its own');
    await say(a, { type: 3, options: request(a.ip) + IDENTIFIER });
    assert.deepEqual(await leases(), { [a.ip]: a.mac, [b.ip]: b.mac }, 'both stay');
  });

  it('knows a client again that boots with another identifier', async () => {
    await say(a, { type: 3, options: request(a.ip) + f.dhcpOption(61, 'ff0908070605040302') });
    assert.deepEqual(await leases(), { [a.ip]: a.mac, [b.ip]: b.mac });
    await say(a, { type: 7, ciaddr: a.ip, options: f.addressOption(54, SERVER) });
    assert.deepEqual(await leases(), { [b.ip]: b.mac }, 'its own it ends');
  });
});
