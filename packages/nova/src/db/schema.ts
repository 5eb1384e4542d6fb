import type { LeaseTables } from '@kumo/core/db';
import type { FlowTables } from '@kumo/core/flow';
import type { QuotaTables } from '@kumo/core/quota';

/** Rows as they are stored; see migrations/0001-initial.ts. Booleans are 0/1, JSON is text. */
export interface NovaTables extends FlowTables, QuotaTables, LeaseTables {
  flavors: FlavorRow;
  flavor_extra_specs: { flavor_id: string; name: string; value: string };
  flavor_access: { flavor_id: string; project_id: string };
  key_pairs: KeyPairRow;
  servers: ServerRow;
  server_metadata: { server_id: string; name: string; value: string };
  server_tags: { server_id: string; tag: string };
  block_device_mappings: BlockDeviceRow;
  volume_claims: { id: string; server_id: string; volume_id: string; kind: 'reserve' | 'detach'; created_at: string };
  instance_actions: InstanceActionRow;
  instance_action_events: InstanceActionEventRow;
  services: ServiceRow;
  compute_nodes: ComputeNodeRow;
  aggregates: AggregateRow;
  aggregate_hosts: { aggregate_id: number; host: string };
  aggregate_metadata: { aggregate_id: number; name: string; value: string };
}

export interface FlavorRow {
  /** The id that users see; also a name such as `m1.nano`. */
  id: string;
  name: string;
  description: string | null;
  vcpus: number;
  memory_mb: number;
  root_gb: number;
  ephemeral_gb: number;
  swap_mb: number;
  rxtx_factor: number;
  is_public: number;
  disabled: number;
  created_at: string;
  updated_at: string | null;
}

export interface KeyPairRow {
  user_id: string;
  name: string;
  /** A number for `id` on the wire. */
  number: number;
  type: string;
  fingerprint: string;
  public_key: string;
  created_at: string;
}

export interface ServerRow {
  id: string;
  project_id: string;
  user_id: string;
  name: string;
  description: string | null;
  hostname: string;
  vm_state: string;
  task_state: string | null;
  power_state: number;
  progress: number;
  /** Where it is, or was last; null until scheduled. */
  host: string | null;
  node: string | null;
  /** '' when it boots from a volume. */
  image_ref: string;
  flavor_id: string;
  /** FlavorSnapshot */
  flavor: string;
  key_name: string | null;
  key_type: string | null;
  key_data: string | null;
  /** base64, as it came. */
  user_data: string | null;
  config_drive: number;
  /** Of the host it is on; before, what was asked for. */
  availability_zone: string | null;
  locked_by: string | null;
  locked_reason: string | null;
  access_ipv4: string | null;
  access_ipv6: string | null;
  disk_config: string;
  reservation_id: string;
  launch_index: number;
  root_device_name: string | null;
  /** ServerRequest */
  request: string;
  /** NetworkInfo[] */
  network_info: string;
  /** ServerFault */
  fault: string | null;
  launched_at: string | null;
  terminated_at: string | null;
  deleted: number;
  deleted_at: string | null;
  created_at: string;
  updated_at: string;
}

export interface BlockDeviceRow {
  id: string;
  server_id: string;
  source_type: string;
  destination_type: string;
  device_name: string | null;
  boot_index: number | null;
  delete_on_termination: number;
  image_id: string | null;
  snapshot_id: string | null;
  volume_id: string | null;
  volume_size_gb: number | null;
  volume_type: string | null;
  guest_format: string | null;
  disk_bus: string | null;
  device_type: string | null;
  tag: string | null;
  /** Cinder's attachment. */
  attachment_id: string | null;
  /** JSON of Cinder's connection info, without secrets. */
  connection_info: string | null;
  created_at: string;
}

export interface InstanceActionRow {
  id: string;
  server_id: string;
  request_id: string;
  action: string;
  user_id: string;
  project_id: string;
  start_time: string;
  finish_time: string | null;
  message: string | null;
  updated_at: string;
}

export interface InstanceActionEventRow {
  id: string;
  action_id: string;
  event: string;
  start_time: string;
  finish_time: string | null;
  result: string | null;
  traceback: string | null;
  host: string | null;
  details: string | null;
}

export interface ServiceRow {
  id: string;
  host: string;
  binary_name: string;
  report_count: number;
  last_seen_up: string | null;
  disabled: number;
  disabled_reason: string | null;
  forced_down: number;
  created_at: string;
  updated_at: string;
}

export interface ComputeNodeRow {
  /** Also the id of Placement's resource provider. */
  id: string;
  host: string;
  hypervisor_hostname: string;
  hypervisor_type: string;
  hypervisor_version: number;
  host_ip: string;
  vcpus: number;
  memory_mb: number;
  local_gb: number;
  vcpus_used: number;
  memory_mb_used: number;
  local_gb_used: number;
  running_vms: number;
  /** JSON of the driver's CpuInfo. */
  cpu_info: string;
  cpu_allocation_ratio: number;
  ram_allocation_ratio: number;
  disk_allocation_ratio: number;
  /** Builds that failed here in a row; falls to 0 with a success. */
  build_failures: number;
  created_at: string;
  updated_at: string;
}

export interface AggregateRow {
  id: number;
  uuid: string;
  name: string;
  created_at: string;
  updated_at: string | null;
}
