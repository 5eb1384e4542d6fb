import type { RpcClient } from '@kumo/core/rpc';
import type { Allocations } from '../compute/allocations.ts';
import type { ImageCache } from '../compute/image-cache.ts';
import type { NetworkSide } from '../compute/network-side.ts';
import type { VolumeSide } from '../compute/volume-side.ts';
import type { GuestHandle, VirtDriver } from '../drivers/virt/driver.ts';
import type { conductorRpc } from '../rpc/conductor.ts';
import type { schedulerRpc } from '../rpc/scheduler.ts';

export type Conductor = RpcClient<typeof conductorRpc.methods>;
export type Scheduler = RpcClient<typeof schedulerRpc.methods>;

export interface ScheduleDeps {
  readonly scheduler: Scheduler;
  readonly conductor: Conductor;
}

/** Enough to take away what a server has; on nova-conductor, which has no hypervisor, `guests` does nothing. */
export interface CleanupDeps {
  /** The host that these flows work for. */
  readonly host: string;
  readonly conductor: Conductor;
  readonly guests: Pick<VirtDriver, 'destroy'>;
  readonly network: NetworkSide;
  readonly volumes: VolumeSide;
  readonly allocations: Allocations;
  /** Makes a flow that runs in this process look whether it was cancelled. */
  nudge(flowId: string): void;
}

/** What flows on a host need besides. */
export interface ComputeDeps extends CleanupDeps {
  readonly guests: VirtDriver;
  readonly images: ImageCache;
  /** See `metaData`. */
  readonly seedSecret: string;
  /** How long to wait until Neutron says that ports are wired. */
  readonly vifPlugTimeoutMs: number;
}

export const handleOf = (serverId: string): GuestHandle => ({ v: 1, serverId });
