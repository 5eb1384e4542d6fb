import type { Db, LeaseTables } from '@kumo/core/db';
import type { FlowTables } from '@kumo/core/flow';
import type { QuotaTables } from '@kumo/core/quota';
import type { Kysely } from 'kysely';

export interface VolumeRow {
  id: string;
  project_id: string;
  user_id: string;
  name: string | null;
  description: string | null;
  size_gb: number;
  status: string;
  /** What `status` goes back to when what is under way has ended. */
  previous_status: string | null;
  volume_type_id: string;
  availability_zone: string;
  /** `host@backend#pool`; null until the scheduler has chosen. */
  host: string | null;
  bootable: number;
  multiattach: number;
  readonly: number;
  source_image_id: string | null;
  snapshot_id: string | null;
  source_volid: string | null;
  /** JSON: what Glance said of the image that the volume was made from. */
  image_metadata: string | null;
  /** JSON: of the request that made it, without the token. */
  context: string | null;
  created_at: string;
  updated_at: string | null;
}

export interface SnapshotRow {
  id: string;
  volume_id: string;
  project_id: string;
  user_id: string;
  name: string | null;
  description: string | null;
  size_gb: number;
  status: string;
  created_at: string;
  updated_at: string | null;
}

export interface MetadataRow {
  owner_id: string;
  name: string;
  value: string;
}

export interface VolumeTypeRow {
  id: string;
  name: string;
  description: string | null;
  is_public: number;
  extra_specs: string;
  created_at: string;
  updated_at: string | null;
}

export interface AttachmentRow {
  id: string;
  volume_id: string;
  project_id: string;
  instance_id: string | null;
  /** reserved, attaching, attached, detaching */
  status: string;
  attach_mode: string | null;
  host: string | null;
  mountpoint: string | null;
  connector: string | null;
  connection_info: string | null;
  attached_at: string | null;
  created_at: string;
}

export interface ServiceRow {
  id: string;
  binary_name: string;
  host: string;
  availability_zone: string;
  disabled: number;
  disabled_reason: string | null;
  /** JSON: what a back end reports of itself; null for other daemons. */
  stats: string | null;
  created_at: string;
  /** When it was last heard of. */
  updated_at: string;
}

export interface MessageRow {
  id: string;
  project_id: string;
  event_id: string;
  user_message: string;
  message_level: string;
  request_id: string | null;
  resource_type: string | null;
  resource_id: string | null;
  created_at: string;
  expires_at: string;
}

export interface Schema extends FlowTables, QuotaTables, LeaseTables {
  volumes: VolumeRow;
  volume_metadata: MetadataRow;
  snapshots: SnapshotRow;
  snapshot_metadata: MetadataRow;
  volume_types: VolumeTypeRow;
  volume_type_projects: { volume_type_id: string; project_id: string };
  attachments: AttachmentRow;
  services: ServiceRow;
  messages: MessageRow;
}

export type CinderDb = Db<Schema>;
/** A transaction, or `db.q` outside of one. */
export type Queries = Kysely<Schema>;
