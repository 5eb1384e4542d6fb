import { DriverError } from '@kumo/core/errors';
import type { GuestDisk, GuestSpec } from '../drivers/virt/driver.ts';
import { hardwareFromImage } from '../drivers/virt/hardware.ts';
import { rootDiskTooSmall } from '../errors.ts';
import { configDriveFiles } from '../metadata/config-drive-files.ts';
import type { ServerDescription } from '../rpc/shapes.ts';
import type { CallScope } from './call-scope.ts';
import type { CachedImage } from './image-cache.ts';
import type { NetworkSide } from './network-side.ts';

export interface GuestParts {
  /** Null when it boots from a volume. */
  image: CachedImage | null;
  disks: GuestDisk[];
  network: NetworkSide;
  /** See `metaData`. */
  seedSecret: string;
  signal: AbortSignal;
}

/** What the hypervisor is told about a server. */
export async function guestSpec(server: ServerDescription, parts: GuestParts & CallScope): Promise<GuestSpec> {
  const { image, disks, network, seedSecret, signal, ctx } = parts;
  const { flavor, networkInfo } = server;
  const spec: GuestSpec = {
    serverId: server.id,
    name: server.name,
    vcpus: flavor.vcpus,
    memoryMb: flavor.memoryMb,
    rootGb: flavor.rootGb,
    disks,
    nics: networkInfo.map((nic) => network.nicOf(nic)),
    hardware: hardwareFromImage(server.request.image?.properties ?? {}),
  };
  if (image) {
    checkSize(server, image);
    spec.image = { baseFile: image.baseFile, format: image.format };
  }
  if (!image && !disks.some(({ bootIndex }) => bootIndex === 0))
    throw new DriverError('the server has nothing to boot from');
  if (server.configDrive)
    spec.configDrive = configDriveFiles(server, await network.subnetsOf(networkInfo, { signal, ctx }), seedSecret);
  return spec;
}

function checkSize({ flavor, imageRef }: ServerDescription, { virtualSizeBytes }: CachedImage): void {
  if (flavor.rootGb > 0 && virtualSizeBytes > flavor.rootGb * 2 ** 30)
    throw rootDiskTooSmall({ flavorGb: flavor.rootGb, image: imageRef, bytes: virtualSizeBytes });
}
