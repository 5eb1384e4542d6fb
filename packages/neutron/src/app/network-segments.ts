import { randomInt } from 'node:crypto';
import { insertIgnore } from '@kumo/core/db';
import type { NeutronConfig } from '../config.ts';
import type { Network } from '../db/records.ts';
import type { Tx } from '../db/table.ts';
import { flatInUse, invalidInput, noNetworkAvailable, vlanInUse } from '../errors.ts';

export interface WantedSegment {
  networkType?: string;
  physicalNetwork?: string | null;
  segmentationId?: number | null;
}

export type Segment = Pick<Network, 'networkType' | 'physicalNetwork' | 'segmentationId'>;

export interface TypeDriver {
  /** @throws invalidInput when the attributes do not belong together. */
  check(wanted: WantedSegment): void;
  /** Takes a segment for the network in its transaction. */
  allocate(tx: Tx, networkId: string, wanted: WantedSegment): Promise<Segment>;
  /** Bytes that its headers take from a packet. */
  overhead: number;
}

const RANDOM_TRIES = 16;

/** ML2's type drivers: how networks of a type are told apart. */
export function typeDrivers(config: NeutronConfig): Readonly<Record<string, TypeDriver>> {
  return {
    flat: { overhead: 0, check: checkFlat, allocate: allocateFlat },
    vxlan: {
      overhead: 50,
      check: ({ physicalNetwork, segmentationId }) => {
        if (physicalNetwork) throw invalidInput({ reason: 'provider:physical_network specified for VXLAN network' });
        if (typeof segmentationId === 'number' && (segmentationId < 1 || segmentationId > 16_777_215)) {
          throw invalidInput({ reason: 'provider:segmentation_id out of range (1 through 16777215)' });
        }
      },
      allocate: (tx, networkId, { segmentationId }) =>
        allocateVni(tx, networkId, config.vniRange, segmentationId ?? undefined),
    },
    local: {
      overhead: 0,
      check: ({ physicalNetwork, segmentationId }) => {
        if (physicalNetwork) throw invalidInput({ reason: 'provider:physical_network specified for local network' });
        if (typeof segmentationId === 'number') {
          throw invalidInput({ reason: 'provider:segmentation_id specified for local network' });
        }
      },
      allocate: async () => ({ networkType: 'local', physicalNetwork: null, segmentationId: null }),
    },
  };
}

function checkFlat({ physicalNetwork, segmentationId }: WantedSegment): void {
  if (!physicalNetwork) throw invalidInput({ reason: 'physical_network required for flat provider network' });
  if (typeof segmentationId === 'number') {
    throw invalidInput({ reason: 'segmentation_id prohibited for flat provider network' });
  }
}

async function allocateFlat(tx: Tx, networkId: string, { physicalNetwork }: WantedSegment): Promise<Segment> {
  const name = physicalNetwork as string;
  if (!(await take(tx, networkId, { networkType: 'flat', physicalNetwork: name, segmentationId: null }))) {
    throw flatInUse({ name });
  }
  return { networkType: 'flat', physicalNetwork: name, segmentationId: null };
}

async function allocateVni(
  tx: Tx,
  networkId: string,
  range: { min: number; max: number },
  wanted: number | undefined,
): Promise<Segment> {
  const segment = (vni: number): Segment => ({ networkType: 'vxlan', physicalNetwork: null, segmentationId: vni });
  if (wanted !== undefined) {
    if (await take(tx, networkId, segment(wanted))) return segment(wanted);
    throw vlanInUse({ id: wanted });
  }
  for (let tries = 0; tries < RANDOM_TRIES; tries += 1) {
    const vni = randomInt(range.min, range.max + 1);
    if (await take(tx, networkId, segment(vni))) return segment(vni);
  }
  for (const vni of await gaps(tx, range)) if (await take(tx, networkId, segment(vni))) return segment(vni);
  throw noNetworkAvailable();
}

/** Free ids of a range that is nearly used up. */
async function gaps(tx: Tx, range: { min: number; max: number }): Promise<number[]> {
  const rows = await tx
    .selectFrom('segment_allocations')
    .select('segmentation_id')
    .where('network_type', '=', 'vxlan')
    .where('segmentation_id', '>=', range.min)
    .where('segmentation_id', '<=', range.max)
    .execute();
  const taken = new Set(rows.map((row) => row.segmentation_id));
  const free: number[] = [];
  for (let vni = range.min; vni <= range.max && free.length < RANDOM_TRIES; vni += 1)
    if (!taken.has(vni)) free.push(vni);
  return free;
}

async function take(tx: Tx, networkId: string, segment: Segment): Promise<boolean> {
  const row = {
    network_type: segment.networkType,
    physical_network: segment.physicalNetwork ?? '',
    segmentation_id: segment.segmentationId ?? 0,
    network_id: networkId,
  };
  return (await insertIgnore(tx, 'segment_allocations', [row])) === 1;
}
