/** Small stand-ins for Keystone, Glance, Neutron and Cinder, at the level of HTTP: the real contracts, in-memory data. */
import { createHash, randomUUID } from 'node:crypto';
import { cinderApi } from '@kumo/cinder/api';
import { inProcess, type Transport } from '@kumo/core/client';
import { defineError } from '@kumo/core/errors';
import {
  cinderEnvelope,
  createApp,
  type Envelope,
  glanceEnvelope,
  implement,
  keystoneEnvelope,
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

const absent = defineError('notFound', 'NotFound', '{what} could not be found.');
const broken = defineError('internal', 'Broken', 'broken by a test');

type Json = Record<string, unknown>;
type AnyInput = { params: Record<string, string>; query: Record<string, never>; body: never };

function open(op: Operation<OperationSpec>, handler: (input: AnyInput) => unknown): Route {
  const { isOperation: _, versions: __, reply: ___, ...spec } = op as OperationSpec & { isOperation: true };
  const copy = operation({ ...spec, policy: 'none', authorize: 'request', reply: T.Any() } as OperationSpec);
  return implement(copy, handler as never);
}

function transportOf(service: string, envelope: Envelope, routes: Route[]): Transport {
  const app = createApp({ service, routes, envelope, tokens: null, policies: new PolicySet([]), log: silentLogger });
  return inProcess(() => app);
}

export function fakeKeystone(): Transport {
  const issue = operation({
    name: 'issueToken',
    method: 'POST',
    path: '/v3/auth/tokens',
    policy: 'none',
    body: T.Any(),
    reply: T.Any(),
    status: 201,
  });
  return transportOf('keystone', keystoneEnvelope, [
    implement(issue, ({ reply }) => {
      reply.header('x-subject-token', 'service');
      return { token: { user: { id: 'nova' }, expires_at: '2100-01-01T00:00:00.000000Z' } };
    }),
  ]);
}

/** One image, of bytes that no format claims. */
export class FakeGlance {
  readonly bytes = Buffer.alloc(1 << 20, 7);
  hash = createHash('sha512').update(this.bytes).digest('hex');
  downloads = 0;
  readonly transport = transportOf('glance-api', glanceEnvelope, [
    open(glanceApi.showImage, ({ params }) => ({
      ...{ id: params.image_id, name: 'tiny', status: 'active', disk_format: 'raw', container_format: 'bare' },
      ...{ os_hash_algo: 'sha512', os_hash_value: this.hash, size: this.bytes.length, min_disk: 0, min_ram: 0 },
    })),
    open({ ...glanceApi.downloadImage, stream: 'response' }, () => {
      this.downloads++;
      return this.bytes;
    }),
  ]);
}

export interface FakePort extends Json {
  id: string;
  network_id: string;
  device_id: string;
  status: string;
}

export class FakeNeutron {
  readonly ports = new Map<string, FakePort>();
  /** Status of a port that was just bound. */
  boundStatus = 'ACTIVE';
  failing = 0;
  #last = 1;
  readonly transport = transportOf('neutron-server', neutronEnvelope, [
    open(neutronApi.listPorts, ({ query }) => ({ ports: this.#find(query) })),
    open(neutronApi.showPort, ({ params }) => ({ port: this.#port(params.port_id!) })),
    open(neutronApi.createPort, ({ body }) => ({ port: this.create((body as { port: Json }).port) })),
    open(neutronApi.updatePort, ({ params, body }) => {
      const port = this.#port(params.port_id!);
      Object.assign(port, (body as { port: Json }).port);
      port.status = port['binding:host_id'] ? this.boundStatus : 'DOWN';
      return { port };
    }),
    open(neutronApi.deletePort, ({ params }) => {
      this.#port(params.port_id!);
      this.ports.delete(params.port_id!);
    }),
    open(neutronApi.listNetworks, ({ query }) => ({
      networks: (query as { id?: string[] }).id?.map((id) => ({ id, name: `net-${id}`, mtu: 1450 })) ?? [],
    })),
    open(neutronApi.listSubnets, ({ query }) => ({
      subnets: ((query as { id?: string[] }).id ?? []).map((id) => ({
        ...{ id, cidr: '10.0.0.0/24', ip_version: 4, gateway_ip: '10.0.0.1', enable_dhcp: true },
        ...{ dns_nameservers: [], host_routes: [], ipv6_address_mode: null },
      })),
    })),
    open(neutronApi.listFloatingIps, () => ({ floatingips: [] })),
  ]);

  create(wanted: Json): FakePort {
    if (this.failing-- > 0) throw broken();
    const number = this.#last++;
    const port = {
      ...{ id: randomUUID(), mac_address: `fa:16:3e:00:00:${(number % 256).toString(16).padStart(2, '0')}` },
      ...{ device_id: '', device_owner: '', tenant_id: 'p', 'binding:vif_type': 'bridge', 'binding:profile': {} },
      ...wanted,
      fixed_ips: [{ subnet_id: '5'.repeat(32), ip_address: `10.0.0.${number % 250}` }],
      status: wanted['binding:host_id'] ? this.boundStatus : 'DOWN',
    } as unknown as FakePort;
    this.ports.set(port.id, port);
    return port;
  }

  #find(query: { device_id?: string[]; id?: string[] }): FakePort[] {
    return [...this.ports.values()].filter(
      (port) => (query.device_id?.includes(port.device_id) ?? true) && (query.id?.includes(port.id) ?? true),
    );
  }

  #port(id: string): FakePort {
    const port = this.ports.get(id);
    if (!port) throw absent({ what: `Port ${id}` });
    return port;
  }
}

interface FakeAttachment extends Json {
  id: string;
  volume_id: string;
  instance: string;
  status: string;
}

export class FakeCinder {
  readonly volumes = new Map<string, Json & { id: string; status: string }>();
  readonly attachments = new Map<string, FakeAttachment>();
  readonly transport = transportOf('cinder-api', cinderEnvelope, [
    open(cinderApi.createVolumeInProject, ({ body }) => ({
      volume: this.addVolume((body as { volume: Json }).volume),
    })),
    open(cinderApi.showVolume, ({ params }) => ({ volume: this.#volume(params.volume_id!) })),
    open(cinderApi.listVolumes, ({ query }) => {
      const wanted = JSON.parse((query as unknown as { metadata: string }).metadata) as Json;
      const [[key, value] = []] = Object.entries(wanted);
      const found = [...this.volumes.values()].filter(({ metadata }) => (metadata as Json)?.[key!] === value);
      return { volumes: found };
    }),
    open(cinderApi.deleteVolume, ({ params }) => {
      this.#volume(params.volume_id!);
      this.volumes.delete(params.volume_id!);
    }),
    open(cinderApi.createAttachment, ({ body }) => {
      const { volume_uuid, instance_uuid } = (body as { attachment: Record<string, string> }).attachment;
      this.#volume(volume_uuid!).status = 'reserved';
      const attachment = { id: randomUUID(), volume_id: volume_uuid!, instance: instance_uuid!, status: 'reserved' };
      this.attachments.set(attachment.id, attachment);
      return { attachment: { ...attachment, connection_info: {} } };
    }),
    open(cinderApi.updateAttachment, ({ params }) => {
      const attachment = this.#attachment(params.attachment_id!);
      attachment.status = 'attaching';
      return { attachment: { ...attachment, connection_info: this.#connection(attachment) } };
    }),
    open(cinderApi.showAttachment, ({ params }) => ({
      attachment: { ...this.#attachment(params.attachment_id!), connection_info: {} },
    })),
    open(cinderApi.listAttachments, ({ query }) => {
      const { volume_id, instance_id } = query as Record<string, string>;
      const all = [...this.attachments.values()];
      return { attachments: all.filter((one) => one.volume_id === volume_id && one.instance === instance_id) };
    }),
    open(cinderApi.completeAttachment, ({ params }) => {
      const attachment = this.#attachment(params.attachment_id!);
      attachment.status = 'attached';
      this.#volume(attachment.volume_id).status = 'in-use';
    }),
    open(cinderApi.deleteAttachment, ({ params }) => {
      const attachment = this.#attachment(params.attachment_id!);
      this.attachments.delete(attachment.id);
      const volume = this.volumes.get(attachment.volume_id);
      if (volume) volume.status = 'available';
      return { attachments: [] };
    }),
    open(cinderApi.rollDetachingVolume, ({ params }) => {
      this.#volume(params.volume_id!).status = 'in-use';
    }),
  ]);

  addVolume(wanted: Json): Json & { id: string; status: string } {
    const volume = { ...wanted, id: randomUUID(), status: 'available' };
    this.volumes.set(volume.id, volume);
    return volume;
  }

  #connection({ volume_id }: FakeAttachment) {
    return {
      driver_volume_type: 'nbd',
      volume_id,
      export_name: volume_id,
      socket_path: '/run/none',
      access_mode: 'rw',
    };
  }

  #volume(id: string) {
    const volume = this.volumes.get(id);
    if (!volume) throw absent({ what: `Volume ${id}` });
    return volume;
  }

  #attachment(id: string): FakeAttachment {
    const attachment = this.attachments.get(id);
    if (!attachment) throw absent({ what: `Attachment ${id}` });
    return attachment;
  }
}
