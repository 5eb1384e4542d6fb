import type { Api, ServiceName } from '../api.ts';
import { idOf, makeVolume, requestServer, untilStatus, untilVolume, usualParts } from '../servers.ts';
import { UNKNOWN } from './sample-body.ts';

/** Ids by the names that they have in paths. */
export type Ids = Readonly<Record<string, string>>;
/** In every name that the owner gives, so that it is seen where it must not be. */
export const MARK = 'secretkey';

type Made = Record<string, { id: string }>;

/** Makes one thing of each kind for the owner. */
export async function makeThings(admin: Api, owner: Api): Promise<Ids> {
  const network = await makeNetworkThings(owner);
  const compute = await makeServerThings(owner, network.network_id);
  const first = async (service: ServiceName, path: string, list: string, key = 'id') =>
    (await admin.get<Record<string, Record<string, string>[]>>(service, path))[list]![0]![key]!;
  const role = await first('identity', '/roles', 'roles');
  return {
    ...network,
    ...compute,
    project_id: owner.projectId,
    target_project_id: owner.projectId,
    user_id: owner.userId,
    uuid: await first('placement', '/resource_providers', 'resource_providers', 'uuid'),
    consumer_uuid: compute.server_id,
    service_id: await first('identity', '/services', 'services'),
    endpoint_id: await first('identity', '/endpoints', 'endpoints'),
    role_id: role,
    prior_role_id: role,
    implied_role_id: role,
    agent_id: UNKNOWN,
    resource_id: network.network_id,
  };
}

async function makeNetworkThings(owner: Api) {
  const make = async (path: string, kind: string, fields: object) =>
    (await owner.post<Made>('network', path, { [kind]: fields }))[kind]!.id;
  const publicId = await idOf(owner, 'network', 'networks', 'public');
  const networkId = await make('/networks', 'network', { name: MARK });
  const subnet = { name: MARK, network_id: networkId, cidr: '10.60.0.0/24', ip_version: 4 };
  const subnetId = await make('/subnets', 'subnet', subnet);
  const gateway = { external_gateway_info: { network_id: publicId } };
  const routerId = await make('/routers', 'router', { name: MARK, ...gateway });
  await owner.put('network', `/routers/${routerId}/add_router_interface`, { subnet_id: subnetId });
  const groupId = await make('/security-groups', 'security_group', { name: MARK });
  const rule = { security_group_id: groupId, direction: 'ingress', protocol: 'tcp' };
  const portId = await make('/ports', 'port', { name: MARK, network_id: networkId });
  await owner.send('network', 'PUT', `/networks/${networkId}/tags/${MARK}`);
  return {
    network_id: networkId,
    subnet_id: subnetId,
    router_id: routerId,
    security_group_id: groupId,
    security_group_rule_id: await make('/security-group-rules', 'security_group_rule', rule),
    port_id: portId,
    floatingip_id: await make('/floatingips', 'floatingip', { floating_network_id: publicId, port_id: portId }),
  };
}

async function makeServerThings(owner: Api, networkId: string) {
  const { imageRef, flavorRef } = await usualParts(owner);
  const volumeId = await makeVolume(owner, MARK);
  const attachedId = await makeVolume(owner, MARK);
  await owner.post('volume', `/volumes/${volumeId}/metadata`, { metadata: { [MARK]: 'v' } });
  const snapshot = { volume_id: volumeId, name: MARK, metadata: { [MARK]: 'v' } };
  const made = await owner.post<Made>('volume', '/snapshots', { snapshot });
  const image = await owner.post<{ id: string }>('image', '/images', { name: MARK, visibility: 'private' });
  const serverId = await requestServer(owner, {
    name: MARK,
    imageRef,
    flavorRef,
    networks: [{ uuid: networkId }],
    metadata: { [MARK]: 'v' },
    tags: [MARK],
  });
  await untilStatus(owner, serverId, 'ACTIVE');
  const volumeAttachment = { volumeId: attachedId };
  await owner.post('compute', `/servers/${serverId}/os-volume_attachments`, { volumeAttachment });
  await untilVolume(owner, attachedId, 'in-use');
  const { attachments } = await owner.get<{ attachments: { id: string }[] }>('volume', '/attachments');
  const actions = await owner.get<{ instanceActions: { request_id: string }[] }>(
    'compute',
    `/servers/${serverId}/os-instance-actions`,
  );
  return {
    volume_id: volumeId,
    snapshot_id: made.snapshot!.id,
    image_id: image.id,
    server_id: serverId,
    attachment_id: attachments[0]!.id,
    request_id: actions.instanceActions[0]!.request_id,
  };
}
