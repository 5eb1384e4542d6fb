/** What `POST /servers` asks for, in our own words. */
export interface WantedServers {
  name: string;
  flavorId: string;
  /** '' or absent: it boots from a volume. */
  imageRef?: string;
  networks: WantedNetworks;
  keyName?: string | null;
  userData?: string | null;
  securityGroups: string[];
  metadata: Record<string, string>;
  blockDevices: WantedDevice[];
  configDrive: boolean;
  minCount: number;
  maxCount: number;
  availabilityZone?: string;
  host?: string;
  node?: string;
  adminPass?: string;
  accessIpv4: string | null;
  accessIpv6: string | null;
  diskConfig: string;
  description: string | null;
  hostname?: string;
  tags: string[];
}

/** `project`: the project's only one, or none; `auto`: the project's only one, which must exist. */
export type WantedNetworks = 'project' | 'auto' | 'none' | WantedNetwork[];

export interface WantedNetwork {
  networkId?: string;
  portId?: string;
  fixedIp?: string;
  tag?: string;
}

export interface WantedDevice {
  sourceType: 'image' | 'volume' | 'snapshot' | 'blank';
  destinationType: 'local' | 'volume';
  uuid?: string;
  sizeGb?: number;
  bootIndex: number | null;
  deleteOnTermination: boolean;
  deviceName?: string;
  guestFormat: string | null;
  diskBus: string | null;
  deviceType: string | null;
  tag: string | null;
  volumeType: string | null;
}
