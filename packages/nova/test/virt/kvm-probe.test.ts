import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { probeKvm, probeTcg } from '../../src/drivers/virt/qemu/kvm-probe.ts';
import { guestSpec } from './guest-spec.ts';
import { booted, guestImage, QemuHost } from './qemu-host.ts';

const qemu = '/usr/bin/qemu-system-x86_64';
const signal = new AbortController().signal;

test('the probe itself is sound: under TCG it reaches 64-bit mode', async () => {
  assert.deepEqual(await probeTcg(qemu, undefined), { works: true, reason: 'a probe guest reached 64-bit mode' });
});

test('where the probe says KVM works, the guest image boots on it; elsewhere the reason is told', {
  timeout: 120_000,
}, async (t) => {
  await using host = await QemuHost.create();
  const driver = await host.open();
  t.after(() => driver.close());
  await driver.inventory();
  const kept = JSON.parse(await readFile(host.path('kvm-probe.json'), 'utf8'));
  t.diagnostic(`KVM: ${kept.kvm.works}, ${kept.kvm.reason}; as this user: ${(await probeKvm(qemu, undefined)).reason}`);
  assert.ok(kept.kvm.reason.length > 0);
  if (!kept.kvm.works) {
    await assert.rejects((await host.open({ acceleration: 'kvm' })).inventory(), /KVM is demanded/);
    return;
  }
  const handle = await driver.spawn(guestSpec({ image: { baseFile: guestImage, format: 'qcow2' } }), signal);
  t.after(() => driver.destroy(handle));
  await booted(driver, handle);
});
