import { defineError } from '@kumo/core/errors';

export const serverNotFound = defineError('notFound', 'InstanceNotFound', 'Instance {id} could not be found.');
export const serverInvalidState = defineError(
  'conflict',
  'InstanceInvalidState',
  "Cannot '{action}' instance {id} while it is in {attribute} {state}",
);
export const serverLocked = defineError('conflict', 'InstanceIsLocked', 'Instance {id} is locked');
export const serverNotReady = defineError('conflict', 'InstanceNotReady', 'Instance {id} is not ready');
export const flavorNotFound = defineError('notFound', 'FlavorNotFound', 'Flavor {id} could not be found.');
export const flavorRefNotFound = defineError('badRequest', 'FlavorNotFound', 'Flavor {id} could not be found.');
export const flavorExists = defineError('conflict', 'FlavorExists', 'Flavor with name {name} already exists.');
export const flavorIdExists = defineError('conflict', 'FlavorIdExists', 'Flavor with ID {id} already exists.');
export const flavorAccessExists = defineError(
  'conflict',
  'FlavorAccessExists',
  'Flavor access already exists for flavor {id} and project {project} combination.',
);
export const flavorAccessNotFound = defineError(
  'notFound',
  'FlavorAccessNotFound',
  'Flavor access not found for {id} / {project} combination.',
);
export const flavorIsPublic = defineError('conflict', 'FlavorIsPublic', 'Can not add access to a public flavor.');
export const accessListOfPublicFlavor = defineError(
  'notFound',
  'FlavorIsPublic',
  'Access list not available for public flavors.',
);
export const extraSpecNotFound = defineError(
  'notFound',
  'FlavorExtraSpecsNotFound',
  'Flavor {id} has no extra specs with key {key}.',
);
export const keyPairNotFound = defineError('notFound', 'KeypairNotFound', 'Keypair {name} not found for user {user}');
export const keyPairExists = defineError('conflict', 'KeyPairExists', "Key pair '{name}' already exists.");
export const keyPairInvalid = defineError('badRequest', 'InvalidKeypair', 'Keypair data is invalid: {reason}');
export const unknownKeyName = defineError('badRequest', 'KeypairNotFound', 'Invalid key_name provided.');
export const metadataKeyNotFound = defineError('notFound', 'MetadataKeyNotFound', 'Metadata item was not found');
export const metadataTooMany = defineError(
  'forbidden',
  'MetadataLimitExceeded',
  'Maximum number of metadata items exceeds {limit}',
);
export const tagNotFound = defineError('notFound', 'InstanceTagNotFound', "Instance {id} has no tag '{tag}'");
export const tooManyTags = defineError(
  'badRequest',
  'TooManyTags',
  'The number of tags exceeded the per-server limit {limit}',
);
export const actionNotFound = defineError(
  'notFound',
  'InstanceActionNotFound',
  'Action {requestId} on instance {id} not found',
);
export const markerNotFound = defineError('badRequest', 'MarkerNotFound', 'marker [{marker}] not found');
export const networkLabelNotFound = defineError(
  'notFound',
  'NetworkNotFound',
  'Instance is not a member of specified network',
);
export const hypervisorNotFound = defineError(
  'notFound',
  'ComputeHostNotFound',
  'Compute host {id} could not be found.',
);
export const hypervisorPatternNotFound = defineError(
  'notFound',
  'ComputeHostNotFound',
  "No hypervisor matching '{pattern}' could be found.",
);
export const serviceNotFound = defineError('notFound', 'ServiceNotFound', 'Service {id} not found.');
export const serviceHostNotFound = defineError(
  'notFound',
  'HostBinaryNotFound',
  'Could not find binary {binary} on host {host}.',
);
export const serviceInUse = defineError(
  'conflict',
  'ServiceInUse',
  'Unable to delete compute service that is hosting instances. Migrate or delete the instances first.',
);
export const aggregateNotFound = defineError('notFound', 'AggregateNotFound', 'Aggregate {id} could not be found.');
export const aggregateExists = defineError('conflict', 'AggregateNameExists', 'Aggregate {name} already exists.');
export const aggregateHostExists = defineError(
  'conflict',
  'AggregateHostExists',
  'Cannot add host {host} in aggregate {id}: host exists',
);
export const aggregateHostNotFound = defineError(
  'notFound',
  'AggregateHostNotFound',
  'Cannot remove host {host} in aggregate {id}: not found',
);
export const aggregateNotEmpty = defineError(
  'badRequest',
  'InvalidAggregateAction',
  'Cannot remove aggregate {id}: Host aggregate is not empty.',
);
export const hostNotFound = defineError('notFound', 'ComputeHostNotFound', 'Compute host {host} could not be found.');

export const imageNotFound = defineError('badRequest', 'ImageNotFound', 'Can not find requested image');
export const imageNotActive = defineError('badRequest', 'ImageNotActive', 'Image {id} is not active.');
export const flavorMemoryTooSmall = defineError(
  'badRequest',
  'FlavorMemoryTooSmall',
  "Flavor's memory is too small for requested image.",
);
export const flavorDiskTooSmall = defineError(
  'badRequest',
  'FlavorDiskTooSmall',
  "Flavor's disk is too small for requested image. Flavor disk is {flavorBytes} bytes, image is {imageBytes} bytes.",
);
export const flavorDiskSmallerThanMinDisk = defineError(
  'badRequest',
  'FlavorDiskSmallerThanMinDisk',
  "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is {flavorBytes} bytes, minimum size is {minBytes} bytes.",
);
export const networkNotFound = defineError('badRequest', 'NetworkNotFound', 'Network {id} could not be found.');
export const networkAmbiguous = defineError(
  'conflict',
  'NetworkAmbiguous',
  'Multiple possible networks found, use a Network ID to be more specific.',
);
export const networkRequiresSubnet = defineError(
  'badRequest',
  'NetworkRequiresSubnet',
  'Network {id} requires a subnet in order to boot instances on.',
);
export const noNetworkToAllocate = defineError(
  'badRequest',
  'UnableToAutoAllocateNetwork',
  'Unable to automatically allocate a network for project {project}',
);
export const externalNetworkForbidden = defineError(
  'forbidden',
  'ExternalNetworkAttachForbidden',
  'It is not allowed to create an interface on external network {id}',
);
export const portNotFound = defineError('badRequest', 'PortNotFound', 'Port id {id} could not be found.');
export const portInUse = defineError('conflict', 'PortInUse', 'Port {id} is still in use.');
export const portNotUsable = defineError(
  'badRequest',
  'PortNotUsable',
  "Port {id} not usable for the instance: it is another project's.",
);
export const portRequiresFixedIp = defineError(
  'badRequest',
  'PortRequiresFixedIP',
  'Port {id} requires a FixedIP in order to be used.',
);
export const portLimitExceeded = defineError('forbidden', 'PortLimitExceeded', 'Maximum number of ports exceeded');
export const fixedIpInvalid = defineError(
  'badRequest',
  'FixedIpInvalidOnNetwork',
  'Fixed IP address {ip} is not a valid ip address for network {id}.',
);
export const fixedIpInUse = defineError(
  'badRequest',
  'FixedIpAlreadyInUse',
  'Fixed IP address {ip} is already in use on instance.',
);
export const securityGroupNotFound = defineError(
  'badRequest',
  'SecurityGroupNotFound',
  "Unable to find security_group with name or id '{name}'",
);
export const securityGroupMissing = defineError(
  'notFound',
  'SecurityGroupNotFound',
  'Security group {name} not found for project {project}.',
);
export const securityGroupAmbiguous = defineError(
  'conflict',
  'NoUniqueMatch',
  "Multiple security groups found matching '{name}'. Use an ID to be more specific.",
);
export const securityGroupNotAssociated = defineError(
  'notFound',
  'SecurityGroupNotExistsForInstance',
  'Security group {name} is not associated with the instance {id}',
);
export const volumeNotFound = defineError('notFound', 'VolumeNotFound', 'Volume {id} could not be found.');
export const volumeRefNotFound = defineError(
  'badRequest',
  'InvalidBDMVolume',
  'Block Device Mapping is Invalid: failed to get volume {id}.',
);
export const snapshotRefNotFound = defineError(
  'badRequest',
  'InvalidBDMSnapshot',
  'Block Device Mapping is Invalid: failed to get snapshot {id}.',
);
export const volumeInvalid = defineError('badRequest', 'InvalidVolume', 'Invalid volume: {reason}');
export const attachmentNotFound = defineError(
  'notFound',
  'VolumeBDMNotFound',
  'Instance {id} is not attached to volume {volumeId}',
);
export const rootVolumeDetach = defineError(
  'badRequest',
  'CannotDetachRootVolume',
  'Cannot detach a root device volume',
);
export const interfaceNotFound = defineError('notFound', 'PortNotFound', 'Port {id} not found for instance.');
export const bdmInvalid = defineError('badRequest', 'InvalidBDM', 'Block Device Mapping is Invalid: {reason}');
export const zoneInvalid = defineError(
  'badRequest',
  'InvalidAvailabilityZone',
  'The requested availability zone is not available',
);
export const invalidRequest = defineError('badRequest', 'BadRequest', '{message}');
export const quotaExceeded = defineError(
  'overQuota',
  'TooManyInstances',
  'Quota exceeded for {overs}: Requested {requested}, but already used {used} of {allowed} {resources}',
);
export const keyPairQuotaExceeded = defineError(
  'overQuota',
  'KeypairLimitExceeded',
  'Quota exceeded, too many key pairs.',
);
export const hypervisorCannot = defineError(
  'notImplemented',
  'NotImplemented',
  'Unable to {what}: the driver of the host does not offer it.',
);

// What may go wrong behind nova-api: between scheduler, conductor and compute.

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
export const imageWithoutHash = defineError(
  'conflict',
  'ImageUnacceptable',
  'Image {image} cannot be booted: it has no SHA-2 hash of its data. Upload the data as a new image.',
);
export const rootDiskTooSmall = defineError(
  'conflict',
  'FlavorDiskSmallerThanImage',
  "The flavor's disk of {flavorGb} GiB is smaller than image {image}, which needs {bytes} bytes.",
);
export const interfaceTimeout = defineError(
  'unavailable',
  'InterfaceAttachTimeout',
  'The interface was not attached within {seconds} s, as the host of the server does not answer; what was begun is taken back. Try again later.',
);
export const interfaceNotAttached = defineError(
  'conflict',
  'InterfaceAttachFailed',
  'The interface could not be attached: {reason}',
);
