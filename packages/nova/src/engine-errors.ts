import { defineError } from '@kumo/core/errors';

/** What may go wrong behind nova-api: between scheduler, conductor and compute. */

export const instanceGone = defineError('notFound', 'InstanceNotFound', 'Instance {id} could not be found.');
export const unexpectedTaskState = defineError(
  'conflict',
  'UnexpectedTaskStateError',
  'Instance {id} is not in a state that allows this: its task is {actual}, expected was {expected}.',
);
export const serverIsLeaving = defineError('conflict', 'InstanceIsLeaving', 'Instance {id} is being deleted.');
/** The message is for users; `details` (numbers by filter) are for admins. */
export const noValidHost = defineError('conflict', 'NoValidHost', 'No valid host was found. {reason}');
export const claimLost = defineError(
  'conflict',
  'ClaimLost',
  'The resources of host {host} were taken by another server meanwhile.',
);
export const wrongHost = defineError('conflict', 'WrongHost', 'Instance {id} belongs to host {host}.');
export const hostLost = defineError(
  'unavailable',
  'HostLost',
  'Host {host} did not answer any more while it built the server.',
);
export const othersUnderWay = defineError(
  'unavailable',
  'OtherTasksUnderWay',
  'Instance {id} has other tasks that have not ended yet: {flows}.',
);
export const vifPlugTimeout = defineError(
  'internal',
  'VirtualInterfaceCreateException',
  'The network did not report within {seconds} s that ports {ports} are wired.',
);
export const bindingFailed = defineError(
  'internal',
  'PortBindingFailed',
  'Binding failed for port {port}: the network has no working agent on host {host}.',
);
export const portVanished = defineError('conflict', 'PortNotFound', 'Port {port} does not exist any more.');
export const portTaken = defineError('conflict', 'PortInUse', 'Port {port} is in use by another device.');
export const volumeFailed = defineError(
  'conflict',
  'VolumeNotCreated',
  'Volume {volume} did not become available: its status is {status}.',
);
export const volumeSlow = defineError(
  'unavailable',
  'VolumeNotReady',
  'Volume {volume} is still {status} after {seconds} s.',
);
export const volumeUnreachable = defineError(
  'internal',
  'VolumeDriverUnsupported',
  'Volume {volume} cannot be reached from this host: {reason}.',
);
export const imageCorrupt = defineError(
  'internal',
  'ImageCorrupt',
  'The data of image {image} do not match their checksum.',
);
export const imageFormatUnsupported = defineError(
  'conflict',
  'ImageUnacceptable',
  'Image {image} cannot be booted: its disk_format is {format}, and this cloud boots raw, qcow2 and iso images.',
);
export const rootDiskTooSmall = defineError(
  'conflict',
  'FlavorDiskSmallerThanImage',
  "The flavor's disk of {flavorGb} GiB is smaller than image {image}, which needs {bytes} bytes.",
);
export const interfaceNotAttached = defineError(
  'conflict',
  'InterfaceAttachFailed',
  'The interface could not be attached: {reason}',
);
