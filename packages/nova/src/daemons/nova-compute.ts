import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { flowRunner } from '@kumo/core/flow';
import type { Logger } from '@kumo/core/log';
import { heartbeat, type Reconciler } from '@kumo/core/reconcile';
import type { Serving } from '@kumo/core/rpc';
import { Allocations } from '../compute/allocations.ts';
import { HostProvider } from '../compute/host-provider.ts';
import { hostRegistration } from '../compute/host-registration.ts';
import { ImageCache } from '../compute/image-cache.ts';
import { neighbourClients } from '../compute/neighbour-clients.ts';
import { NetworkSide } from '../compute/network-side.ts';
import { imagesDir, openVirtDriver } from '../compute/virt-driver.ts';
import { VolumeSide } from '../compute/volume-side.ts';
import type { NovaConfig } from '../config.ts';
import type { VirtDriver } from '../drivers/virt/driver.ts';
import { type ComputeDeps, handleOf } from '../flows/flow-deps.ts';
import { interfaceAttach } from '../flows/interface-attach.ts';
import { interfaceDetach } from '../flows/interface-detach.ts';
import { serverBuild } from '../flows/server-build.ts';
import { serverDelete } from '../flows/server-delete.ts';
import { serverPower } from '../flows/server-power.ts';
import { volumeAttach } from '../flows/volume-attach.ts';
import { volumeDetach } from '../flows/volume-detach.ts';
import { imagePruning } from '../reconcilers/image-cache.ts';
import { networkInfoHealing } from '../reconcilers/network-info.ts';
import { orphans } from '../reconcilers/orphans.ts';
import { powerStates } from '../reconcilers/power-states.ts';
import { computeHandlers } from '../rpc/compute.handlers.ts';
import { computeRpc } from '../rpc/compute.ts';
import { conductorRpc } from '../rpc/conductor.ts';
import { rpcJournal } from '../rpc/journal.ts';

const NAME = 'nova-compute';
const FLOWS = [serverBuild, serverDelete, serverPower, volumeAttach, volumeDetach, interfaceAttach, interfaceDetach];

/**
 * nova-compute: the guests of this host. It has no database: what it does is written down through nova-conductor, so after
 * a restart it goes on where it was.
 *
 * @param parts.driver a hypervisor in place of the configured one; for tests
 */
export async function novaCompute(
  env: DaemonEnv,
  config: NovaConfig,
  parts: { driver?: VirtDriver } = {},
): Promise<Daemon> {
  const { log, bus, host, managementAddress } = env;
  const guests = parts.driver ?? (await openVirtDriver(env, config));
  const { glance, neutron, cinder, placement } = neighbourClients(env, NAME);
  const conductor = bus.client(conductorRpc, { from: NAME, to: 'nova-conductor' });
  const journal = rpcJournal(conductor);
  const network = new NetworkSide(neutron, host);
  const images = new ImageCache(imagesDir(env.stateDir), glance);
  const deps: ComputeDeps = {
    host,
    conductor,
    guests,
    network,
    images,
    volumes: new VolumeSide(cinder, conductor, {
      connector: { host, ip: managementAddress },
      groupOf: async (serverId) => guests.volumes?.group?.(handleOf(serverId)),
      takesFakes: config.compute.driver === 'fake',
    }),
    allocations: new Allocations(placement),
    seedSecret: env.sharedSecret('random-seed'),
    vifPlugTimeoutMs: config.compute.vifPlugTimeoutMs,
    nudge: (flowId) => runner.nudge(flowId),
  };
  const { concurrency, imageCacheSeconds } = config.compute;
  const runner = flowRunner<ComputeDeps>({ journal, flows: FLOWS, deps, holder: host, daemon: NAME, log, concurrency });
  const common = { conductor, guests, host, log };
  const power = powerStates(common);
  const networkInfo = networkInfoHealing({ conductor, network, host, log });
  const pruning = imagePruning({ conductor, images, host, keepSeconds: imageCacheSeconds, log });
  const reconcilers: Reconciler[] = [power, orphans(common), networkInfo, pruning];
  const provider = new HostProvider(placement, config);
  const beat = hostRegistration({ conductor, guests, provider, host, hostIp: managementAddress, config });
  const life = heartbeat({ intervalMs: config.reportIntervalMs, log, beat });
  const stopping = new AbortController();
  let serving: Serving | undefined;
  let listening: Promise<void> | undefined;
  return {
    name: NAME,
    async start() {
      listening = followGuests(guests, power, log, stopping.signal);
      for (const serverId of await guests.list()) await guests.recover(handleOf(serverId));
      const handlers = computeHandlers({ runner, guests, network, networkInfo });
      serving = await bus.serve(computeRpc, { server: host, name: NAME }, handlers);
      await life.start();
      await runner.start();
      for (const one of reconcilers) one.start();
    },
    async stop() {
      stopping.abort();
      await serving?.close();
      await Promise.all(reconcilers.map((one) => one.stop()));
      await life.stop();
      await runner.stop();
      await listening;
      await guests.close();
    },
  };
}

/** A guest that ended or started by itself is looked at at once. */
async function followGuests(guests: VirtDriver, power: Reconciler, log: Logger, signal: AbortSignal): Promise<void> {
  try {
    for await (const { serverId } of guests.events(signal)) power.nudge(serverId);
  } catch (error) {
    if (!signal.aborted)
      log.error(
        { err: error },
        "the hypervisor's events ended; states are still compared every minute: restart nova-compute to have them at once again",
      );
  }
}
