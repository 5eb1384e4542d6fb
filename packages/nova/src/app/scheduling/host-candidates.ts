import type { listAllocationCandidates } from '@kumo/placement/api';
import type { Static } from 'typebox';
import { type Aggregate, listAggregates } from '../../db/aggregates.ts';
import { type ComputeNode, listComputeNodes } from '../../db/compute-nodes.ts';
import { isUp, listServices, type NovaService } from '../../db/hosts.ts';
import type { Queries } from '../../db/servers.ts';
import type { HostCandidate } from './host-candidate.ts';

export type PlacementOffer = Static<(typeof listAllocationCandidates)['reply']>;

export interface CloudFacts {
  readonly nodes: readonly ComputeNode[];
  readonly services: readonly NovaService[];
  readonly aggregates: readonly Aggregate[];
}

export interface CandidateSettings {
  readonly serviceDownSeconds: number;
  readonly defaultAvailabilityZone: string;
}

/** Every hypervisor and what else decides about it. */
export async function readCloudFacts(q: Queries): Promise<CloudFacts> {
  return {
    nodes: await listComputeNodes(q),
    services: await listServices(q, { binary: 'nova-compute' }),
    aggregates: await listAggregates(q),
  };
}

/** What the database knows about hosts, joined with what Placement offers. */
export function candidatesOf(facts: CloudFacts, offer: PlacementOffer, settings: CandidateSettings): HostCandidate[] {
  const services = new Map(facts.services.map((service) => [service.host, service]));
  const offered = new Set(offer.allocation_requests.flatMap(({ allocations }) => Object.keys(allocations)));
  return facts.nodes.map((node) => {
    const service = services.get(node.host);
    const aggregateMetadata = metadataOf(facts.aggregates, node.host);
    const summary = offer.provider_summaries[node.id]?.resources ?? {};
    const free = (name: string) => (summary[name]?.capacity ?? 0) - (summary[name]?.used ?? 0);
    return {
      host: node.host,
      node: node.hypervisorHostname,
      providerId: node.id,
      up: service !== undefined && isUp(service, settings.serviceDownSeconds),
      disabled: service?.disabled ?? false,
      zone: aggregateMetadata.availability_zone?.[0] ?? settings.defaultAvailabilityZone,
      architecture: 'arch' in node.cpuInfo ? String(node.cpuInfo.arch) : 'x86_64',
      hypervisorType: node.hypervisorType,
      aggregateMetadata,
      hasRoom: offered.has(node.id),
      freeVcpus: free('VCPU'),
      freeMemoryMb: free('MEMORY_MB'),
      freeDiskGb: free('DISK_GB'),
      buildFailures: node.buildFailures,
    };
  });
}

function metadataOf(aggregates: readonly Aggregate[], host: string): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const { hosts, metadata } of aggregates) {
    if (!hosts.includes(host)) continue;
    for (const [name, value] of Object.entries(metadata)) values[name] = [...(values[name] ?? []), value];
  }
  return values;
}
