import type { Network } from '../db/records.ts';

/** How agents are told what network something is of. */
export function segmentOf(network: Network) {
  return {
    networkId: network.id,
    type: network.networkType,
    physicalNetwork: network.physicalNetwork ?? undefined,
    segmentationId: network.segmentationId ?? undefined,
    mtu: network.mtu,
  };
}
