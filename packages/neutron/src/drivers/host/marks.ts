import { DriverError } from '@kumo/core/errors';

/** What a marked thing is for; each driver only ever removes its own kinds. */
export type MarkKind = 'network' | 'vxlan' | 'port' | 'dhcp' | 'router' | 'external';

export interface Mark {
  kind: MarkKind;
  /** The Neutron id (network, port, router) or the name that the thing stands for. */
  id: string;
}

const KINDS: readonly string[] = ['network', 'vxlan', 'port', 'dhcp', 'router', 'external'];

/** Interface names hold 15 characters: a prefix of at most four and OpenStack's first eleven of the id. */
const ID_PART = 11;

/**
 * The marks of one cloud on this host. Interfaces carry them as their alias (`kumo:<cloud>:<kind>:<id>`), namespaces as
 * the alias of their `lo`, nftables tables in their name. Whatever bears no mark is never removed.
 */
export class Marks {
  readonly cloudId: string;

  /** @throws DriverError when `cloudId` is not 1–16 of `a-z 0-9 _`. */
  constructor(cloudId: string) {
    if (!/^[a-z0-9_]{1,16}$/.test(cloudId)) {
      throw new DriverError(`A cloud id is 1 to 16 of a-z, 0-9 and _, not "${cloudId}".`);
    }
    this.cloudId = cloudId;
  }

  alias(kind: MarkKind, id: string): string {
    return `kumo:${this.cloudId}:${kind}:${id}`;
  }

  /** The mark in an interface's alias when it is of this cloud. */
  read(alias: string | undefined): Mark | undefined {
    const prefix = `kumo:${this.cloudId}:`;
    if (!alias?.startsWith(prefix)) return undefined;
    const [kind = '', ...id] = alias.slice(prefix.length).split(':');
    return KINDS.includes(kind) ? { kind: kind as MarkKind, id: id.join(':') } : undefined;
  }

  /** Name of this cloud's nftables tables, in whatever family and namespace. */
  get table(): string {
    return `kumo_${this.cloudId}`;
  }
}

export const bridgeName = (networkId: string): string => `brq${networkId.slice(0, ID_PART)}`;
/** The bridge's end of a port: a guest's tap, or the host's end of a DHCP or router port's veth. */
export const tapName = (portId: string): string => `tap${portId.slice(0, ID_PART)}`;
export const dhcpDeviceName = (portId: string): string => `ns-${portId.slice(0, ID_PART)}`;
export const routerDeviceName = (portId: string): string => `qr-${portId.slice(0, ID_PART)}`;
export const gatewayDeviceName = (portId: string): string => `qg-${portId.slice(0, ID_PART)}`;
export const vxlanName = (segmentationId: number): string => `vxlan-${segmentationId}`;
export const dhcpNamespace = (networkId: string): string => `qdhcp-${networkId}`;
export const routerNamespace = (routerId: string): string => `qrouter-${routerId}`;

/** What tells which bridge a network's ports join on this host. */
export interface NetworkSegment {
  networkId: string;
  type: 'flat' | 'vxlan' | 'local';
  physicalNetwork?: string;
  segmentationId?: number;
}

/**
 * The bridge of a network: the mapped one for a flat network (`physicalBridges: {public: 'br-ex'}`), else `brq…`.
 * @throws DriverError when a flat network's physical network is not mapped on this host.
 */
export function bridgeOf(network: NetworkSegment, physicalBridges: Readonly<Record<string, string>>): string {
  if (network.type !== 'flat') return bridgeName(network.networkId);
  const bridge = physicalBridges[network.physicalNetwork ?? ''];
  if (bridge) return bridge;
  throw new DriverError(
    `Physical network "${network.physicalNetwork}" of network ${network.networkId} has no bridge on this host.`,
  );
}
