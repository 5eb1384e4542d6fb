import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settledAudit, untilAsBefore } from './audit.ts';
import type { Cloud } from './cloud.ts';
import { eventually } from './eventually.ts';
import { assertFlow, traceOf } from './flow-steps.ts';
import { GuestShell, makeSshAccess } from './guest-shell.ts';
import { giveFloatingIp, makeVolume, untilVolume } from './servers.ts';

/**
 * A server's life in short, with the official client where it makes and deletes: image, network, volume, floating IP, ssh,
 * bytes on the volume, all 28 steps, deletion, nothing left.
 */
export async function shortRun(cloud: Cloud): Promise<void> {
  const files = mkdtempSync(join(tmpdir(), 'kumo-e2e-'));
  try {
    const admin = await cloud.api('admin');
    const fresh = await settledAudit(cloud, admin);
    const privateKey = await makeSshAccess(admin, 'short', files);
    const volumeId = await makeVolume(admin, 'short');
    const server = await cloud.openstack<{ id: string; status: string }>([
      ...[
        'server',
        'create',
        '--image',
        'kumo-guest',
        '--flavor',
        'm1.nano',
        '--network',
        'private',
        '--key-name',
        'short',
      ],
      ...['--block-device-mapping', `vdb=${volumeId}:volume`, '--security-group', 'short', '--wait', 'short'],
    ]);
    assert.equal(server.status, 'ACTIVE');
    const floating = await giveFloatingIp(admin, server.id);
    await useGuest(await new GuestShell(floating.address, privateKey).ready(120_000));
    assertFlow(await traceOf(cloud, server.id));

    await cloud.openstackText(['server', 'delete', '--wait', 'short']);
    await untilVolume(admin, volumeId, 'available');
    await admin.delete('network', `/floatingips/${floating.id}`);
    await admin.delete('volume', `/volumes/${volumeId}`);
    await untilAsBefore(cloud, admin, fresh);
  } finally {
    rmSync(files, { recursive: true });
  }
}

/** The guest has its name and its volume, which keeps what is written. */
async function useGuest(guest: GuestShell): Promise<void> {
  assert.equal(await guest.run('hostname'), 'short');
  await eventually('the volume in the guest', async () => (await guest.extraDisks()).length === 1 || undefined);
  const [disk] = await guest.extraDisks();
  await guest.run(`printf kumo-bytes | dd of=/dev/${disk} conv=fsync && echo 3 > /proc/sys/vm/drop_caches`);
  assert.equal(await guest.run(`dd if=/dev/${disk} bs=10 count=1 2>/dev/null`), 'kumo-bytes');
}
