import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DriverError } from '@kumo/core/errors';
import { virtDriverConformance } from '../../src/drivers/virt/conformance.ts';
import { FakeDriver } from '../../src/drivers/virt/fake/fake-driver.ts';
import { guestSpec } from './guest-spec.ts';

const signal = new AbortController().signal;

test('the fake driver is a virt driver', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kumo-fake-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const stateFile = join(directory, 'guests.json');
  const spec = guestSpec({ configDrive: { 'openstack/latest/user_data': 'swordfish' } });
  const badSpec = guestSpec();
  await virtDriverConformance(t, async () => ({
    open: async () => new FakeDriver({ stateFile, failures: { spawn: { message: 'no', serverId: badSpec.serverId } } }),
    spec,
    badSpec,
    disk: {
      volumeId: crypto.randomUUID(),
      source: { kind: 'nbd', socket: '/nowhere', exportName: 'x' },
      bus: 'virtio',
      readOnly: false,
    },
    nic: { portId: crypto.randomUUID(), mac: 'fa:16:3e:00:00:01', tap: 'tap0', mtu: 1450 },
    booted: async () => assert.ok(!(await readFile(stateFile, 'utf8')).includes('swordfish'), 'no secret is kept'),
    crash: (driver, { serverId }) => (driver as FakeDriver).guestDoes(serverId, 'crashed'),
    leftovers: async (serverId) => {
      const text = await readFile(stateFile, 'utf8').catch(() => '');
      return text.includes(serverId) ? [stateFile] : [];
    },
  }));
});

test('failures and delays are as told, and a destroy interrupts what is slow', async () => {
  const driver = new FakeDriver({
    delaysMs: { power: 60_000 },
    failures: { spawn: { message: 'full', times: 1, retryable: true } },
  });
  const spec = guestSpec();
  await assert.rejects(driver.spawn(spec, signal), (error) => error instanceof DriverError && error.retryable);
  const handle = await driver.spawn(spec, signal);
  const stopping = assert.rejects(driver.power(handle, 'stop', signal), /being destroyed/);
  await driver.destroy(handle);
  await stopping;
  assert.deepEqual(
    driver.calls.map(({ verb }) => verb),
    ['spawn', 'spawn', 'power', 'destroy'],
  );
});

test('a hundred guests at once, and all of them after a restart', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'kumo-fake-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const stateFile = join(directory, 'guests.json');
  const specs = Array.from({ length: 100 }, () => guestSpec());
  const driver = new FakeDriver({ stateFile, delaysMs: { spawn: 20 } });
  const startedAt = performance.now();
  await Promise.all(specs.map((spec) => driver.spawn(spec, signal)));
  assert.ok(performance.now() - startedAt < 1_000, 'they do not wait for each other');
  // Not closed: what a verb has answered is kept even when the process is killed.
  const again = new FakeDriver({ stateFile });
  assert.deepEqual(new Set(await again.list()), new Set(specs.map(({ serverId }) => serverId)));
  assert.equal((await again.inventory()).running, 100);
});
