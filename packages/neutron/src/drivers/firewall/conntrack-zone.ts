import { createHash } from 'node:crypto';
import type { NetworkSegment } from '../host/marks.ts';

const ZONES = 65_535;

/**
 * The zone in which a network's connections are tracked, so that equal addresses in different networks do not mix.
 * It follows from the network alone and therefore survives restarts. Flat networks share the host's own zone: their
 * packets may be routed by the host, whose address translation looks for them there.
 */
export function conntrackZone(network: NetworkSegment): number {
  if (network.type === 'flat') return 0;
  if (network.segmentationId) return 1 + (network.segmentationId % ZONES);
  return 1 + (createHash('sha256').update(network.networkId).digest().readUInt32BE(0) % ZONES);
}
