import { checkedIp, checkedMac } from '../host/checked-values.ts';
import { vxlanName } from '../host/marks.ts';
import type { L2Network } from './driver.ts';
import { isTunnelled } from './link-plan.ts';

/** Frames without an entry of their own (broadcast, ARP, unknown unicast) go to every remote under this address. */
const ANY_MAC = '00:00:00:00:00:00';

export interface FdbEntry {
  mac: string;
  ifname: string;
  dst?: string;
}

/**
 * Lines of `bridge -batch` that give each tunnel exactly the desired forwarding entries. There is no ARP proxy: it
 * swallows requests for addresses that it does not know, which breaks allowed address pairs; ARP is flooded to the
 * remotes instead, once per host.
 */
export function fdbLines(networks: readonly L2Network[], entries: readonly FdbEntry[]): string[] {
  const lines: string[] = [];
  for (const network of networks) {
    if (!isTunnelled(network)) continue;
    const device = vxlanName(network.segmentationId ?? 0);
    const wanted = new Set([
      ...network.remotes.map((remote) => `${ANY_MAC} ${checkedIp(remote.hostIp)}`),
      ...network.fdb.map((entry) => `${checkedMac(entry.mac)} ${checkedIp(entry.hostIp)}`),
    ]);
    const have = new Set(
      entries.filter((e) => e.ifname === device && e.dst !== undefined).map((e) => `${e.mac} ${e.dst}`),
    );
    for (const entry of have) if (!wanted.has(entry)) lines.push(fdbLine('del', entry, device));
    for (const entry of wanted) if (!have.has(entry)) lines.push(fdbLine('append', entry, device));
  }
  return lines;
}

function fdbLine(verb: 'append' | 'del', entry: string, device: string): string {
  const [mac, dst] = entry.split(' ');
  // Only the all-zero address may have several destinations; a port that moved replaces its entry (deleted just above).
  const word = verb === 'append' && mac !== ANY_MAC ? 'replace' : verb;
  return `fdb ${word} ${mac} dev ${device} dst ${dst} self permanent`;
}
