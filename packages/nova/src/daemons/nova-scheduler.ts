import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { heartbeat } from '@kumo/core/reconcile';
import type { Serving } from '@kumo/core/rpc';
import { HostSelector } from '../app/scheduling/host-selector.ts';
import { Allocations } from '../compute/allocations.ts';
import { neighbourClients } from '../compute/neighbour-clients.ts';
import type { NovaConfig } from '../config.ts';
import { openNovaDatabase } from '../db/open.ts';
import { reportService } from '../db/services.ts';
import { computeRpc } from '../rpc/compute.ts';
import { schedulerHandlers } from '../rpc/scheduler.handlers.ts';
import { schedulerRpc } from '../rpc/scheduler.ts';

/** nova-scheduler: chooses hosts. It keeps nothing and may run any number of times. */
export async function novaScheduler(env: DaemonEnv, config: NovaConfig): Promise<Daemon> {
  const name = 'nova-scheduler';
  const { log, bus, host } = env;
  const db = await openNovaDatabase(env, name);
  const { placement } = neighbourClients(env, name);
  const allocations = new Allocations(placement);
  const compute = bus.client(computeRpc, { from: name, to: 'nova-compute' });
  const selector = new HostSelector({ db, placement, allocations, config, random: Math.random, compute });
  const life = heartbeat({
    intervalMs: config.reportIntervalMs,
    log,
    beat: async () => void (await reportService(db.q, host, name)),
  });
  let serving: Serving | undefined;
  return {
    name,
    async start() {
      serving = await bus.serve(schedulerRpc, { server: host, name }, schedulerHandlers({ selector }));
      await life.start();
    },
    async stop() {
      await serving?.close();
      await life.stop();
      await db.close();
    },
  };
}
