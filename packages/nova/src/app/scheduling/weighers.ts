import type { HostCandidate } from './host-candidate.ts';

export interface HostWeigher {
  readonly name: string;
  readonly factor: number;
  /** Higher is better. */
  weigh(host: HostCandidate): number;
}

export const weighers: readonly HostWeigher[] = [
  { name: 'RAMWeigher', factor: 1, weigh: ({ freeMemoryMb }) => freeMemoryMb },
  { name: 'CPUWeigher', factor: 1, weigh: ({ freeVcpus }) => freeVcpus },
  { name: 'DiskWeigher', factor: 1, weigh: ({ freeDiskGb }) => freeDiskGb },
  // A host that fails builds comes after every one that does not.
  { name: 'BuildFailureWeigher', factor: 1_000_000, weigh: ({ buildFailures }) => -buildFailures },
];

/** Best first; each weigher's values are brought to 0–1 before they are added up. Equals keep no order: shuffle before. */
export function sortByWeight(hosts: readonly HostCandidate[], all = weighers): HostCandidate[] {
  const totals = new Map(hosts.map((host) => [host, 0]));
  for (const { factor, weigh } of all) {
    const values = hosts.map(weigh);
    const low = Math.min(...values);
    const span = Math.max(...values) - low;
    for (const [index, host] of hosts.entries())
      if (span > 0) totals.set(host, totals.get(host)! + (factor * (values[index]! - low)) / span);
  }
  return hosts.toSorted((a, b) => totals.get(b)! - totals.get(a)!);
}

/**
 * The order in which hosts are tried: best first, but the best `spread` in random order, so that schedulers that see the
 * same figures do not all choose one host.
 */
export function rankHosts(hosts: readonly HostCandidate[], spread: number, random: () => number): HostCandidate[] {
  const sorted = sortByWeight(shuffled(hosts, random));
  return [...shuffled(sorted.slice(0, spread), random), ...sorted.slice(spread)];
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const mixed = [...items];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}
