import type { Context } from '@kumo/core/context';
import { KumoError } from '@kumo/core/errors';
import { bdmInvalid, snapshotRefNotFound, volumeInvalid, volumeRefNotFound } from '../errors.ts';
import type { Neighbours } from './neighbours.ts';
import type { WantedDevice } from './server-wanted.ts';

/** A server's disks, complete: the root disk first, each with a name. */
export interface BootDevices {
  devices: (WantedDevice & { deviceName: string })[];
  /** The root disk is a volume. */
  onVolume: boolean;
  /** The image whose bytes the root disk begins with, when known without asking Cinder. */
  rootImageId?: string;
  rootDeviceName: string;
}

const BAD_BOOT_ORDER = 'Boot sequence for the instance and image/block device mapping combination is not valid.';

/**
 * Joins `imageRef` and the block device mapping: exactly one root disk, boot indexes without gaps, sizes where a volume
 * is made.
 * @throws 400
 */
export function bootDevices(imageRef: string | undefined, wanted: readonly WantedDevice[]): BootDevices {
  const devices = [...wanted];
  const root = devices.find(({ bootIndex }) => bootIndex === 0);
  if (imageRef && !root) devices.unshift(imageDisk(imageRef));
  if (imageRef && root && (root.sourceType !== 'image' || root.uuid !== imageRef || root.destinationType !== 'local'))
    throw bdmInvalid({ reason: BAD_BOOT_ORDER });
  checkOrder(devices);
  for (const device of devices) checkDevice(device, imageRef);
  const named = withNames(devices);
  const first = named[0]!;
  return {
    devices: named,
    onVolume: first.destinationType === 'volume',
    rootImageId: first.sourceType === 'image' ? first.uuid : undefined,
    rootDeviceName: first.deviceName,
  };
}

function imageDisk(imageId: string): WantedDevice {
  return {
    sourceType: 'image',
    destinationType: 'local',
    uuid: imageId,
    bootIndex: 0,
    deleteOnTermination: true,
    guestFormat: null,
    diskBus: null,
    deviceType: null,
    tag: null,
    volumeType: null,
  };
}

function checkOrder(devices: readonly WantedDevice[]): void {
  const indexes = devices
    .map(({ bootIndex }) => bootIndex)
    .filter((index): index is number => index !== null && index >= 0)
    .sort((a, b) => a - b);
  if (indexes.length === 0 || indexes.some((index, at) => index !== at)) throw bdmInvalid({ reason: BAD_BOOT_ORDER });
}

function checkDevice(device: WantedDevice, imageRef: string | undefined): void {
  const { sourceType, destinationType, uuid, sizeGb, bootIndex } = device;
  if (sourceType !== 'blank' && uuid === undefined)
    throw bdmInvalid({ reason: `a device with the source ${sourceType} needs a uuid.` });
  if (sourceType === 'blank' && uuid !== undefined) throw bdmInvalid({ reason: 'a blank device has no uuid.' });
  if (destinationType === 'local') {
    if (sourceType === 'image' && bootIndex === 0 && uuid === imageRef) return;
    throw bdmInvalid({
      reason:
        sourceType === 'image'
          ? 'Mapping image to local is not supported.'
          : 'this cloud makes no local disks besides the root disk of an image; use the destination volume.',
    });
  }
  if ((sourceType === 'image' || sourceType === 'blank') && !sizeGb)
    throw bdmInvalid({ reason: "Images with destination_type 'volume' need to have a non-zero size specified" });
  if (sourceType === 'blank' && bootIndex === 0) throw bdmInvalid({ reason: BAD_BOOT_ORDER });
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Sorts by boot order and gives each disk `/dev/vda`, `/dev/vdb`, … unless its owner named it. */
function withNames(devices: readonly WantedDevice[]): BootDevices['devices'] {
  const place = ({ bootIndex }: WantedDevice) => (bootIndex === null || bootIndex < 0 ? 1_000 : bootIndex);
  const sorted = devices.toSorted((a, b) => place(a) - place(b));
  const asked = sorted.flatMap(({ deviceName }) => (deviceName === undefined ? [] : [fullName(deviceName)]));
  if (new Set(asked).size < asked.length) throw bdmInvalid({ reason: 'a device name is there twice.' });
  const taken = new Set(asked);
  return sorted.map((device) => {
    const deviceName = device.deviceName === undefined ? nextDeviceName(taken) : fullName(device.deviceName);
    taken.add(deviceName);
    return { ...device, deviceName };
  });
}

const fullName = (name: string) => (name.startsWith('/dev/') ? name : `/dev/${name}`);

/** The first of `/dev/vda`, `/dev/vdb`, … that is not taken. @throws 400 after `/dev/vdz`. */
export function nextDeviceName(taken: ReadonlySet<string>): string {
  for (const letter of LETTERS) if (!taken.has(`/dev/vd${letter}`)) return `/dev/vd${letter}`;
  throw bdmInvalid({ reason: 'No free disk device names' });
}

/** Asks Cinder about each volume and snapshot that is named. @throws 400 when one is missing or not free. */
export async function checkVolumes(
  cinder: Neighbours['cinder'],
  ctx: Context,
  devices: readonly WantedDevice[],
): Promise<{ rootImage?: { id?: string; properties: Record<string, string> } }> {
  const own = { user: ctx };
  const volumeIds = devices.filter(({ sourceType }) => sourceType === 'volume').map(({ uuid }) => uuid!);
  if (new Set(volumeIds).size < volumeIds.length) throw bdmInvalid({ reason: 'a volume is there twice.' });
  const answers = await Promise.all(
    devices.map(async ({ sourceType, uuid, bootIndex }) => {
      if (sourceType === 'snapshot') {
        await cinder
          .showSnapshot({ params: { snapshot_id: uuid! }, ...own })
          .catch((error) => missing(error, snapshotRefNotFound({ id: uuid })));
      }
      if (sourceType !== 'volume') return undefined;
      const { volume } = await cinder
        .showVolume({ params: { volume_id: uuid! }, ...own })
        .catch((error) => missing(error, volumeRefNotFound({ id: uuid })));
      checkVolumeFree(volume);
      if (bootIndex === 0 && volume.bootable !== 'true')
        throw bdmInvalid({ reason: `Block Device ${uuid} is not bootable.` });
      return bootIndex === 0 ? volume.volume_image_metadata : undefined;
    }),
  );
  const metadata = answers.find((found) => found !== undefined);
  return metadata ? { rootImage: { id: metadata.image_id, properties: metadata } } : {};
}

/** @throws 400 unless the volume can be attached now. */
export function checkVolumeFree(volume: { id: string; status: string; multiattach: boolean }): void {
  if (volume.status === 'available' || (volume.multiattach && volume.status === 'in-use')) return;
  throw volumeInvalid({
    reason: `volume '${volume.id}' status must be 'available'. Currently in '${volume.status}'`,
  });
}

function missing(error: unknown, instead: KumoError): never {
  throw error instanceof KumoError && (error.kind === 'notFound' || error.kind === 'badRequest') ? instead : error;
}
