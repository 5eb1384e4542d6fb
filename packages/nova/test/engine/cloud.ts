/** Nova's engine in one process: real scheduler, conductor, computes (fake hypervisor) and Placement; other services are small fakes. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inProcess, type Transport } from '@kumo/core/client';
import type { Context } from '@kumo/core/context';
import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { type Db, nowIso } from '@kumo/core/db';
import { dbJournal, type FlowDefinition, type FlowRunner, flowRunner, flows } from '@kumo/core/flow';
import type { Logger } from '@kumo/core/log';
import type { Bus } from '@kumo/core/rpc';
import { PlacementConfig, placementApi } from '@kumo/placement';
import { Value } from 'typebox/value';
import { type TestEnv, testEnv } from '../../../core/src/testing/env.ts';
import { novaQuotas, usageOf } from '../../src/app/quotas.ts';
import { NovaConfig } from '../../src/config.ts';
import { novaCompute } from '../../src/daemons/nova-compute.ts';
import { novaConductor } from '../../src/daemons/nova-conductor.ts';
import { novaScheduler } from '../../src/daemons/nova-scheduler.ts';
import { type BlockDevice, insertBlockDevices } from '../../src/db/block-devices.ts';
import { insertAction } from '../../src/db/instance-actions.ts';
import { openNovaDatabase } from '../../src/db/open.ts';
import type { NovaTables } from '../../src/db/schema.ts';
import type { RequestedNetwork, ServerRequest, TaskState } from '../../src/db/server-shapes.ts';
import { findServer, insertServers, type Server, updateServer } from '../../src/db/servers.ts';
import { FakeDriver } from '../../src/drivers/virt/fake/fake-driver.ts';
import { serverDelete } from '../../src/flows/server-delete.ts';
import { serverSchedule } from '../../src/flows/server-schedule.ts';
import { computeRpc } from '../../src/rpc/compute.ts';
import { conductorRpc } from '../../src/rpc/conductor.ts';
import { schedulerRpc } from '../../src/rpc/scheduler.ts';
import { FakeCinder, FakeGlance, FakeNeutron, fakeKeystone } from './fake-neighbours.ts';
import { type MortalEnv, mortalEnv } from './mortal-env.ts';

export const PROJECT = '11111111111111111111111111111111';
const FLAVOR = {
  ...{ id: '1', name: 'm1.nano', vcpus: 1, memoryMb: 128, rootGb: 1, ephemeralGb: 0, swapMb: 0 },
  ...{ rxtxFactor: 1, extraSpecs: {} },
};

export interface NewServer {
  networks?: RequestedNetwork[];
  imageRef?: string;
  devices?: Partial<BlockDevice>[];
  request?: Partial<ServerRequest>;
  flavor?: Partial<typeof FLAVOR>;
  configDrive?: boolean;
}

export interface CloudOptions {
  hosts?: string[];
  config?: Record<string, unknown>;
  log?: Logger | undefined;
  databaseUrl?: (service: string) => string;
  /** A bus of its own for every daemon, as in processes of their own. */
  makeBus?: () => Bus;
  /** Real services in place of the fakes. */
  transports?: Record<string, Transport>;
}

/** Each change is in its file at once; what a killed daemon still writes must not come after what its successor writes. */
class Hypervisor extends FakeDriver {
  override async close(): Promise<void> {}
}

interface Host {
  driver: FakeDriver;
  daemon: Daemon;
  mortal: MortalEnv;
}

export class Cloud {
  readonly glance = new FakeGlance();
  readonly neutron = new FakeNeutron();
  readonly cinder = new FakeCinder();
  readonly env: TestEnv;
  readonly hosts = new Map<string, Host>();
  readonly config: NovaConfig;
  db!: Db<NovaTables>;
  placement!: Daemon;
  conductor!: Daemon;
  scheduler!: Daemon;
  #api!: FlowRunner;
  readonly #dead: Host[] = [];
  readonly #buses: Bus[] = [];
  readonly #makeBus: (() => Bus) | undefined;

  constructor(options: CloudOptions) {
    const placement = inProcess(() => this.placement?.app);
    this.#makeBus = options.makeBus;
    let dir = '';
    this.env = testEnv({
      host: 'controller',
      log: options.log,
      databaseUrl: options.databaseUrl ?? ((service) => `sqlite:${join(dir, `${service}.db`)}`),
      transports: {
        keystone: fakeKeystone(),
        'glance-api': this.glance.transport,
        'neutron-server': this.neutron.transport,
        'cinder-api': this.cinder.transport,
        'placement-api': placement,
        ...options.transports,
      },
    });
    dir = this.env.stateDir;
    const quota = { instances: -1, cores: -1, ramMb: -1 };
    const overrides = { reportIntervalMs: 200, quota, ...options.config };
    this.config = Value.Default(NovaConfig, overrides) as NovaConfig;
  }

  async start(hosts: readonly string[]): Promise<void> {
    const { env } = this;
    this.placement = await placementApi(env, Value.Default(PlacementConfig, {}) as PlacementConfig);
    this.db = await openNovaDatabase(env, 'test');
    this.conductor = await novaConductor(this.#ownEnv(), this.config);
    await this.conductor.start();
    this.scheduler = await novaScheduler(this.#ownEnv(), this.config);
    await this.scheduler.start();
    for (const host of hosts) await this.startHost(host);
    const { bus, log } = this.#ownEnv();
    const deps = {
      scheduler: bus.client(schedulerRpc, { from: 'nova-api' }),
      conductor: bus.client(conductorRpc, { from: 'nova-api' }),
    };
    const journal = dbJournal(this.db);
    this.#api = flowRunner({ journal, flows: [serverSchedule], deps, daemon: 'nova-api', log });
    await this.#api.start();
  }

  #ownEnv(): DaemonEnv {
    if (!this.#makeBus) return this.env;
    const bus = this.#makeBus();
    this.#buses.push(bus);
    return { ...this.env, bus };
  }

  /** The hypervisor outlives its nova-compute. */
  async startHost(name: string): Promise<Host> {
    const driver = new Hypervisor({
      stateFile: join(this.env.stateDir, `${name}-guests.json`),
      inventory: { vcpus: 64, memoryMb: 64_000, diskGb: 500, hostname: name },
    });
    const mortal = mortalEnv({ ...this.#ownEnv(), host: name, stateDir: join(this.env.stateDir, name) });
    const daemon = await novaCompute(mortal.env, this.config, { driver });
    await daemon.start();
    const host = { driver, daemon, mortal };
    this.hosts.set(name, host);
    return host;
  }

  async stopHost(name: string): Promise<void> {
    const host = this.hosts.get(name);
    this.hosts.delete(name);
    await host?.daemon.stop();
  }

  async restartControl(): Promise<void> {
    await this.scheduler.stop();
    await this.conductor.stop();
    this.conductor = await novaConductor(this.env, this.config);
    await this.conductor.start();
    this.scheduler = await novaScheduler(this.env, this.config);
    await this.scheduler.start();
  }

  /** SIGKILL: the process says and hears nothing any more from now on; its guests run on. */
  async killHost(name: string): Promise<void> {
    const host = this.hosts.get(name);
    this.hosts.delete(name);
    await host?.mortal.kill();
    if (host) this.#dead.push(host);
  }

  ctx(): Context {
    return {
      ...{ requestId: `req-${randomUUID()}`, userId: 'member-user', projectId: PROJECT },
      ...{ roles: ['member', 'reader'], serviceRoles: [], auditIds: [] },
    };
  }

  /** What nova-api does for POST /servers once everything is checked. */
  async create(wanted: NewServer = {}): Promise<string> {
    const id = randomUUID();
    const server = newServer(id, wanted);
    const ctx = this.ctx();
    const quotas = novaQuotas(this.db, this.config);
    await this.db.transaction(async (tx) => {
      await quotas.charge(tx, PROJECT, usageOf(server.flavor));
      await insertServers(tx, [server]);
      const { requestId, userId } = ctx;
      await insertAction(tx, [{ serverId: id, requestId, action: 'create', userId, projectId: PROJECT }]);
      await insertBlockDevices(
        tx,
        (wanted.devices ?? []).map((device) => newDevice(id, device)),
      );
      await flows.start(tx, serverSchedule, { serverId: id, excludeHosts: [], attempt: 1 }, { key: id, ctx });
    });
    this.#api.nudge();
    return id;
  }

  /** What nova-api does for DELETE /servers/{id}. */
  async delete(id: string): Promise<void> {
    const server = await this.show(id);
    const host = server?.host ?? undefined;
    await this.db.transaction(async (tx) => {
      await updateServer(tx, id, { taskState: 'deleting' });
      await flows.start(tx, serverDelete, { serverId: id }, { key: id, holder: host, ctx: this.ctx() });
    });
    if (host) await this.computes().runFlows({ serverId: id }, { server: host });
    else await this.env.bus.client(conductorRpc, { from: 'nova-api' }).runFlows({ serverId: id });
  }

  /** What nova-api does for an action: task and flow in one transaction, then a nudge. */
  async act<Input extends { serverId: string }>(
    // biome-ignore lint/suspicious/noExplicitAny: any flow of nova-compute
    definition: FlowDefinition<any, Input, any>,
    input: Input,
    taskState?: TaskState,
  ): Promise<string> {
    const server = await this.show(input.serverId);
    const options = { key: input.serverId, holder: server!.host!, ctx: this.ctx() };
    const id = await this.db.transaction(async (tx) => {
      if (taskState) await updateServer(tx, input.serverId, { taskState });
      return flows.start(tx, definition, input, options);
    });
    await this.computes().runFlows({ serverId: input.serverId }, { server: options.holder });
    return id;
  }

  computes() {
    return this.env.bus.client(computeRpc, { from: 'nova-api', to: 'nova-compute' });
  }

  show(id: string): Promise<Server | undefined> {
    return findServer(this.db.q, id, { deleted: true });
  }

  /** Polls until the server is as wanted; fails with its present state. */
  async until(id: string, holds: (server: Server) => boolean, timeoutMs = 10_000): Promise<Server> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const server = await this.show(id);
      if (server && holds(server)) return server;
      if (Date.now() > deadline) {
        const { vmState, taskState, fault, host } = server ?? {};
        throw new Error(`server is ${JSON.stringify({ vmState, taskState, fault, host })} after ${timeoutMs} ms`);
      }
      await sleep(5);
    }
  }

  active = (id: string) => this.until(id, ({ vmState }) => vmState === 'active');
  error = (id: string) => this.until(id, ({ vmState }) => vmState === 'error');
  gone = (id: string) => this.until(id, ({ deleted }) => deleted);

  async unfinishedFlows(): Promise<string[]> {
    const rows = await this.db.q
      .selectFrom('flows')
      .select(['name', 'state'])
      .where('state', 'in', ['running', 'undoing'])
      .execute();
    return rows.map(({ name }) => name);
  }

  async allocatedTo(id: string): Promise<Record<string, unknown>> {
    const reply = await this.placement.app!.inject({
      url: `/allocations/${id}`,
      headers: { 'x-auth-token': 'service', 'openstack-api-version': 'placement 1.36' },
    });
    return (reply.json() as { allocations: Record<string, unknown> }).allocations;
  }

  /** What is left over after every server is gone. */
  async leftovers(): Promise<string[]> {
    const left: string[] = [];
    for (const port of this.neutron.ports.values()) if (port.device_id !== '') left.push(`port ${port.id}`);
    for (const { id } of this.cinder.attachments.values()) left.push(`attachment ${id}`);
    for (const [name, { driver }] of this.hosts)
      for (const id of await driver.list()) left.push(`guest ${id} on ${name}`);
    const servers = await this.db.q.selectFrom('servers').select('id').execute();
    for (const { id } of servers)
      if (Object.keys(await this.allocatedTo(id)).length > 0) left.push(`allocation of ${id}`);
    left.push(...(await this.unfinishedFlows()).map((name) => `flow ${name}`));
    return left;
  }

  /** What ends a server may still be written down when its record is gone already. */
  async nothingLeft(timeoutMs = 5_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    let left = await this.leftovers();
    while (left.length > 0 && Date.now() < deadline) {
      await sleep(20);
      left = await this.leftovers();
    }
    assert.deepEqual(left, []);
  }

  async flowsEnd(): Promise<void> {
    const deadline = Date.now() + 10_000;
    while ((await this.unfinishedFlows()).length > 0 && Date.now() < deadline) await sleep(10);
    assert.deepEqual(await this.unfinishedFlows(), []);
  }

  /** @param neighbours stops what else uses this cloud's bus and directory. */
  async stop(neighbours: () => Promise<void> = async () => {}): Promise<void> {
    await this.#api?.stop({ graceMs: 0 });
    for (const name of [...this.hosts.keys()]) await this.stopHost(name);
    for (const { mortal } of this.#dead) mortal.bury();
    await Promise.all(this.#dead.map(({ daemon }) => daemon.stop()));
    await this.scheduler?.stop();
    await this.conductor?.stop();
    await this.placement?.stop();
    await this.db?.close();
    await neighbours();
    for (const bus of this.#buses) await bus.close();
    await this.env.cleanUp();
  }
}

export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const cloud = new Cloud(options);
  await cloud.start(options.hosts ?? ['host-1']);
  return cloud;
}

export function newServer(id: string, wanted: NewServer): Server {
  const now = nowIso();
  return {
    ...{ id, projectId: PROJECT, userId: 'member-user', name: 'test', description: null, hostname: 'test' },
    ...{ vmState: 'building', taskState: 'scheduling', powerState: 0, progress: 0, host: null, node: null },
    ...{ imageRef: wanted.imageRef ?? 'a0000000-0000-4000-8000-000000000001', flavor: { ...FLAVOR, ...wanted.flavor } },
    ...{ keyName: null, keyType: null, keyData: null, userData: null, configDrive: wanted.configDrive ?? false },
    ...{ availabilityZone: null, lockedBy: null, lockedReason: null, accessIpv4: null, accessIpv6: null },
    ...{ diskConfig: 'MANUAL', reservationId: 'r-test', launchIndex: 0, rootDeviceName: '/dev/vda' },
    request: {
      networks: wanted.networks ?? [{ networkId: 'b0000000-0000-4000-8000-000000000001' }],
      ...{ securityGroupIds: [], securityGroupNames: [], adminPassGiven: false },
      ...wanted.request,
    },
    ...{ networkInfo: [], fault: null, launchedAt: null, terminatedAt: null, deleted: false, deletedAt: null },
    ...{ createdAt: now, updatedAt: now },
  } as Server;
}

export function newDevice(serverId: string, device: Partial<BlockDevice>): Omit<BlockDevice, 'createdAt'> {
  return {
    ...{ id: randomUUID(), serverId, sourceType: 'volume', destinationType: 'volume', deviceName: '/dev/vdb' },
    ...{ bootIndex: null, deleteOnTermination: false, imageId: null, snapshotId: null, volumeId: null },
    ...{ volumeSizeGb: 1, volumeType: null, guestFormat: null, diskBus: null, deviceType: null, tag: null },
    ...{ attachmentId: null, connectionInfo: null },
    ...device,
  };
}
