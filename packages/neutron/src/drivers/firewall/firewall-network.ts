import { bridgeOf, type NetworkSegment } from '../host/marks.ts';
import { conntrackZone } from './conntrack-zone.ts';
import type { FirewallNetwork } from './driver.ts';

/** A network of this host as the firewall takes it; `remotes` are the other hosts that have it. */
export function firewallNetwork(
  network: NetworkSegment & { remotes: readonly { hostIp: string }[] },
  physicalBridges: Readonly<Record<string, string>>,
): FirewallNetwork {
  const { networkId, type, segmentationId } = network;
  const peers = network.remotes.map(({ hostIp }) => hostIp);
  return {
    networkId,
    bridge: bridgeOf(network, physicalBridges),
    zone: conntrackZone(network),
    ...(type === 'vxlan' && segmentationId !== undefined ? { overlay: { vni: segmentationId, peers } } : {}),
  };
}
