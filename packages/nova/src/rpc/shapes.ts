import { type Static, Type as T, type TSchema } from 'typebox';

/** What nova-conductor tells others about a server: plain data, camelCase, as it is in the database. */

const Nullable = <S extends TSchema>(schema: S) => T.Union([schema, T.Null()]);
const Text = T.String();
const Texts = T.Record(T.String(), T.String());

export const FlavorShape = T.Object({
  id: Text,
  name: Text,
  vcpus: T.Integer(),
  memoryMb: T.Integer(),
  rootGb: T.Integer(),
  ephemeralGb: T.Integer(),
  swapMb: T.Integer(),
  rxtxFactor: T.Number(),
  extraSpecs: Texts,
});

export const RequestedNetworkShape = T.Object({
  networkId: T.Optional(Text),
  portId: T.Optional(Text),
  fixedIp: T.Optional(Text),
  tag: T.Optional(Text),
});

export const NetworkInfoShape = T.Object({
  portId: Text,
  networkId: Text,
  networkLabel: Text,
  macAddress: Text,
  addresses: T.Array(
    T.Object({
      address: Text,
      version: T.Union([T.Literal(4), T.Literal(6)]),
      subnetId: T.Optional(Text),
      floating: T.Array(Text),
    }),
  ),
  mtu: T.Optional(T.Integer()),
  status: Text,
  preserveOnDelete: T.Boolean(),
  tag: T.Optional(Text),
  bindingHost: T.Optional(Text),
  tenantId: T.Optional(Text),
});

export const RequestShape = T.Object({
  networks: T.Array(RequestedNetworkShape),
  securityGroupIds: T.Array(Text),
  securityGroupNames: T.Array(Text),
  availabilityZone: T.Optional(Text),
  host: T.Optional(Text),
  node: T.Optional(Text),
  image: T.Optional(
    T.Object({
      id: Text,
      name: T.Optional(Text),
      minDiskGb: T.Integer(),
      minRamMb: T.Integer(),
      sizeBytes: T.Optional(T.Number()),
      diskFormat: T.Optional(Text),
      containerFormat: T.Optional(Text),
      properties: Texts,
    }),
  ),
  adminPassGiven: T.Boolean(),
});

export const BlockDeviceShape = T.Object({
  id: Text,
  sourceType: Text,
  destinationType: Text,
  deviceName: Nullable(Text),
  bootIndex: Nullable(T.Integer()),
  deleteOnTermination: T.Boolean(),
  imageId: Nullable(Text),
  snapshotId: Nullable(Text),
  volumeId: Nullable(Text),
  volumeSizeGb: Nullable(T.Integer()),
  volumeType: Nullable(Text),
  tag: Nullable(Text),
  attachmentId: Nullable(Text),
});

export const ServerShape = T.Object({
  id: Text,
  projectId: Text,
  userId: Text,
  name: Text,
  hostname: Text,
  vmState: Text,
  taskState: Nullable(Text),
  powerState: T.Integer(),
  host: Nullable(Text),
  node: Nullable(Text),
  imageRef: Text,
  flavor: FlavorShape,
  keyName: Nullable(Text),
  keyType: Nullable(Text),
  keyData: Nullable(Text),
  userData: Nullable(Text),
  configDrive: T.Boolean(),
  availabilityZone: Nullable(Text),
  launchIndex: T.Integer(),
  reservationId: Text,
  rootDeviceName: Nullable(Text),
  request: RequestShape,
  networkInfo: T.Array(NetworkInfoShape),
  blockDevices: T.Array(BlockDeviceShape),
  metadata: Texts,
  createdAt: Text,
  launchedAt: Nullable(Text),
  deleted: T.Boolean(),
});

export type ServerDescription = Static<typeof ServerShape>;
export type BlockDevice = Static<typeof BlockDeviceShape>;
export type NetworkInterface = Static<typeof NetworkInfoShape>;
export type NetworkRequest = Static<typeof RequestedNetworkShape>;

/** Why a flow ended badly: core/flow's FlowFailure. */
export const FailureShape = T.Object({
  kind: Text,
  code: Text,
  message: Text,
  retryable: T.Boolean(),
  params: T.Optional(T.Unknown()),
  step: T.Optional(Text),
  cancelled: T.Optional(T.Boolean()),
});
export type Failure = Static<typeof FailureShape>;
