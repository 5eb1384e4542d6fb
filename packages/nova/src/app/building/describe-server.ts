import { blockDevicesOf } from '../../db/block-devices.ts';
import { metadataOf } from '../../db/server-metadata.ts';
import { findServer, type Queries } from '../../db/servers.ts';
import { serverNotFound } from '../../errors.ts';
import type { ServerDescription } from '../../rpc/shapes.ts';

/** Everything that building, running and describing a server to its guest needs. @throws serverNotFound */
export async function describeServer(q: Queries, id: string): Promise<ServerDescription> {
  const server = await findServer(q, id);
  if (!server) throw serverNotFound({ id });
  const devices = await blockDevicesOf(q, [id]);
  const metadata = (await metadataOf(q, [id])).get(id) ?? {};
  return {
    id: server.id,
    projectId: server.projectId,
    userId: server.userId,
    name: server.name,
    hostname: server.hostname,
    vmState: server.vmState,
    taskState: server.taskState,
    powerState: server.powerState,
    host: server.host,
    node: server.node,
    imageRef: server.imageRef,
    flavor: server.flavor,
    keyName: server.keyName,
    keyType: server.keyType,
    keyData: server.keyData,
    userData: server.userData,
    configDrive: server.configDrive,
    availabilityZone: server.availabilityZone,
    launchIndex: server.launchIndex,
    reservationId: server.reservationId,
    rootDeviceName: server.rootDeviceName,
    request: server.request,
    networkInfo: server.networkInfo,
    blockDevices: devices.map((device) => ({
      id: device.id,
      sourceType: device.sourceType,
      destinationType: device.destinationType,
      deviceName: device.deviceName,
      bootIndex: device.bootIndex,
      deleteOnTermination: device.deleteOnTermination,
      imageId: device.imageId,
      snapshotId: device.snapshotId,
      volumeId: device.volumeId,
      volumeSizeGb: device.volumeSizeGb,
      volumeType: device.volumeType,
      tag: device.tag,
      attachmentId: device.attachmentId,
    })),
    metadata,
    createdAt: server.createdAt,
    launchedAt: server.launchedAt,
    deleted: server.deleted,
  };
}
