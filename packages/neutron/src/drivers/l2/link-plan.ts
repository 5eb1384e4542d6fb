import { DriverError } from '@kumo/core/errors';
import { bridgePortLines } from '../host/bridge-port.ts';
import { checkedInteger, checkedInterface, checkedIp, checkedName } from '../host/checked-values.ts';
import { bridgeName, bridgeOf, type Marks, tapName, vxlanName } from '../host/marks.ts';
import { assertOurs, isUp, type Link } from '../host/net-host.ts';
import type { L2Network, L2Port, L2State } from './driver.ts';

export interface LinuxBridgeOptions {
  /** Bridge of each physical network, for flat networks: `{public: 'br-ex'}`. */
  physicalBridges: Readonly<Record<string, string>>;
  /** This host's address on the service network, the outer source of VXLAN. */
  localIp?: string;
  /** UDP port of VXLAN. Default 4789. */
  vxlanPort?: number;
  /** Owner of the taps: the user as which QEMU runs. Default root. */
  tapUser?: string;
}

export interface PlanContext {
  marks: Marks;
  options: LinuxBridgeOptions;
  links: ReadonlyMap<string, Link>;
}

/** Lines of `ip -batch` that make one network's bridge and tunnel, or mend what differs. */
export function networkLines(network: L2Network, context: PlanContext): string[] {
  const bridge = bridgeOf(network, context.options.physicalBridges);
  if (network.type === 'flat') return physicalBridgeLines(bridge, context);
  const lines = ownBridgeLines(network, checkedInterface(bridge), context);
  return isTunnelled(network) ? [...lines, ...vxlanLines(network, bridge, context)] : lines;
}

/** While no other host has the network there is no device: the kernel listens for none of its packets. */
export function isTunnelled(network: L2Network): boolean {
  if (network.type !== 'vxlan') return false;
  vniOf(network);
  return network.remotes.length > 0;
}

function vniOf({ segmentationId }: L2Network): number {
  return checkedInteger(segmentationId ?? 0, 1, 16_777_215);
}

/** The mapped bridge is the operator's: only its traffic is sent through the firewall. */
function physicalBridgeLines(bridge: string, { links }: PlanContext): string[] {
  const link = links.get(bridge);
  if (link?.linkinfo?.info_kind !== 'bridge')
    throw new DriverError(`Bridge ${bridge} does not exist on this host.`, { retryable: true });
  const { nf_call_iptables: v4, nf_call_ip6tables: v6 } = link.linkinfo.info_data ?? {};
  return v4 === 1 && v6 === 1 ? [] : [`link set dev ${bridge} type bridge nf_call_iptables 1 nf_call_ip6tables 1`];
}

function ownBridgeLines(network: L2Network, bridge: string, { marks, links }: PlanContext): string[] {
  const alias = marks.alias('network', checkedName(network.networkId));
  const link = links.get(bridge);
  if (link) assertOurs(link, alias);
  const mtu = checkedInteger(network.mtu, 68, 65_535);
  const lines: string[] = [];
  if (!link) {
    const settings = 'stp_state 0 forward_delay 0 mcast_snooping 0 nf_call_iptables 1 nf_call_ip6tables 1';
    lines.push(`link add name ${bridge} mtu ${mtu} type bridge ${settings}`);
    // The host itself is no member of a tenant's network: not even a link-local address.
    lines.push(`link set dev ${bridge} addrgenmode none`);
  }
  if (link?.ifalias === undefined) lines.push(`link set dev ${bridge} alias ${alias}`);
  if (link && link.mtu !== mtu) lines.push(`link set dev ${bridge} mtu ${mtu}`);
  // Nor does it say who has its other addresses.
  if (!link?.flags.includes('NOARP')) lines.push(`link set dev ${bridge} arp off`);
  if (!link || !isUp(link)) lines.push(`link set dev ${bridge} up`);
  return lines;
}

function vxlanLines(network: L2Network, bridge: string, { marks, links, options }: PlanContext): string[] {
  const vni = vniOf(network);
  if (!options.localIp)
    throw new DriverError("VXLAN networks need this host's address on the service network (localIp).");
  const [device, alias] = [vxlanName(vni), marks.alias('vxlan', network.networkId)];
  const local = checkedIp(options.localIp);
  const port = checkedInteger(options.vxlanPort ?? 4789, 1, 65_535);
  const found = links.get(device);
  if (found) assertOurs(found, alias);
  const data = found?.linkinfo?.info_data;
  const same = found !== undefined && data?.id === vni && data.port === port && (data.local ?? data.local6) === local;
  const lines: string[] = found && !same ? [`link delete dev ${device}`] : [];
  if (!same) {
    lines.push(
      `link add name ${device} mtu ${network.mtu} type vxlan id ${vni} local ${local} dstport ${port} nolearning`,
    );
    lines.push(`link set dev ${device} addrgenmode none`);
  }
  if (!same || found.ifalias === undefined) lines.push(`link set dev ${device} alias ${alias}`);
  if (same && found.mtu !== network.mtu) lines.push(`link set dev ${device} mtu ${network.mtu}`);
  lines.push(...bridgePortLines(device, bridge, same ? found : undefined));
  if (!same || !isUp(found)) lines.push(`link set dev ${device} up`);
  return lines;
}

/** Lines that make one guest port's tap and join it to its bridge. */
export function portLines(port: L2Port, bridge: string, { marks, links, options }: PlanContext): string[] {
  const tap = checkedInterface(tapName(port.portId));
  const alias = marks.alias('port', checkedName(port.portId));
  const link = links.get(tap);
  if (link) assertOurs(link, alias);
  const mtu = checkedInteger(port.mtu, 68, 65_535);
  const lines: string[] = [];
  if (!link) {
    lines.push(
      `tuntap add dev ${tap} mode tap${options.tapUser === undefined ? '' : ` user ${checkedName(options.tapUser)}`}`,
    );
    lines.push(`link set dev ${tap} addrgenmode none`);
  }
  if (link?.ifalias === undefined) lines.push(`link set dev ${tap} alias ${alias}`);
  if (link?.mtu !== mtu) lines.push(`link set dev ${tap} mtu ${mtu}`);
  lines.push(...bridgePortLines(tap, bridge, link));
  if (port.adminUp !== (link !== undefined && isUp(link)))
    lines.push(`link set dev ${tap} ${port.adminUp ? 'up' : 'down'}`);
  return lines;
}

/** Names of the links to delete: what is marked as the L2 driver's and not desired; taps first, then tunnels, then bridges. */
export function goneLinks(desired: L2State, { marks, links }: PlanContext): string[] {
  const own = desired.networks.filter((network) => network.type !== 'flat');
  const wanted = new Set([
    ...desired.ports.map((port) => tapName(port.portId)),
    ...own.map((network) => bridgeName(network.networkId)),
    ...own.flatMap((network) => (isTunnelled(network) ? [vxlanName(vniOf(network))] : [])),
  ]);
  const order = ['port', 'vxlan', 'network'];
  return [...links.values()]
    .map((link) => ({ name: link.ifname, rank: order.indexOf(marks.read(link.ifalias)?.kind ?? '') }))
    .filter(({ name, rank }) => rank >= 0 && !wanted.has(name))
    .sort((a, b) => a.rank - b.rank)
    .map(({ name }) => name);
}
