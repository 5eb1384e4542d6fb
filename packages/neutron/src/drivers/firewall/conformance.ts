import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import { bridgeName } from '../host/marks.ts';
import type { FirewallDriver, FirewallPort, FirewallRule } from './driver.ts';

const EMPTY = { networks: [], ports: [], groups: [] };

/** What every firewall driver does, as far as it shows in its report; whether packets pass is tested on the real one. */
export function firewallConformance(name: string, make: () => Promise<FirewallDriver>): void {
  describe(`firewall driver: ${name}`, async () => {
    const driver = await make();
    const networkId = randomUUID();
    const network = { networkId, bridge: bridgeName(networkId), zone: 77 };
    const group = { groupId: randomUUID(), addresses: ['10.9.0.2', '10.9.0.0/24', 'fd00::2', '0.0.0.0/0'] };
    const rule: FirewallRule = {
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: 'tcp',
      portRangeMin: 22,
      portRangeMax: 80,
    };
    const port = (more: Partial<FirewallPort> = {}): FirewallPort => ({
      portId: randomUUID(),
      networkId,
      mac: 'fa:16:3e:00:00:01',
      fixedIps: [{ ip: '10.9.0.2' }, { ip: 'fd00::2' }],
      allowedAddressPairs: [{ ip: '10.9.0.0/16' }, { ip: '10.9.0.9', mac: 'fa:16:3e:00:00:09' }],
      portSecurity: true,
      rules: [rule],
      ...more,
    });
    const ids = async () => (await driver.report()).filteredPortIds.sort();
    after(() => driver.sync(EMPTY));

    it('filters the ports that are desired, twice the same, and no longer those that are not', async () => {
      const [a, b, open] = [port(), port(), port({ portSecurity: false })];
      const desired = { networks: [network], ports: [a, b, open], groups: [group] };
      await driver.sync(desired);
      assert.deepEqual(await ids(), [a.portId, b.portId].sort());
      await driver.sync(desired);
      assert.deepEqual(await ids(), [a.portId, b.portId].sort());
      await driver.sync({ ...desired, ports: [b], groups: [] });
      assert.deepEqual(await ids(), [b.portId]);
    });

    it('takes every shape of rule', async () => {
      const rules: FirewallRule[] = [
        rule,
        { direction: 'egress', ethertype: 'IPv6' },
        { ...rule, protocol: 'icmp', portRangeMin: 8, portRangeMax: 0, remoteIpPrefix: '0.0.0.0/0' },
        {
          ...rule,
          ethertype: 'IPv6',
          protocol: 'ipv6-icmp',
          portRangeMin: 128,
          portRangeMax: null,
          remoteIpPrefix: 'fd00::/8',
        },
        { ...rule, ethertype: 'IPv6', protocol: 'icmp', portRangeMin: null, portRangeMax: null },
        { ...rule, protocol: '132', remoteGroupId: group.groupId },
        { ...rule, ethertype: 'IPv6', protocol: 'udp', portRangeMax: 22, remoteGroupId: group.groupId },
        { ...rule, protocol: 'vrrp', portRangeMin: null, portRangeMax: null },
        { ...rule, protocol: null, portRangeMin: null, portRangeMax: null, remoteIpPrefix: '10.1.2.3/24' },
      ];
      const one = port({ rules });
      await driver.sync({ networks: [network], ports: [one], groups: [group] });
      assert.deepEqual(await ids(), [one.portId]);
    });

    it('adds, changes and removes one port beside the others', async () => {
      const [stays, comes] = [port(), port()];
      await driver.sync({ networks: [network], ports: [stays], groups: [] });
      await driver.ensurePort(network, comes, []);
      await driver.ensurePort(network, { ...comes, rules: [] }, []);
      assert.deepEqual(await ids(), [stays.portId, comes.portId].sort());
      await driver.removePort(comes.portId);
      await driver.removePort(comes.portId);
      assert.deepEqual(await ids(), [stays.portId]);
    });

    it('refuses what would break out of its line', async () => {
      const bad: Partial<FirewallPort>[] = [
        { mac: 'fa:16:3e:00:00:01 accept' },
        { fixedIps: [{ ip: '10.0.0.1, 10.0.0.2' }] },
        { rules: [{ ...rule, remoteIpPrefix: '10.0.0.0/8 accept\nflush ruleset' }] },
        { rules: [{ ...rule, protocol: 'tcp accept' }] },
        { rules: [{ ...rule, portRangeMin: 80, portRangeMax: 22 }] },
      ];
      for (const more of bad) await assert.rejects(driver.ensurePort(network, port(more), []), DriverError);
    });
  });
}
