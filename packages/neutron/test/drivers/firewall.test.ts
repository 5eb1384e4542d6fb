import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { run } from '@kumo/core/exec';
import { firewallConformance } from '../../src/drivers/firewall/conformance.ts';
import { FakeFirewallDriver } from '../../src/drivers/firewall/fake.ts';
import { NftablesFirewallDriver } from '../../src/drivers/firewall/nftables.ts';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import { whyNoNetAdmin } from './net-admin.ts';
import { NO_GUESTS_ON_NODE } from './node-guard.ts';

const netns = `kt-fw-${process.pid}`;

firewallConformance('fake', async () => new FakeFirewallDriver());
const skip = whyNoNetAdmin();
if (skip) it('on the real kernel', { skip });
else {
  firewallConformance('nftables', async () => {
    await run('ip', ['netns', 'add', netns]);
    return new NftablesFirewallDriver(new NetHost({ cloudId: 'fwtest', netns }), NO_GUESTS_ON_NODE);
  });

  after(async () => {
    assert.deepEqual(await new NetHost({ cloudId: 'fwtest', netns }).ownTables(), [
      'bridge kumo_fwtest',
      'inet kumo_fwtest',
    ]);
    await run('ip', ['netns', 'delete', netns]);
  });
}
