import { implement, type Route } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { Interfaces } from '../app/interfaces.ts';
import type { ServerGroupsOfPorts } from '../app/server-security-groups.ts';
import type { BlockDevice, NetworkInfo, Servers } from '../app/servers.ts';
import type { VolumeAttachments } from '../app/volume-attachments.ts';
import * as ops from './attachments.ts';
import { extraRules } from './policies.ts';
import { loadServer } from './servers.routes.ts';

export interface AttachmentDeps {
  servers: Servers;
  volumes: VolumeAttachments;
  interfaces: Interfaces;
  groups: ServerGroupsOfPorts;
}

const volumeView = (device: BlockDevice) => ({
  id: device.volumeId!,
  volumeId: device.volumeId!,
  serverId: device.serverId,
  device: device.deviceName,
  tag: device.tag,
  delete_on_termination: device.deleteOnTermination,
  attachment_id: device.attachmentId,
  bdm_uuid: device.id,
});

const interfaceView = (nic: NetworkInfo) => ({
  fixed_ips: nic.addresses.map(({ address, subnetId }) => ({ ip_address: address, subnet_id: subnetId ?? null })),
  mac_addr: nic.macAddress,
  net_id: nic.networkId,
  port_id: nic.portId,
  port_state: nic.status,
  tag: nic.tag ?? null,
});

export function attachmentRoutes({ servers, volumes, interfaces, groups }: AttachmentDeps): Route[] {
  const load = ({
    params,
    authorize,
  }: {
    params: { server_id: string };
    authorize: Parameters<typeof loadServer>[2];
  }) => loadServer(servers, params.server_id, authorize);
  return [
    implement(ops.listVolumeAttachments, async (input) => {
      const { offset = 0, limit } = input.query;
      const found = await volumes.list(await load(input));
      const end = limit === undefined ? undefined : offset + limit;
      return { volumeAttachments: found.slice(offset, end).map(volumeView) };
    }),
    implement(ops.showVolumeAttachment, async (input) => ({
      volumeAttachment: volumeView(await volumes.show(await load(input), input.params.volume_id)),
    })),
    implement(ops.attachVolume, async (input) => {
      const { volumeId, device, tag, delete_on_termination } = input.body.volumeAttachment;
      const wanted = {
        volumeId,
        device,
        tag: tag ?? null,
        deleteOnTermination: delete_on_termination !== undefined && parseBoolean(delete_on_termination),
      };
      const {
        attachment_id: _,
        bdm_uuid: __,
        ...attached
      } = volumeView(await volumes.attach(input.ctx, await load(input), wanted));
      return { volumeAttachment: attached };
    }),
    implement(ops.updateVolumeAttachment, async (input) => {
      const { volumeId, delete_on_termination: onTermination } = input.body.volumeAttachment;
      await volumes.update(input.ctx, await load(input), input.params.volume_id, {
        volumeId,
        deleteOnTermination: onTermination === undefined ? undefined : parseBoolean(onTermination),
      });
    }),
    implement(ops.detachVolume, async (input) => volumes.detach(input.ctx, await load(input), input.params.volume_id)),
    implement(ops.listInterfaces, async (input) => ({
      interfaceAttachments: (await load(input)).networkInfo.map(interfaceView),
    })),
    implement(ops.showInterface, async (input) => ({
      interfaceAttachment: interfaceView(interfaces.show(await load(input), input.params.port_id)),
    })),
    implement(ops.attachInterface, async (input) => {
      const wanted = 'interfaceAttachment' in input.body ? input.body.interfaceAttachment : {};
      const nic = await interfaces.attach(
        input.ctx,
        await load(input),
        {
          networkId: wanted.net_id,
          portId: wanted.port_id,
          fixedIp: wanted.fixed_ips?.[0]?.ip_address,
          tag: wanted.tag,
        },
        input.allows(extraRules.externalNetwork.name),
      );
      return { interfaceAttachment: interfaceView(nic) };
    }),
    implement(ops.detachInterface, async (input) =>
      interfaces.detach(input.ctx, await load(input), input.params.port_id),
    ),
    implement(ops.listServerSecurityGroups, async (input) => {
      const found = await groups.list(input.ctx, await load(input));
      return {
        security_groups: found.map(({ id, name, description, tenant_id, security_group_rules }) => ({
          id,
          name,
          description,
          tenant_id,
          rules: security_group_rules.map((rule) => ({
            id: rule.id,
            parent_group_id: id,
            ip_protocol: rule.protocol,
            from_port: rule.port_range_min,
            to_port: rule.port_range_max,
            ip_range: rule.remote_ip_prefix ? { cidr: rule.remote_ip_prefix } : {},
            group: {},
          })),
        })),
      };
    }),
  ];
}
