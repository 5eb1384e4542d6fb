import { test } from 'node:test';
import { virtDriverConformance } from '../../src/drivers/virt/conformance.ts';
import { booted, QemuHost } from './qemu-host.ts';

test('the QEMU driver is a virt driver', { timeout: 240_000 }, async (t) => {
  await using host = await QemuHost.create();
  await virtDriverConformance(t, async () => ({
    open: () => host.open(),
    spec: host.spec(),
    badSpec: host.spec({ image: { baseFile: host.path('no-such-image'), format: 'qcow2' } }),
    disk: await host.volume('conformance'),
    nic: await host.nic(),
    booted,
    crash: (_driver, { serverId }) => host.kill(serverId),
    leftovers: (serverId) => host.leftovers(serverId),
  }));
});
