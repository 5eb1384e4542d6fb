import type { Api } from '../api.ts';
import type { Cloud } from '../cloud.ts';
import { idOf, makeVolume, requestServer, untilStatus, usualParts } from '../servers.ts';
import type { Known } from './bad-request.ts';

type Made = Record<string, { id: string }>;

async function make(
  api: Api,
  service: 'network' | 'image',
  path: string,
  kind: string | undefined,
  fields: object,
): Promise<string> {
  const body = await api.post<Made & { id: string }>(service, path, kind ? { [kind]: fields } : fields);
  return kind ? body[kind]!.id : body.id;
}

/** Fills a cloud with one thing of each kind for demo, and with the same for another project. */
export async function makeExistingResources(cloud: Cloud, expiredToken: string): Promise<Known> {
  const [admin, demo, gone] = await Promise.all([cloud.api('admin'), cloud.api('demo'), cloud.api('demo')]);
  await gone.send('identity', 'DELETE', '/auth/tokens', { headers: { 'x-subject-token': gone.token } });
  const { imageRef, flavorRef } = await usualParts(admin);
  const mine = await oneOfEach(demo, '10.50.0.0/24', { imageRef, flavorRef });
  const others = await oneOfEach(admin, '10.70.0.0/24', { imageRef, flavorRef });
  const { roles } = await admin.get<{ roles: { id: string; name: string }[] }>('identity', '/roles');
  const { resource_providers: providers } = await admin.get<{ resource_providers: { uuid: string }[] }>(
    'placement',
    '/resource_providers',
  );
  return {
    projectId: demo.projectId,
    adminProjectId: admin.projectId,
    memberRoleId: roles.find(({ name }) => name === 'member')!.id,
    userId: demo.userId,
    expiredToken,
    revokedToken: gone.token,
    flavorId: flavorRef,
    publicNetworkId: await idOf(admin, 'network', 'networks', 'public'),
    defaultGroupId: await idOf(demo, 'network', 'security-groups', 'default'),
    providerId: providers[0]!.uuid,
    ...mine,
    queuedImageId: mine.imageId,
    imageId: imageRef,
    others,
  };
}

async function oneOfEach(api: Api, cidr: string, parts: { imageRef: string; flavorRef: string }) {
  const networkId = await make(api, 'network', '/networks', 'network', { name: 'mine' });
  const subnetId = await make(api, 'network', '/subnets', 'subnet', { network_id: networkId, cidr, ip_version: 4 });
  const routerId = await make(api, 'network', '/routers', 'router', { name: 'mine' });
  await api.put('network', `/routers/${routerId}/add_router_interface`, { subnet_id: subnetId });
  const groupId = await make(api, 'network', '/security-groups', 'security_group', { name: 'mine' });
  await make(api, 'network', '/security-group-rules', 'security_group_rule', {
    security_group_id: groupId,
    direction: 'ingress',
    protocol: 'tcp',
    port_range_min: 22,
    port_range_max: 22,
  });
  const portId = await make(api, 'network', '/ports', 'port', { network_id: networkId, security_groups: [groupId] });
  const { port } = await api.get<{ port: { fixed_ips: { ip_address: string }[] } }>('network', `/ports/${portId}`);
  const imageId = await make(api, 'image', '/images', undefined, {
    name: 'queued',
    disk_format: 'qcow2',
    container_format: 'bare',
    visibility: 'private',
  });
  const volumeId = await makeVolume(api, 'mine', 2);
  const serverId = await requestServer(api, { name: 'mine', ...parts, networks: [{ uuid: networkId }] });
  await untilStatus(api, serverId, 'ACTIVE');
  return {
    networkId,
    subnetId,
    routerId,
    groupId,
    portId,
    portAddress: port.fixed_ips[0]!.ip_address,
    imageId,
    volumeId,
    serverId,
  };
}
