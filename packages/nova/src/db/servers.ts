import { nowIso } from '@kumo/core/db';
import type { Kysely, Transaction } from 'kysely';
import { readJson } from './json-columns.ts';
import type { NovaTables, ServerRow } from './schema.ts';
import type { FlavorSnapshot, NetworkInfo, ServerFault, ServerRequest, TaskState, VmState } from './server-shapes.ts';

/** A transaction, or `db.q` outside of one. */
export type Queries = Kysely<NovaTables> | Transaction<NovaTables>;

export interface Server {
  id: string;
  projectId: string;
  userId: string;
  name: string;
  description: string | null;
  hostname: string;
  vmState: VmState;
  taskState: TaskState | null;
  powerState: number;
  progress: number;
  host: string | null;
  node: string | null;
  imageRef: string;
  flavor: FlavorSnapshot;
  keyName: string | null;
  keyType: string | null;
  keyData: string | null;
  userData: string | null;
  configDrive: boolean;
  availabilityZone: string | null;
  lockedBy: string | null;
  lockedReason: string | null;
  accessIpv4: string | null;
  accessIpv6: string | null;
  diskConfig: string;
  reservationId: string;
  launchIndex: number;
  rootDeviceName: string | null;
  request: ServerRequest;
  networkInfo: NetworkInfo[];
  fault: ServerFault | null;
  launchedAt: string | null;
  terminatedAt: string | null;
  deleted: boolean;
  deletedAt: string | null;
  createdAt: string;
  updatedAt: string;
}

export function serverOf(row: ServerRow): Server {
  return {
    id: row.id,
    projectId: row.project_id,
    userId: row.user_id,
    name: row.name,
    description: row.description,
    hostname: row.hostname,
    vmState: row.vm_state as VmState,
    taskState: row.task_state as TaskState | null,
    powerState: row.power_state,
    progress: row.progress,
    host: row.host,
    node: row.node,
    imageRef: row.image_ref,
    flavor: flavorOf(row.flavor),
    keyName: row.key_name,
    keyType: row.key_type,
    keyData: row.key_data,
    userData: row.user_data,
    configDrive: row.config_drive !== 0,
    availabilityZone: row.availability_zone,
    lockedBy: row.locked_by,
    lockedReason: row.locked_reason,
    accessIpv4: row.access_ipv4,
    accessIpv6: row.access_ipv6,
    diskConfig: row.disk_config,
    reservationId: row.reservation_id,
    launchIndex: row.launch_index,
    rootDeviceName: row.root_device_name,
    request: JSON.parse(row.request) as ServerRequest,
    networkInfo: JSON.parse(row.network_info) as NetworkInfo[],
    fault: readJson<ServerFault>(row.fault) ?? null,
    launchedAt: row.launched_at,
    terminatedAt: row.terminated_at,
    deleted: row.deleted !== 0,
    deletedAt: row.deleted_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

const flavors = new Map<string, FlavorSnapshot>();
const MAX_FLAVORS = 1000;

/** Most servers share a few flavors, and lists are long: each text is read once. Nobody alters a snapshot. */
function flavorOf(text: string): FlavorSnapshot {
  let flavor = flavors.get(text);
  if (!flavor) {
    flavor = JSON.parse(text) as FlavorSnapshot;
    if (flavors.size >= MAX_FLAVORS) flavors.clear();
    flavors.set(text, flavor);
  }
  return flavor;
}

function rowOf(server: Server): ServerRow {
  return { ...columnsOf(server), flavor_id: server.flavor.id } as ServerRow;
}

const COLUMNS: Record<keyof Server, keyof ServerRow> = {
  id: 'id',
  projectId: 'project_id',
  userId: 'user_id',
  name: 'name',
  description: 'description',
  hostname: 'hostname',
  vmState: 'vm_state',
  taskState: 'task_state',
  powerState: 'power_state',
  progress: 'progress',
  host: 'host',
  node: 'node',
  imageRef: 'image_ref',
  flavor: 'flavor',
  keyName: 'key_name',
  keyType: 'key_type',
  keyData: 'key_data',
  userData: 'user_data',
  configDrive: 'config_drive',
  availabilityZone: 'availability_zone',
  lockedBy: 'locked_by',
  lockedReason: 'locked_reason',
  accessIpv4: 'access_ipv4',
  accessIpv6: 'access_ipv6',
  diskConfig: 'disk_config',
  reservationId: 'reservation_id',
  launchIndex: 'launch_index',
  rootDeviceName: 'root_device_name',
  request: 'request',
  networkInfo: 'network_info',
  fault: 'fault',
  launchedAt: 'launched_at',
  terminatedAt: 'terminated_at',
  deleted: 'deleted',
  deletedAt: 'deleted_at',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
};

/** Objects become JSON, booleans 0 and 1; undefined is left out. */
function columnsOf(changes: Partial<Server>): Partial<ServerRow> {
  const columns: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined) continue;
    const stored = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
    columns[COLUMNS[key as keyof Server]] = typeof stored === 'boolean' ? Number(stored) : stored;
  }
  return columns as Partial<ServerRow>;
}

export async function insertServers(tx: Queries, servers: readonly Server[]): Promise<void> {
  await tx.insertInto('servers').values(servers.map(rowOf)).execute();
}

/** Undefined when there is none, or it was deleted and `deleted` is not set. */
export async function findServer(
  q: Queries,
  id: string,
  options: { deleted?: boolean } = {},
): Promise<Server | undefined> {
  let query = q.selectFrom('servers').selectAll().where('id', '=', id);
  if (!options.deleted) query = query.where('deleted', '=', 0);
  const row = await query.executeTakeFirst();
  return row && serverOf(row);
}

/** What must still hold for a change to be made; checked by the same statement that makes it. */
export interface ExpectedServer {
  taskState?: readonly (TaskState | null)[];
  vmState?: readonly VmState[];
  host?: string | null;
}

export type ServerChanges = Partial<Omit<Server, 'id' | 'flavor' | 'createdAt'>>;

/** False when the server is gone or is not as expected: then nothing was changed. Sets `updated_at`. */
export async function updateServer(
  tx: Queries,
  id: string,
  changes: ServerChanges,
  expected: ExpectedServer = {},
): Promise<boolean> {
  let query = tx
    .updateTable('servers')
    .set(columnsOf({ updatedAt: nowIso(), ...changes }))
    .where('id', '=', id)
    .where('deleted', '=', 0);
  const { taskState, vmState, host } = expected;
  if (taskState) {
    const known = taskState.filter((state) => state !== null);
    query = query.where((eb) =>
      eb.or([
        ...(known.length > 0 ? [eb('task_state', 'in', known)] : []),
        ...(taskState.includes(null) ? [eb('task_state', 'is', null)] : []),
      ]),
    );
  }
  if (vmState) query = query.where('vm_state', 'in', vmState);
  if (host !== undefined) query = query.where('host', host === null ? 'is' : '=', host);
  const result = await query.executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Marks a server deleted, once: true for the caller that did it, who then gives its quota back. */
export async function markServerDeleted(tx: Queries, id: string): Promise<boolean> {
  const now = nowIso();
  return updateServer(tx, id, {
    deleted: true,
    deletedAt: now,
    terminatedAt: now,
    vmState: 'deleted',
    taskState: null,
    powerState: 0,
  });
}

/** The servers, not deleted, that are on a host. */
export async function serversOnHost(q: Queries, host: string): Promise<Server[]> {
  const rows = await q.selectFrom('servers').selectAll().where('host', '=', host).where('deleted', '=', 0).execute();
  return rows.map(serverOf);
}
