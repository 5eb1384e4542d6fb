import { DriverError } from '@kumo/core/errors';
import { bridgePortLines } from './bridge-port.ts';
import { checkedInteger, checkedInterface, checkedMac } from './checked-values.ts';
import { type MarkKind, tapName } from './marks.ts';
import { assertOurs, isUp, type Link, type NetHost } from './net-host.ts';

/** A port of the cloud's own (DHCP, router): a veth from a bridge into a namespace. */
export interface NamespacePort {
  portId: string;
  /** The bridge on the host that it joins; must exist. */
  bridge: string;
  mac: string;
  mtu: number;
}

export interface VethPlace {
  namespace: string;
  /** The interface's name in the namespace. */
  device: string;
  kind: MarkKind;
}

/**
 * Makes the pair, or mends what differs: the inner end's MAC, both MTUs, bridge membership, both ends up.
 * @param inner the namespace's links as read just before
 * @throws DriverError, retryable, when the bridge does not exist (the L2 driver has not made it yet).
 */
export async function ensureVeth(
  host: NetHost,
  port: NamespacePort,
  place: VethPlace,
  inner: readonly Link[],
): Promise<void> {
  const tap = tapName(port.portId);
  const alias = host.marks.alias(place.kind, port.portId);
  const links = await host.links();
  if (!links.some((link) => link.ifname === port.bridge)) {
    throw new DriverError(`Bridge ${port.bridge} of port ${port.portId} does not exist on this host yet.`, {
      retryable: true,
    });
  }
  const outer = links.find((link) => link.ifname === tap);
  if (outer) assertOurs(outer, alias);
  const device = checkedInterface(place.device);
  const peer = inner.find((link) => link.ifname === device);
  await host.ipBatch(outerLines(port, outer, peer, { ...place, device, tap, alias }));
  await host.ipBatch(innerLines(port, peer, device, alias), place.namespace);
}

function outerLines(
  port: NamespacePort,
  outer: Link | undefined,
  peer: Link | undefined,
  names: { tap: string; device: string; namespace: string; alias: string },
): string[] {
  const { tap, device, namespace, alias } = names;
  const mtu = checkedInteger(port.mtu, 68, 65_535);
  const lines: string[] = [];
  const whole = outer !== undefined && peer !== undefined;
  // Half a pair is left when somebody moved or renamed an end; the kernel only makes both together.
  if (outer && !peer) lines.push(`link delete dev ${tap}`);
  if (!whole) {
    lines.push(`link add name ${tap} mtu ${mtu} type veth peer name ${device} netns ${namespace}`);
    lines.push(`link set dev ${tap} alias ${alias}`, `link set dev ${tap} addrgenmode none`);
  }
  if (whole && outer.mtu !== mtu) lines.push(`link set dev ${tap} mtu ${mtu}`);
  if (whole && outer.ifalias === undefined) lines.push(`link set dev ${tap} alias ${alias}`);
  lines.push(...bridgePortLines(tap, checkedInterface(port.bridge), whole ? outer : undefined));
  if (!whole || !isUp(outer)) lines.push(`link set dev ${tap} up`);
  return lines;
}

function innerLines(port: NamespacePort, peer: Link | undefined, device: string, alias: string): string[] {
  const mac = checkedMac(port.mac);
  const lines: string[] = [];
  if (peer?.address !== mac) lines.push(`link set dev ${device} address ${mac}`);
  if (peer?.mtu !== port.mtu) lines.push(`link set dev ${device} mtu ${port.mtu}`);
  if (peer?.ifalias === undefined) lines.push(`link set dev ${device} alias ${alias}`);
  if (!peer || !isUp(peer)) lines.push(`link set dev ${device} up`);
  return lines;
}

/** Lines that give a device exactly these addresses (prefix notation), link-local ones aside. */
export function addressLines(device: string, current: Link | undefined, wanted: readonly string[]): string[] {
  const have = (current?.addr_info ?? [])
    .filter((a) => !(a.family === 'inet6' && a.scope === 'link'))
    .map((a) => `${a.local}/${a.prefixlen}`);
  const gone = have.filter((address) => !wanted.includes(address));
  const missing = wanted.filter((address) => !have.includes(address));
  return [
    ...gone.map((address) => `address delete ${address} dev ${device}`),
    // `nodad`: Neutron has already made sure that the address is nobody else's.
    ...missing.map((address) => `address add ${address} dev ${device}${address.includes(':') ? ' nodad' : ''}`),
  ];
}
