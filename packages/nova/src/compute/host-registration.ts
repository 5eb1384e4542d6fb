import type { NovaConfig } from '../config.ts';
import type { VirtDriver } from '../drivers/virt/driver.ts';
import type { Conductor } from '../flows/flow-deps.ts';
import type { HostProvider } from './host-provider.ts';

export interface HostRegistrationOptions {
  readonly conductor: Conductor;
  readonly guests: VirtDriver;
  readonly provider: HostProvider;
  readonly host: string;
  readonly hostIp: string;
  readonly config: NovaConfig;
}

/** Of how many beats one looks at Placement even if nothing has changed here: someone may have changed it there. */
const FORCED_EVERY = 30;

/** One heartbeat of nova-compute: the service lives, this is its hypervisor, this is what Placement may give away. */
export function hostRegistration(options: HostRegistrationOptions): () => Promise<void> {
  const { conductor, guests, provider, host, hostIp, config } = options;
  let beats = 0;
  let last = '';
  let nodeId = '';
  return async () => {
    await conductor.reportService({ host, binary: 'nova-compute' });
    const inventory = await guests.inventory();
    const { cpu, ram, disk } = config.allocationRatios;
    const node = {
      hypervisorHostname: host,
      hypervisorType: inventory.hypervisorType,
      hypervisorVersion: inventory.hypervisorVersion,
      hostIp,
      vcpus: inventory.vcpus,
      memoryMb: inventory.memoryMb,
      localGb: inventory.diskGb,
      runningVms: inventory.running,
      cpuInfo: inventory.cpuInfo,
      cpuAllocationRatio: cpu,
      ramAllocationRatio: ram,
      diskAllocationRatio: disk,
    };
    const isForced = beats++ % FORCED_EVERY === 0;
    const text = JSON.stringify(node);
    if (isForced || text !== last) ({ nodeId } = await conductor.reportNode({ host, node }));
    last = text;
    await provider.ensure(nodeId, host, inventory, isForced);
  };
}
