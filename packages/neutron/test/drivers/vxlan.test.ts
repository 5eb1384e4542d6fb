import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { run } from '@kumo/core/exec';
import { bridgeName } from '../../src/drivers/host/marks.ts';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import type { L2Network } from '../../src/drivers/l2/driver.ts';
import { LinuxBridgeL2Driver } from '../../src/drivers/l2/linux-bridge.ts';
import { GuestNamespace } from './guest-namespace.ts';
import { whyNoNetAdmin } from './net-admin.ts';

/** Two namespaces that play two hosts, joined by a veth as the service network. */
const [one, two] = ['1', '2'].map((n) => {
  const netns = `kt-h${n}-${process.pid}`;
  const host = new NetHost({ cloudId: `vx${n}`, netns });
  const localIp = `10.250.0.${n}`;
  const l2 = new LinuxBridgeL2Driver(host, { physicalBridges: {}, localIp });
  return {
    netns,
    host,
    localIp,
    l2,
    guest: new GuestNamespace(host, { mac: `fa:16:3e:02:00:0${n}`, ip: `10.8.0.${n}` }),
  };
}) as [Side, Side];

interface Side {
  netns: string;
  host: NetHost;
  localIp: string;
  l2: LinuxBridgeL2Driver;
  guest: GuestNamespace;
}

const networkId = randomUUID();
const network = (other: Side | undefined): L2Network => ({
  networkId,
  type: 'vxlan',
  segmentationId: 4711,
  mtu: 1450,
  remotes: other ? [{ hostIp: other.localIp }] : [],
  fdb: other ? [{ mac: other.guest.mac, hostIp: other.localIp, ip: other.guest.ip }] : [],
});

describe('VXLAN between two hosts', { skip: whyNoNetAdmin() }, () => {
  before(async () => {
    for (const { netns } of [one, two]) await run('ip', ['netns', 'add', netns]);
    await run('ip', [
      '-n',
      one.netns,
      'link',
      'add',
      'name',
      'eth1',
      'type',
      'veth',
      'peer',
      'name',
      'eth1',
      'netns',
      two.netns,
    ]);
    for (const { host, localIp } of [one, two])
      await host.ipBatch([`address add ${localIp}/24 dev eth1`, 'link set dev eth1 up']);
    for (const side of [one, two]) {
      await side.l2.sync({ networks: [network(undefined)], ports: [] });
      await side.guest.plug(bridgeName(networkId), { prefix: 24 });
    }
  });

  after(async () => {
    for (const { guest, netns } of [one, two]) {
      await guest.remove();
      await run('ip', ['netns', 'delete', netns]);
    }
  });

  const ports = (side: Side) => [{ portId: side.guest.portId, networkId, mtu: 1450, adminUp: true }];

  it('carries nothing to hosts that are not named, and frames of full MTU to those that are', async () => {
    assert.equal(await one.guest.reaches(two.guest.ip), false);
    await one.l2.sync({ networks: [network(two)], ports: ports(one) });
    await two.l2.sync({ networks: [network(one)], ports: ports(two) });
    assert.equal(await one.guest.reaches(two.guest.ip), true);
    assert.equal(await one.guest.reaches(two.guest.ip, ['-M', 'do', '-s', String(1450 - 28)]), true);
  });

  it('holds exactly the desired forwarding entries, also after a second run', async () => {
    const entries = async () =>
      (await one.host.fdb())
        .filter((e) => e.ifname === 'vxlan-4711' && e.dst)
        .map((e) => `${e.mac} ${e.dst}`)
        .sort();
    const wanted = [`00:00:00:00:00:00 ${two.localIp}`, `${two.guest.mac} ${two.localIp}`];
    assert.deepEqual(await entries(), wanted);
    await one.l2.sync({ networks: [network(two)], ports: ports(one) });
    assert.deepEqual(await entries(), wanted);
    const moved = { ...network(two), fdb: [{ mac: two.guest.mac, hostIp: '10.250.0.9' }] };
    await one.l2.sync({ networks: [moved], ports: ports(one) });
    assert.deepEqual(await entries(), [`00:00:00:00:00:00 ${two.localIp}`, `${two.guest.mac} 10.250.0.9`]);
    await one.l2.sync({ networks: [network(undefined)], ports: ports(one) });
    assert.deepEqual(await entries(), []);
    assert.equal(await one.guest.reaches(two.guest.ip), false);
  });
});
