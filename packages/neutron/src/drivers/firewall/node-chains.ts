import { isIPv4 } from 'node:net';
import { checkedInteger, checkedIp } from '../host/checked-values.ts';
import type { FirewallNetwork } from './driver.ts';
import type { TableModel, TableSet } from './table-model.ts';

/** What of the node itself may be reached, and from where. */
export interface NodeGuard {
  /** This node's address on the service network; absent where it carries no overlay. */
  localIp?: string | undefined;
  /** UDP port of VXLAN. */
  vxlanPort: number;
  /** TCP and UDP ports of the node that guests may reach by way of a physical network. */
  guestPorts: readonly number[];
}

/** On a frame that comes to the node from a port of ours: a guest's tap, a router's or a DHCP server's veth. */
const FROM_PORT = '0x40000000';

/** Marks frames that the bridge hands up to the node. What a port sends to other ports is not the node's affair. */
export function markNodeFrames(bridge: TableModel): void {
  const mark = `iifname "tap*" meta mark set meta mark or ${FROM_PORT}`;
  bridge.chains.set('to_node', { hook: 'type filter hook input priority -100', rules: [mark] });
}

/**
 * Two ways to the node itself. The kernel unpacks VXLAN that comes to any address and interface, if only it bears a number that it
 * knows: for ours it comes from a host that has the network too, to the tunnel address, by the way on which that host is reached.
 * And what guests, floating IPs and routers send on a physical network may be for others there, but for the node only as far as a
 * gateway has to answer; what the node itself began is answered.
 */
export function guardNode(inet: TableModel, networks: readonly FirewallNetwork[], guard: NodeGuard): void {
  const overlays = networks.flatMap(({ overlay }) => (overlay && overlay.peers.length > 0 ? [overlay] : []));
  const peers = [...new Set(overlays.flatMap((overlay) => overlay.peers.map((peer) => checkedIp(peer))))];
  const of = (family: 4 | 6) => peers.filter((peer) => isIPv4(peer) === (family === 4));
  const numbers = overlays.map(({ vni }) => String(checkedInteger(vni, 1, 16_777_215)));
  inet.sets
    .set('vnis', shared('typeof @th,96,24', numbers))
    .set('peers4', shared('type ipv4_addr', of(4)))
    .set('peers6', shared('type ipv6_addr', of(6)));
  const port = checkedInteger(guard.vxlanPort, 1, 65_535);
  const ports = guard.guestPorts.map((one) => checkedInteger(one, 1, 65_535));
  inet.chains
    .set('overlay', {
      rules: [
        `meta mark and ${FROM_PORT} != 0 drop`,
        'fib saddr . iif oif missing drop',
        ...(guard.localIp === undefined ? [] : [fromPeers(checkedIp(guard.localIp))]),
        'drop',
      ],
    })
    .set('from_ports', {
      rules: [
        'icmp type redirect drop',
        'ct state established,related accept',
        'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
        // Of the address that the bridge bears, not of others that the node has elsewhere.
        'icmp type echo-request fib daddr . iif type local accept',
        'icmpv6 type echo-request fib daddr . iif type local accept',
        ...(ports.length > 0 ? [`meta l4proto { tcp, udp } th dport { ${ports.join(', ')} } accept`] : []),
        'drop',
      ],
    })
    .set('through_node', {
      hook: 'type filter hook forward priority -10',
      rules: [
        // The node is no router of a tenant's network, though it would take frames to the bridge's MAC.
        'iifname @tenant_bridges oifname != @tenant_bridges drop',
        // What it masquerades comes from itself: to other hosts of the cloud a guest's VXLAN would come from a peer.
        ...[4, 6].map(
          (family) =>
            `meta mark and ${FROM_PORT} != 0 udp dport ${port} ${family === 4 ? 'ip' : 'ip6'} daddr @peers${family} drop`,
        ),
      ],
    })
    .set('node', {
      hook: 'type filter hook input priority -10',
      rules: [
        // The number stands in bits 32 to 55 of the header that follows UDP's.
        `udp dport ${port} @th,96,24 @vnis jump overlay`,
        `iifname @bridges meta mark and ${FROM_PORT} != 0 jump from_ports`,
      ],
    });
}

function fromPeers(localIp: string): string {
  return isIPv4(localIp)
    ? `ip saddr @peers4 ip daddr ${localIp} accept`
    : `ip6 saddr @peers6 ip6 daddr ${localIp} accept`;
}

function shared(spec: string, elements: readonly string[]): TableSet {
  return { kind: 'set', shared: true, spec, elements: new Map(elements.map((element) => [element, element])) };
}
