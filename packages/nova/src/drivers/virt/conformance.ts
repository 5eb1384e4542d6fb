/** What every virt driver must do, run on the fake and on real hypervisors alike; each verb is called twice. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '@kumo/core/errors';
import {
  type GuestDisk,
  type GuestEvent,
  type GuestEventType,
  GuestGoneError,
  type GuestHandle,
  type GuestNic,
  type GuestSpec,
  type VirtDriver,
} from './driver.ts';

export interface VirtTarget {
  /** A new driver on the same host, as after a restart; the one before was closed. */
  open(): Promise<VirtDriver>;
  spec: GuestSpec;
  /** A spec that cannot be started. */
  badSpec: GuestSpec;
  disk?: GuestDisk;
  nic?: GuestNic;
  /** Resolves when the guest has come so far that it hears its power button. */
  booted(driver: VirtDriver, handle: GuestHandle): Promise<void>;
  /** Lets the guest's hypervisor die. */
  crash(driver: VirtDriver, handle: GuestHandle): Promise<void>;
  /** Everything that is left of a guest: files, processes. */
  leftovers(serverId: string): Promise<string[]>;
}

const signal = new AbortController().signal;

/** Runs the suite as subtests of `t`, in an order that needs few boots; `makeTarget` prepares the host. */
export async function virtDriverConformance(t: TestContext, makeTarget: () => Promise<VirtTarget>): Promise<void> {
  const target = await makeTarget();
  let driver = await target.open();
  const handle: GuestHandle = { v: 1, serverId: target.spec.serverId };
  const events = new EventLog(driver);
  try {
    await t.test('a guest that was never there', () => absentGuest(driver, handle));
    await t.test('a spawn that fails leaves nothing', () => failedSpawn(driver, target));
    await t.test('spawn, and again', () => spawns(driver, target, events));
    await t.test('pause and resume', () => pauses(driver, handle, events));
    await t.test('a restart finds the guest running', async () => {
      events.stop();
      await driver.close();
      driver = await target.open();
      events.follow(driver);
      assert.equal(await driver.recover(handle), 'running');
      assert.equal(await driver.recover(handle), 'running');
      assert.deepEqual(await driver.spawn(target.spec, signal), handle);
    });
    await target.booted(driver, handle);
    await t.test('volumes come and go', () => plugsVolume(driver, handle, target.disk));
    await t.test('interfaces come and go', () => plugsNic(driver, handle, target.nic));
    await t.test('stop and start', () => stopsAndStarts(driver, handle, events));
    await t.test('a crash is told, and start mends it', () => crashes(driver, target, handle, events));
    await t.test('hard reboot and forced stop', () => hardPower(driver, handle, events));
    await t.test('destroy leaves nothing', () => destroys(driver, target, handle));
  } finally {
    events.stop();
    await driver.destroy(handle);
    await driver.close();
  }
}

async function absentGuest(driver: VirtDriver, handle: GuestHandle): Promise<void> {
  assert.equal(await driver.state(handle), 'gone');
  assert.equal(await driver.recover(handle), 'gone');
  await driver.destroy(handle);
  await driver.destroy(handle);
  for (const action of ['start', 'stop', 'reboot-hard', 'pause'] as const) {
    await assert.rejects(driver.power(handle, action, signal), GuestGoneError);
  }
  await assert.rejects(driver.consoleOutput(handle), GuestGoneError);
  await assert.rejects(driver.vnc(handle), GuestGoneError);
  await assert.rejects(driver.diagnostics(handle), GuestGoneError);
  for (const serverId of ['../../etc', handle.serverId.toUpperCase(), '']) {
    await assert.rejects(async () => driver.destroy({ v: 1, serverId }), DriverError);
  }
}

async function failedSpawn(driver: VirtDriver, { badSpec, leftovers }: VirtTarget): Promise<void> {
  await assert.rejects(driver.spawn(badSpec, signal), DriverError);
  assert.equal(await driver.state({ v: 1, serverId: badSpec.serverId }), 'gone');
  assert.deepEqual(await leftovers(badSpec.serverId), []);
  await assert.rejects(driver.spawn({ ...badSpec, serverId: crypto.randomUUID() }, AbortSignal.abort()));
}

async function spawns(driver: VirtDriver, { spec }: VirtTarget, events: EventLog): Promise<void> {
  const before = (await driver.inventory()).running;
  const [first, second] = await Promise.all([driver.spawn(spec, signal), driver.spawn(structuredClone(spec), signal)]);
  assert.deepEqual(first, { v: 1, serverId: spec.serverId });
  assert.deepEqual(second, first);
  await events.expect('started');
  assert.equal(events.count('started'), 1, 'two calls start one guest');
  assert.equal(await driver.state(first), 'running');
  await assert.rejects(driver.spawn({ ...spec, memoryMb: spec.memoryMb + 1 }, signal), DriverError);
  assert.ok((await driver.list()).includes(spec.serverId));

  const inventory = await driver.inventory();
  assert.equal(inventory.running, before + 1);
  assert.ok(inventory.vcpus > 0 && inventory.memoryMb > 0 && inventory.diskGb > 0 && inventory.hypervisorVersion > 0);
  assert.ok(await driver.vnc(first));
  const diagnostics = await driver.diagnostics(first);
  assert.equal(diagnostics.cpus.length, spec.vcpus);
  assert.equal(diagnostics.memory.maximumMb, spec.memoryMb);
  assert.equal(diagnostics.disks.length, (spec.image ? 1 : 0) + spec.disks.length);
  assert.deepEqual(structuredClone(JSON.parse(JSON.stringify(diagnostics))), diagnostics, 'plain JSON');
}

async function pauses(driver: VirtDriver, handle: GuestHandle, events: EventLog): Promise<void> {
  await driver.power(handle, 'pause', signal);
  await driver.power(handle, 'pause', signal);
  assert.equal(await driver.state(handle), 'paused');
  await events.expect('paused');
  await driver.power(handle, 'resume', signal);
  await driver.power(handle, 'resume', signal);
  assert.equal(await driver.state(handle), 'running');
  await events.expect('resumed');
}

async function plugsVolume(driver: VirtDriver, handle: GuestHandle, disk: GuestDisk | undefined): Promise<void> {
  if (!driver.volumes || !disk) return;
  const disks = async () => (await driver.diagnostics(handle)).disks.length;
  const before = await disks();
  await driver.volumes.attach(handle, disk, signal);
  await driver.volumes.attach(handle, disk, signal);
  assert.equal(await disks(), before + 1);
  await driver.volumes.detach(handle, disk.volumeId, signal);
  await driver.volumes.detach(handle, disk.volumeId, signal);
  assert.equal(await disks(), before);
  await driver.volumes.attach(handle, disk, signal);
  assert.equal(await disks(), before + 1, 'a volume can come back');
}

async function plugsNic(driver: VirtDriver, handle: GuestHandle, nic: GuestNic | undefined): Promise<void> {
  if (!driver.interfaces || !nic) return;
  const macs = async () => (await driver.diagnostics(handle)).nics.map(({ macAddress }) => macAddress);
  const before = await macs();
  await driver.interfaces.attach(handle, nic, signal);
  await driver.interfaces.attach(handle, nic, signal);
  assert.deepEqual(await macs(), [...before, nic.mac]);
  await driver.interfaces.detach(handle, nic.portId, signal);
  await driver.interfaces.detach(handle, nic.portId, signal);
  assert.deepEqual(await macs(), before);
  await driver.interfaces.attach(handle, nic, signal);
}

async function stopsAndStarts(driver: VirtDriver, handle: GuestHandle, events: EventLog): Promise<void> {
  const devices = async () => {
    const { disks, nics } = await driver.diagnostics(handle);
    return { disks: disks.length, nics: nics.length };
  };
  const before = await devices();
  await driver.power(handle, 'stop', signal);
  await driver.power(handle, 'stop', signal);
  assert.equal(await driver.state(handle), 'shutdown');
  await events.expect('shutdown');
  assert.equal(events.count('crashed'), 0);
  await assert.rejects(driver.diagnostics(handle), DriverError);
  await assert.rejects(driver.power(handle, 'pause', signal), DriverError);
  assert.notEqual(await driver.consoleOutput(handle), '', 'the console of a stopped guest can be read');
  assert.ok((await driver.consoleOutput(handle, { lines: 1 })).split('\n').length <= 2);

  await driver.power(handle, 'start', signal);
  await driver.power(handle, 'start', signal);
  assert.equal(await driver.state(handle), 'running');
  await events.expect('started');
  assert.deepEqual(await devices(), before, 'what was plugged in is there after a start');
}

async function crashes(driver: VirtDriver, target: VirtTarget, handle: GuestHandle, events: EventLog): Promise<void> {
  await target.crash(driver, handle);
  await events.expect('crashed');
  assert.equal(await driver.state(handle), 'crashed');
  assert.equal(await driver.recover(handle), 'crashed');
  await driver.power(handle, 'start', signal);
  assert.equal(await driver.state(handle), 'running');
  await events.expect('started');
}

async function hardPower(driver: VirtDriver, handle: GuestHandle, events: EventLog): Promise<void> {
  await driver.power(handle, 'reboot-hard', signal);
  assert.equal(await driver.state(handle), 'running');
  await events.expect('started');
  await driver.power(handle, 'force-stop', signal);
  await driver.power(handle, 'force-stop', signal);
  assert.equal(await driver.state(handle), 'shutdown');
  await driver.power(handle, 'reboot-hard', signal);
  assert.equal(await driver.state(handle), 'running', 'a reboot of a stopped guest starts it');
}

async function destroys(driver: VirtDriver, target: VirtTarget, handle: GuestHandle): Promise<void> {
  const stopping = driver.power(handle, 'stop', signal).catch(() => undefined);
  await driver.destroy(handle);
  await stopping;
  await driver.destroy(handle);
  assert.equal(await driver.state(handle), 'gone');
  assert.ok(!(await driver.list()).includes(handle.serverId));
  assert.deepEqual(await target.leftovers(handle.serverId), []);
}

/** Collects a driver's events in the background; `expect` waits for the next of its type and goes on from there. */
class EventLog {
  readonly #seen: GuestEvent[] = [];
  #position = 0;
  #abort = new AbortController();

  constructor(driver: VirtDriver) {
    this.follow(driver);
  }

  follow(driver: VirtDriver): void {
    this.#abort = new AbortController();
    const events = driver.events(this.#abort.signal);
    void (async () => {
      for await (const event of events) this.#seen.push(event);
    })();
  }

  stop(): void {
    this.#abort.abort();
  }

  count(type: GuestEventType): number {
    return this.#seen.filter((event) => event.type === type).length;
  }

  async expect(type: GuestEventType): Promise<void> {
    for (let waitedMs = 0; waitedMs < 5_000; waitedMs += 10) {
      const index = this.#seen.findIndex((event, at) => at >= this.#position && event.type === type);
      if (index >= 0) {
        this.#position = index + 1;
        return;
      }
      await sleep(10);
    }
    assert.fail(`no event ${type}; seen: ${this.#seen.map((event) => event.type).join(', ')}`);
  }
}
