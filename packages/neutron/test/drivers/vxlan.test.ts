import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { run } from '@kumo/core/exec';
import { firewallNetwork } from '../../src/drivers/firewall/firewall-network.ts';
import { NftablesFirewallDriver } from '../../src/drivers/firewall/nftables.ts';
import { bridgeName } from '../../src/drivers/host/marks.ts';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import type { L2Network, L2Port } from '../../src/drivers/l2/driver.ts';
import { LinuxBridgeL2Driver } from '../../src/drivers/l2/linux-bridge.ts';
import { GuestNamespace } from './guest-namespace.ts';
import { whyNoNetAdmin } from './net-admin.ts';

interface Side {
  netns: string;
  host: NetHost;
  localIp: string;
  /** An address of the service network that is no host's. */
  nobody: string;
  l2: LinuxBridgeL2Driver;
  firewall: NftablesFirewallDriver;
  guest: GuestNamespace;
}

/** Two namespaces that play two hosts, joined by a veth as the service network. */
const sides = (prefix: string) =>
  ['1', '2'].map((n): Side => {
    const netns = `kt-h${n}-${process.pid}`;
    const host = new NetHost({ cloudId: `vx${n}`, netns });
    const localIp = `${prefix}${n}`;
    return {
      netns,
      host,
      localIp,
      nobody: `${prefix}9`,
      l2: new LinuxBridgeL2Driver(host, { physicalBridges: {}, localIp }),
      firewall: new NftablesFirewallDriver(host, { localIp, vxlanPort: 4789, guestPorts: [] }),
      guest: new GuestNamespace(host, { mac: `fa:16:3e:02:00:0${n}`, ip: `10.8.0.${n}` }),
    };
  }) as [Side, Side];

const networkId = randomUUID();
const network = (other: Side | undefined): L2Network => ({
  networkId,
  type: 'vxlan',
  segmentationId: 4711,
  mtu: 1450,
  remotes: other ? [{ hostIp: other.localIp }] : [],
  fdb: other ? [{ mac: other.guest.mac, hostIp: other.localIp, ip: other.guest.ip }] : [],
});

// IPv6's outer header is 20 bytes longer: the service network has to be larger by that.
for (const [family, prefix, mtu] of [
  ['IPv4', '10.250.0.', 1500],
  ['IPv6', 'fd00:250::', 1520],
] as const)
  describe(`VXLAN between two hosts, over ${family}`, { skip: whyNoNetAdmin() }, () => {
    const [one, two] = sides(prefix);

    /** As the agent does: the filter first. */
    const sync = async (side: Side, desired: L2Network, ports: L2Port[]) => {
      await side.firewall.sync({ networks: [firewallNetwork(desired, {})], ports: [], groups: [] });
      await side.l2.sync({ networks: [desired], ports });
    };

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
        await host.ipBatch([
          `address add ${localIp}/${family === 'IPv4' ? 24 : '64 nodad'} dev eth1`,
          `link set dev eth1 mtu ${mtu} up`,
        ]);
      for (const side of [one, two]) {
        await sync(side, network(undefined), []);
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
      await sync(one, network(two), ports(one));
      await sync(two, network(one), ports(two));
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
      await sync(one, network(two), ports(one));
      assert.deepEqual(await entries(), wanted);
      const moved = { ...network(two), fdb: [{ mac: two.guest.mac, hostIp: one.nobody }] };
      await sync(one, moved, ports(one));
      assert.deepEqual(await entries(), [`00:00:00:00:00:00 ${two.localIp}`, `${two.guest.mac} ${one.nobody}`]);
      await sync(one, network(undefined), ports(one));
      assert.deepEqual(await entries(), []);
      assert.equal(await one.guest.reaches(two.guest.ip), false);
    });
  });
