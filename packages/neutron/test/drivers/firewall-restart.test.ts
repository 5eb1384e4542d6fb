import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { run } from '@kumo/core/exec';
import type { FirewallPort } from '../../src/drivers/firewall/driver.ts';
import { NftablesFirewallDriver } from '../../src/drivers/firewall/nftables.ts';
import { bridgeName } from '../../src/drivers/host/marks.ts';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import { whyNoNetAdmin } from './net-admin.ts';
import { NO_GUESTS_ON_NODE } from './node-guard.ts';

const netns = `kt-fr-${process.pid}`;
const host = new NetHost({ cloudId: 'frtest', netns });
const network = (zone: number) => {
  const networkId = randomUUID();
  return { networkId, bridge: bridgeName(networkId), zone };
};
const port = (networkId: string): FirewallPort => ({
  portId: randomUUID(),
  networkId,
  mac: 'fa:16:3e:00:00:01',
  fixedIps: [{ ip: '10.9.0.2' }],
  allowedAddressPairs: [],
  portSecurity: true,
  rules: [],
});

describe('a firewall driver that finds the tables of an earlier process', { skip: whyNoNetAdmin() }, () => {
  const [one, two] = [network(7), network(8)];
  const [old, fresh] = [port(one.networkId), port(two.networkId)];
  before(() => run('ip', ['netns', 'add', netns]));
  after(() => run('ip', ['netns', 'delete', netns]));
  const bridges = async () => (await host.exec('nft', ['list', 'set', 'inet', host.marks.table, 'bridges'])).stdout;

  it('adds one port and leaves the others as they are', async () => {
    await new NftablesFirewallDriver(host, NO_GUESTS_ON_NODE).sync({ networks: [one], ports: [old], groups: [] });
    const driver = new NftablesFirewallDriver(host, NO_GUESTS_ON_NODE);
    for (let times = 0; times < 2; times++) {
      await driver.ensurePort(two, fresh, []);
      assert.deepEqual((await driver.report()).filteredPortIds.sort(), [old.portId, fresh.portId].sort());
      for (const { bridge } of [one, two]) assert.ok((await bridges()).includes(bridge));
    }
  });

  it('makes its tables anew after somebody flushed them', async () => {
    const driver = new NftablesFirewallDriver(host, NO_GUESTS_ON_NODE);
    const desired = { networks: [one, two], ports: [old], groups: [] };
    await driver.sync(desired);
    await host.nft('flush ruleset\n');
    assert.deepEqual((await driver.sync(desired)).filteredPortIds, [old.portId]);
    await host.nft('flush ruleset\n');
    await driver.ensurePort(two, fresh, []);
    assert.deepEqual((await driver.report()).filteredPortIds.sort(), [old.portId, fresh.portId].sort());
  });
});
