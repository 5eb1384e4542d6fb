/** JSON that lives in columns of `servers`: plain data, shared by nova-api, nova-conductor and nova-compute. */

/** The flavor as it was when the server was made; later edits of the flavor do not reach it. */
export interface FlavorSnapshot {
  id: string;
  name: string;
  vcpus: number;
  memoryMb: number;
  rootGb: number;
  ephemeralGb: number;
  swapMb: number;
  rxtxFactor: number;
  extraSpecs: Record<string, string>;
}

export interface FixedAddress {
  address: string;
  version: 4 | 6;
  subnetId?: string;
  /** Floating IPs that lead to this address. */
  floating: string[];
}

/** One interface, as nova-compute last saw it in Neutron. */
export interface NetworkInfo {
  portId: string;
  networkId: string;
  networkLabel: string;
  macAddress: string;
  addresses: FixedAddress[];
  mtu?: number;
  /** Neutron's status of the port: ACTIVE, DOWN, BUILD. */
  status: string;
  /** The user's own port: unbound, not deleted, with the server. */
  preserveOnDelete: boolean;
  tag?: string;
  bindingHost?: string;
  tenantId?: string;
}

/** An interface asked for at the creation. */
export interface RequestedNetwork {
  networkId?: string;
  portId?: string;
  fixedIp?: string;
  tag?: string;
}

/** What the creator asked for and scheduling or building needs; never changes after the creation. */
export interface ServerRequest {
  /** In order. Empty: no network. */
  networks: RequestedNetwork[];
  /** Ids of Neutron's security groups for the ports that Nova makes; empty: the project's default. */
  securityGroupIds: string[];
  /** Names as the creator gave them, for views until the ports exist. */
  securityGroupNames: string[];
  availabilityZone?: string;
  /** `az:host:node` of an admin. */
  host?: string;
  node?: string;
  /** `hw_*`, `img_*`, `os_*`, `trait:*` properties, minimum sizes and format of the image (or of the boot volume's image). */
  image?: RequestedImage;
  adminPassGiven: boolean;
}

export interface RequestedImage {
  id: string;
  name?: string;
  minDiskGb: number;
  minRamMb: number;
  sizeBytes?: number;
  diskFormat?: string;
  containerFormat?: string;
  properties: Record<string, string>;
}

export interface ServerFault {
  code: number;
  message: string;
  /** For admins (and for the owner when the code is not 500). */
  details?: string;
  created: string;
}

export type VmState = 'building' | 'active' | 'stopped' | 'paused' | 'error' | 'deleted' | 'soft-delete' | 'suspended';

export type TaskState =
  | 'scheduling'
  | 'networking'
  | 'block_device_mapping'
  | 'spawning'
  | 'powering-on'
  | 'powering-off'
  | 'rebooting'
  | 'reboot_pending'
  | 'reboot_started'
  | 'rebooting_hard'
  | 'reboot_pending_hard'
  | 'reboot_started_hard'
  | 'pausing'
  | 'unpausing'
  | 'deleting';

/** As libvirt and Nova count: the wire shows the number. */
export const powerState = { none: 0, running: 1, paused: 3, shutdown: 4, crashed: 6, suspended: 7 } as const;
