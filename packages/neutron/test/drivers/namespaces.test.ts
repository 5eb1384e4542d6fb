import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { run } from '@kumo/core/exec';
import { dhcpConformance } from '../../src/drivers/dhcp/conformance.ts';
import { DnsmasqDhcpDriver } from '../../src/drivers/dhcp/dnsmasq.ts';
import { FakeDhcpDriver } from '../../src/drivers/dhcp/fake.ts';
import { ownNamespaces } from '../../src/drivers/host/namespace.ts';
import { NetHost } from '../../src/drivers/host/net-host.ts';
import { l3Conformance } from '../../src/drivers/l3/conformance.ts';
import { FakeL3Driver } from '../../src/drivers/l3/fake.ts';
import { NamespaceL3Driver } from '../../src/drivers/l3/router-namespace.ts';
import { whyNoNetAdmin } from './net-admin.ts';

const netns = `kt-ns-${process.pid}`;
dhcpConformance('fake', async () => ({ driver: new FakeDhcpDriver(), bridge: 'br-in' }));
l3Conformance('fake', async () => ({ driver: new FakeL3Driver(), inside: 'br-in', outside: 'br-out' }));

const skip = whyNoNetAdmin();
if (skip) it('on the real kernel', { skip });
else await onRealKernel();

async function onRealKernel(): Promise<void> {
  await run('ip', ['netns', 'add', netns]);
  const host = new NetHost({ cloudId: 'nstest', netns });
  await host.ipBatch([
    'link add name br-in type bridge',
    'link add name br-out type bridge',
    'link set dev br-in up',
    'link set dev br-out up',
  ]);
  const runDir = await mkdtemp(join(tmpdir(), 'kumo-dhcp-'));
  await chmod(runDir, 0o755);

  dhcpConformance('dnsmasq', async () => ({
    driver: new DnsmasqDhcpDriver(host, { runDir, upstreams: [] }),
    bridge: 'br-in',
  }));
  l3Conformance('namespace', async () => ({ driver: new NamespaceL3Driver(host), inside: 'br-in', outside: 'br-out' }));

  it('lists namespaces while another one, which cannot be entered yet, is being made or removed', async () => {
    const file = `/run/netns/qrouter-kt-${process.pid}`;
    await writeFile(file, '');
    const removed = setTimeout(() => void rm(file), 150);
    try {
      assert.deepEqual(
        (await ownNamespaces(host)).filter(({ name }) => file.endsWith(name)),
        [],
      );
    } finally {
      clearTimeout(removed);
      await rm(file, { force: true });
    }
  });

  after(async () => {
    await run('ip', ['netns', 'delete', netns]);
    await rm(runDir, { recursive: true });
  });
}
