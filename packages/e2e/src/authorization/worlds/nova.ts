import { randomUUID } from 'node:crypto';
import type { Operation } from '@kumo/core/http';
import type { Logger } from '@kumo/core/log';
import { OTHER_PROJECT, TEST_PROJECT } from '../../../../core/src/testing/env.ts';
import { UNKNOWN } from '../../../../core/src/testing/sample-value.ts';
import { type Api, startApi } from '../../../../nova/test/api/harness.ts';
import { IMAGE, NETWORK } from '../../../../nova/test/api/neighbours.ts';
import { staticCallers } from '../callers.ts';
import { fresh } from '../maker.ts';
import type { Ask, Ids, World } from '../world.ts';

const NO_SERVICE = { status: 404, why: 'asked about one that is not there: the table needs those that run' };
const NEWEST = 'compute 2.96';
const PUBLIC_KEY = `ssh-ed25519 ${Buffer.from([0, 0, 0, 11, ...Buffer.from('ssh-ed25519'), 0, 0, 0, 32, ...new Array(32).fill(7)]).toString('base64')} x`;

export async function novaWorld(databaseUrl: string, log?: Logger): Promise<World> {
  const quota = { instances: -1, cores: -1, ramMb: -1, keyPairs: -1, metadataItems: -1 };
  const api = await startApi({
    hosts: ['compute1', 'compute2'],
    config: { quota },
    log,
    databaseUrl: (service) => databaseUrl.replace('nova.db', `${service}.db`),
  });
  const spares = new Spares(api);
  return {
    service: 'compute',
    app: api.daemon.app!,
    callers: staticCallers(),
    headers: { 'openstack-api-version': NEWEST },
    hides: true,
    leftOut: {},
    exceptions: {
      'deleteService *': NO_SERVICE,
      'removeSecurityGroup *': { status: 404, why: 'the stand-in for Neutron keeps no groups of ports' },
      'showHypervisorUptime *': { status: 501, why: 'the fake hypervisor has no uptime' },
    },
    make: () => makeResources(api, spares),
    ask: (operation, ids) => {
      const wanted = asks(ids)[operation.name];
      const { max } = operation.versions ?? {};
      return max === undefined ? wanted : { ...wanted, headers: { 'openstack-api-version': `compute ${max}` } };
    },
    target: (operation, _, { credentials }) => ({
      project_id: ownsTarget(operation) ? TEST_PROJECT : credentials.project_id,
      user_id: credentials.user_id,
    }),
    // Who may not see a server is told that it is not there.
    sees: ({ path }, caller, target, rules) =>
      !path.includes('{server_id}') || rules.holds('os_compute_api:servers:show', caller, target),
    stop: () => api.stop(),
  };
}

function ownsTarget({ path }: Operation): boolean {
  return path.includes('{server_id}') || path.includes('{project_id}');
}

/** The body of an answer that must be a good one. */
async function ok(reply: ReturnType<Api['ask']>) {
  const { status, body } = await reply;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}

/** Flavors, aggregates and what else is the admin's; and a key of each person's, since a key is found by its owner only. */
async function makeAdminThings(api: Api): Promise<Ids> {
  const admin = { token: 'admin', version: '2.91' };
  const flavor = { name: fresh('flavor'), ram: 64, vcpus: 1, disk: 1, 'os-flavor-access:is_public': false };
  const { flavor: made } = await ok(api.post('/v2.1/flavors', { flavor }, admin));
  await ok(api.post(`/v2.1/flavors/${made.id}/os-extra_specs`, { extra_specs: { 'hw:key': 'v' } }, admin));
  await ok(api.post(`/v2.1/flavors/${made.id}/action`, { addTenantAccess: { tenant: OTHER_PROJECT } }, admin));
  const { flavor: open } = await ok(
    api.post(
      '/v2.1/flavors',
      { flavor: { ...flavor, name: fresh('flavor'), 'os-flavor-access:is_public': true } },
      admin,
    ),
  );
  await ok(api.post(`/v2.1/flavors/${open.id}/os-extra_specs`, { extra_specs: { 'hw:key': 'v' } }, admin));
  const keypair = { name: fresh('key'), public_key: PUBLIC_KEY };
  for (const token of ['reader', 'member', 'manager', 'admin', 'other', 'serviceOnly'])
    await ok(api.post('/v2.1/os-keypairs', { keypair }, { token }));
  const { aggregate } = await ok(api.post('/v2.1/os-aggregates', { aggregate: { name: fresh('aggregate') } }, admin));
  const { aggregate: full } = await ok(
    api.post('/v2.1/os-aggregates', { aggregate: { name: fresh('aggregate') } }, admin),
  );
  await ok(api.post(`/v2.1/os-aggregates/${full.id}/action`, { add_host: { host: 'compute1' } }, admin));
  const { hypervisors } = await ok(api.get('/v2.1/os-hypervisors', { token: 'admin', version: '2.52' }));
  const { services } = await ok(api.get('/v2.1/os-services', admin));
  const compute = services.find(
    (one: { binary: string; host: string }) => one.binary === 'nova-compute' && one.host === 'compute2',
  );
  return {
    flavor_id: made.id,
    open_flavor_id: open.id,
    keypair_name: keypair.name,
    aggregate_id: String(aggregate.id),
    full_aggregate_id: String(full.id),
    hypervisor_id: String(hypervisors[0].id),
    hypervisor_name: hypervisors[0].hypervisor_hostname,
    service_id: compute.id,
  };
}

/** Servers for what is only possible in a certain state; they are brought back to it each time. */
class Spares {
  readonly #api: Api;
  readonly #ids = new Map<string, string>();

  constructor(api: Api) {
    this.#api = api;
  }

  async in(vmState: string, action: object): Promise<string> {
    const { cloud } = this.#api;
    const id = this.#ids.get(vmState) ?? (await this.#api.active());
    this.#ids.set(vmState, id);
    await cloud.until(id, ({ taskState }) => taskState === null);
    if ((await cloud.show(id))?.vmState === vmState) return id;
    const reply = await this.#api.post(`/v2.1/servers/${id}/action`, action);
    if (reply.status !== 202) throw new Error(JSON.stringify(reply.body));
    await cloud.until(id, (server) => server.vmState === vmState && server.taskState === null);
    return id;
  }
}

async function makeResources(api: Api, spares: Spares): Promise<Ids> {
  const newest = { version: '2.91' };
  const addVolume = () => {
    const id = randomUUID();
    api.cloud.cinder.volumes.set(id, { id, status: 'available', size: 1, multiattach: false, bootable: 'false' });
    return id;
  };
  const volume = addVolume();
  const devices = [{ source_type: 'volume', destination_type: 'volume', uuid: volume, device_name: 'vdb' }];
  const server = await api.active({ metadata: { key: 'v' }, block_device_mapping_v2: devices });
  await ok(api.put(`/v2.1/servers/${server}/tags`, { tags: ['old'] }, newest));
  const { interfaceAttachments } = await ok(api.get(`/v2.1/servers/${server}/os-interface`));
  const { instanceActions } = await ok(api.get(`/v2.1/servers/${server}/os-instance-actions`));
  const { addresses } = await ok(api.get(`/v2.1/servers/${server}/ips`));
  return {
    server_id: server,
    volume_id: volume,
    spare_volume_id: addVolume(),
    port_id: interfaceAttachments[0].port_id,
    request_id: instanceActions[0].request_id,
    network_label: Object.keys(addresses)[0]!,
    key: 'key',
    tag: 'new',
    stopped_id: await spares.in('stopped', { 'os-stop': null }),
    paused_id: await spares.in('paused', { pause: null }),
    project_id: TEST_PROJECT,
    class_name: 'default',
    ...(await makeAdminThings(api)),
  };
}

function asks(ids: Ids): Readonly<Record<string, Ask>> {
  const oldTag = { ids: { tag: 'old' } };
  const metadata = { body: { metadata: { other: 'v' } } };
  const openFlavor = { ids: { flavor_id: ids.open_flavor_id!, key: 'hw:key' } };
  const service = { binary: 'nova-compute', host: 'compute2' };
  const byName = { ids: { hypervisor_id: ids.hypervisor_name! } };
  const group = { name: 'web' };
  return {
    createServer: {
      body: { server: { name: fresh('server'), flavorRef: '1', imageRef: IMAGE, networks: [{ uuid: NETWORK }] } },
    },
    startServer: { ids: { server_id: ids.stopped_id! } },
    unpauseServer: { ids: { server_id: ids.paused_id! } },
    updateServer: { body: { server: { name: 'renamed' } } },
    rebootServer: { body: { reboot: { type: 'HARD' } } },
    resetServerState: { body: { 'os-resetState': { state: 'active' } } },
    addSecurityGroup: { body: { addSecurityGroup: group } },
    removeSecurityGroup: { body: { removeSecurityGroup: group } },
    showTag: oldTag,
    deleteTag: oldTag,
    createMetadata: metadata,
    replaceMetadata: metadata,
    updateMetadataItem: { body: { meta: { key: 'w' } } },
    attachInterface: { body: { interfaceAttachment: { net_id: NETWORK } } },
    attachVolume: { body: { volumeAttachment: { volumeId: ids.spare_volume_id } } },
    updateVolumeAttachment: { body: { volumeAttachment: { volumeId: ids.volume_id, delete_on_termination: true } } },
    createFlavor: { body: { flavor: { name: fresh('new'), ram: 64, vcpus: 1, disk: 1 } } },
    updateFlavor: { body: { flavor: { description: 'renamed' } } },
    showFlavor: openFlavor,
    listExtraSpecs: openFlavor,
    showExtraSpec: openFlavor,
    createExtraSpecs: { body: { extra_specs: { 'hw:other': 'v' } } },
    updateExtraSpec: { ids: { key: 'hw:key' }, body: { 'hw:key': 'w' } },
    deleteExtraSpec: { ids: { key: 'hw:key' } },
    addTenantAccess: { body: { addTenantAccess: { tenant: TEST_PROJECT } } },
    removeTenantAccess: { body: { removeTenantAccess: { tenant: OTHER_PROJECT } } },
    createKeyPair: { body: { keypair: { name: fresh('key'), public_key: PUBLIC_KEY } } },
    createAggregate: { body: { aggregate: { name: fresh('new') } } },
    updateAggregate: { body: { aggregate: { name: fresh('renamed') } } },
    addAggregateHost: { body: { add_host: { host: 'compute1' } } },
    removeAggregateHost: { ids: { aggregate_id: ids.full_aggregate_id! }, body: { remove_host: { host: 'compute1' } } },
    setAggregateMetadata: { body: { set_metadata: { metadata: { a: 'b' } } } },
    listHypervisorServers: byName,
    searchHypervisors: byName,
    deleteService: { ids: { service_id: UNKNOWN } },
    enableService: { body: service },
    disableService: { body: service },
    disableServiceWithReason: { body: { ...service, disabled_reason: 'a test' } },
    forceServiceDown: { body: { ...service, forced_down: false } },
    updateService: { body: { status: 'enabled' } },
    createExternalEvents: { body: { events: [{ name: 'network-changed', server_uuid: ids.server_id }] } },
    updateQuota: { body: { quota_set: { instances: -1 } } },
    updateQuotaClass: { body: { quota_class_set: { instances: -1 } } },
  };
}
