import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { run } from '@kumo/core/exec';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import { l2Conformance } from '../../src/drivers/l2/conformance.ts';
import { FakeL2Driver } from '../../src/drivers/l2/fake.ts';
import { LinuxBridgeL2Driver } from '../../src/drivers/l2/linux-bridge.ts';
import { whyNoNetAdmin } from './net-admin.ts';

const netns = `kt-l2-${process.pid}`;

l2Conformance('fake', async () => new FakeL2Driver({ physicalBridges: {} }));
const skip = whyNoNetAdmin();
if (skip) it('on the real kernel', { skip });
else {
  l2Conformance('linux bridge', async () => {
    await run('ip', ['netns', 'add', netns]);
    return new LinuxBridgeL2Driver(new NetHost({ cloudId: 'l2test', netns }), { physicalBridges: {} });
  });

  after(async () => {
    const left = await new NetHost({ cloudId: 'l2test', netns }).links();
    assert.deepEqual(
      left.filter((link) => link.ifalias !== undefined),
      [],
    );
    await run('ip', ['netns', 'delete', netns]);
  });
}
