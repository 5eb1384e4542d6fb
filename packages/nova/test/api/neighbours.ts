/** Glance, Neutron and Cinder as nova-api asks them: their real contracts, a few rows in memory. */
import { randomUUID } from 'node:crypto';
import { cinderApi } from '@kumo/cinder/api';
import { inProcess, type Transport } from '@kumo/core/client';
import { defineError } from '@kumo/core/errors';
import {
  cinderEnvelope,
  createApp,
  type Envelope,
  glanceEnvelope,
  implement,
  neutronEnvelope,
  type Operation,
  type OperationSpec,
  operation,
  type Route,
} from '@kumo/core/http';
import { silentLogger } from '@kumo/core/log';
import { PolicySet } from '@kumo/core/policy';
import { glanceApi } from '@kumo/glance/api';
import { neutronApi } from '@kumo/neutron/api';
import { Type as T } from 'typebox';
import { TEST_PROJECT } from '../../../core/src/testing/env.ts';
import type { FakeCinder } from '../engine/fake-neighbours.ts';

const absent = defineError('notFound', 'NotFound', '{what} could not be found.');

type Json = Record<string, unknown>;
type Input = { params: Record<string, string>; query: Record<string, string[] | undefined>; body: Json };

/** The contract's method, path, query and body, without its policy and versions. */
function open(op: Operation, handler: (input: Input) => unknown): Route {
  const { isOperation: _, versions: __, reply: ___, ...spec } = op as OperationSpec & { isOperation: true };
  const copy = operation({ ...spec, policy: 'none', authorize: 'request', reply: T.Any() } as OperationSpec);
  return implement(copy, handler as never);
}

function transportOf(service: string, envelope: Envelope, routes: Route[]): Transport {
  const app = createApp({ service, routes, envelope, tokens: null, policies: new PolicySet([]), log: silentLogger });
  return inProcess(() => app);
}

export const IMAGE = 'a0000000-0000-4000-8000-000000000001';
export const NETWORK = 'b0000000-0000-4000-8000-000000000001';
export const PUBLIC_NETWORK = 'b0000000-0000-4000-8000-000000000002';
export const EMPTY_NETWORK = 'b0000000-0000-4000-8000-000000000003';
export const GROUP = 'c0000000-0000-4000-8000-000000000001';
export const VOLUME = 'd0000000-0000-4000-8000-000000000001';
export const BUSY_VOLUME = 'd0000000-0000-4000-8000-000000000002';
export const FOREIGN_PORT = 'e0000000-0000-4000-8000-000000000003';
export const BUSY_PORT = 'e0000000-0000-4000-8000-000000000002';

export const images = new Map<string, Json>([[IMAGE, image(IMAGE, {})]]);
export function image(id: string, more: Json): Json {
  return {
    id,
    name: 'tiny',
    status: 'active',
    size: 1000,
    min_disk: 0,
    min_ram: 0,
    disk_format: 'qcow2',
    container_format: 'bare',
    hw_disk_bus: 'virtio',
    ...more,
  };
}

const network = (id: string, more: Json) => ({
  id,
  name: 'private',
  shared: false,
  'router:external': false,
  admin_state_up: true,
  subnets: ['s1'],
  tenant_id: 'p',
  ...more,
});

export class ApiNeutron {
  networks = [
    network(NETWORK, {}),
    network(PUBLIC_NETWORK, { name: 'public', 'router:external': true }),
    network(EMPTY_NETWORK, { name: 'empty', subnets: [] }),
  ];
  /** Those that a list without ids gives. */
  own = [NETWORK];
  ports = new Map<string, Json>([
    [BUSY_PORT, { id: BUSY_PORT, tenant_id: TEST_PROJECT, device_id: 'someone', fixed_ips: [{}], security_groups: [] }],
    [FOREIGN_PORT, { id: FOREIGN_PORT, tenant_id: 'another', device_id: '', fixed_ips: [{}], security_groups: [] }],
  ]);
  portQuota = { limit: 100, used: 0, reserved: 0 };
  readonly transport = transportOf('neutron-server', neutronEnvelope, [
    open(neutronApi.listNetworks, ({ query }) => ({
      networks: this.networks.filter(({ id, shared }) =>
        query.id ? query.id.includes(id) : this.own.includes(id) && String(shared) === query.shared?.[0]?.toLowerCase(),
      ),
    })),
    open(neutronApi.listSubnets, () => ({ subnets: [{ id: 's1', cidr: '10.0.0.0/24', ip_version: 4 }] })),
    open(neutronApi.listPorts, ({ query }) => ({
      ports: [...this.ports.values()].filter((port) => query.device_id?.includes(String(port.device_id)) ?? false),
    })),
    open(neutronApi.showPort, ({ params }) => {
      const port = this.ports.get(params.port_id!);
      if (!port) throw absent({ what: 'Port' });
      return { port };
    }),
    open(neutronApi.updatePort, ({ params, body }) => ({
      port: Object.assign(this.ports.get(params.port_id!)!, body.port),
    })),
    open(neutronApi.listSecurityGroups, () => ({
      security_groups: [{ id: GROUP, name: 'web', description: '', tenant_id: 'p', security_group_rules: [] }],
    })),
    open(neutronApi.showQuotaDetails, () => ({ quota: { port: this.portQuota } })),
  ]);
}

export const glanceTransport = transportOf('glance-api', glanceEnvelope, [
  open(glanceApi.showImage, ({ params }) => {
    const found = images.get(params.image_id!);
    if (!found) throw absent({ what: 'Image' });
    return found;
  }),
]);

/** The same volumes and attachments that nova-compute sees. */
export class ApiCinder {
  readonly engine: FakeCinder;

  constructor(engine: FakeCinder) {
    this.engine = engine;
    engine.volumes.set(VOLUME, { id: VOLUME, status: 'available', size: 1, multiattach: false, bootable: 'false' });
    engine.volumes.set(BUSY_VOLUME, {
      id: BUSY_VOLUME,
      status: 'in-use',
      size: 1,
      multiattach: false,
      bootable: 'true',
    });
  }

  #volume(id: string) {
    const volume = this.engine.volumes.get(id);
    if (!volume) throw absent({ what: 'Volume' });
    return volume;
  }

  readonly transport = transportOf('cinder-api', cinderEnvelope, [
    open(cinderApi.showVolume, ({ params }) => ({ volume: this.#volume(params.volume_id!) })),
    open(cinderApi.createAttachment, ({ body }) => {
      const { volume_uuid, instance_uuid } = body.attachment as Record<string, string>;
      this.#volume(volume_uuid!).status = 'reserved';
      const attachment = { id: randomUUID(), volume_id: volume_uuid!, instance: instance_uuid!, status: 'reserved' };
      this.engine.attachments.set(attachment.id, attachment);
      return { attachment };
    }),
    open(cinderApi.deleteAttachment, ({ params }) => {
      this.#volume(this.engine.attachments.get(params.attachment_id!)!.volume_id).status = 'available';
      this.engine.attachments.delete(params.attachment_id!);
      return { attachments: [] };
    }),
    open(cinderApi.beginDetachingVolume, ({ params }) => {
      this.#volume(params.volume_id!).status = 'detaching';
    }),
    open(cinderApi.rollDetachingVolume, ({ params }) => {
      this.#volume(params.volume_id!).status = 'in-use';
    }),
    open(cinderApi.showSnapshot, () => {
      throw absent({ what: 'Snapshot' });
    }),
  ]);
}
