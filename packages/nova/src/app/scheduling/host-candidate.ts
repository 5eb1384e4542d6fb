import type { FlavorSnapshot, ServerRequest } from '../../db/server-shapes.ts';

/** A host that could take a server, as filters and weighers see it: plain data. */
export interface HostCandidate {
  readonly host: string;
  readonly node: string;
  readonly providerId: string;
  /** Heard of lately. */
  readonly up: boolean;
  readonly disabled: boolean;
  readonly zone: string;
  readonly architecture: string;
  readonly hypervisorType: string;
  /** Metadata of the aggregates that it is in; a key may have several values. */
  readonly aggregateMetadata: Readonly<Record<string, readonly string[]>>;
  /** False when Placement did not offer it: too little left, or a trait is missing. */
  readonly hasRoom: boolean;
  readonly freeVcpus: number;
  readonly freeMemoryMb: number;
  readonly freeDiskGb: number;
  /** Builds that failed there since the last that succeeded. */
  readonly buildFailures: number;
}

/** What a server wants of its host. */
export interface HostWish {
  readonly flavor: FlavorSnapshot;
  readonly request: ServerRequest;
  readonly excludeHosts: readonly string[];
}
