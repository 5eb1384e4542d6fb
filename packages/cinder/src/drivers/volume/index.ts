export {
  type BackendStats,
  type ConnectionInfo,
  type Connector,
  connectorGroupInvalid,
  type ImageSource,
  type NewVolume,
  type Recovery,
  type SnapshotHandle,
  type StoredSnapshot,
  type StoredVolume,
  snapshotMissing,
  type VolumeDriver,
  type VolumeHandle,
  volumeCannotShrink,
  volumeConnected,
  volumeMissing,
} from './driver.ts';
export { FakeVolumeDriver, type FakeVolumeOptions } from './fake-driver.ts';
export { FileDriver, type FileDriverConfig } from './file/file-driver.ts';
