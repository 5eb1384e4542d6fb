import type { Context } from '@kumo/core/context';
import { KumoError } from '@kumo/core/errors';
import type { Flavor } from '../db/flavors.ts';
import type { RequestedImage } from '../db/server-shapes.ts';
import {
  flavorDiskSmallerThanMinDisk,
  flavorDiskTooSmall,
  flavorMemoryTooSmall,
  imageNotActive,
  imageNotFound,
} from '../errors.ts';
import type { Neighbours } from './neighbours.ts';

const GIB = 1024 ** 3;
const PROPERTY = /^(?:hw_|img_|os_|trait:)/;

/** The image that a server is to be made of, as its creator sees it. @throws 400 when there is none or it is not active. */
export async function requestedImage(
  glance: Neighbours['glance'],
  ctx: Context,
  imageId: string,
): Promise<RequestedImage> {
  const image = await glance.showImage({ params: { image_id: imageId }, user: ctx }).catch((error) => {
    if (
      error instanceof KumoError &&
      (error.kind === 'notFound' || error.kind === 'forbidden' || error.kind === 'badRequest')
    )
      throw imageNotFound({}, { cause: error });
    throw error;
  });
  if (image.status !== 'active') throw imageNotActive({ id: imageId });
  const properties = Object.entries(image).filter(
    (entry): entry is [string, string] => PROPERTY.test(entry[0]) && typeof entry[1] === 'string',
  );
  return {
    id: image.id,
    name: image.name ?? undefined,
    minDiskGb: image.min_disk,
    minRamMb: image.min_ram,
    sizeBytes: image.size ?? undefined,
    diskFormat: image.disk_format ?? undefined,
    containerFormat: image.container_format ?? undefined,
    properties: Object.fromEntries(properties),
  };
}

/** @throws 400 when the flavor gives less than the image needs. With a volume as root disk, only memory counts. */
export function checkImageFits(image: RequestedImage, flavor: Flavor, options: { onVolume: boolean }): void {
  if (image.minRamMb > flavor.memoryMb) throw flavorMemoryTooSmall();
  if (options.onVolume || flavor.rootGb === 0) return;
  const flavorBytes = flavor.rootGb * GIB;
  if (image.minDiskGb > flavor.rootGb)
    throw flavorDiskSmallerThanMinDisk({ flavorBytes, minBytes: image.minDiskGb * GIB });
  if ((image.sizeBytes ?? 0) > flavorBytes) throw flavorDiskTooSmall({ flavorBytes, imageBytes: image.sizeBytes });
}
