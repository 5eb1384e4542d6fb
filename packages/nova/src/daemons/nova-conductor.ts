import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { dbJournal, flowPurge, flowRunner } from '@kumo/core/flow';
import { heartbeat } from '@kumo/core/reconcile';
import type { Serving } from '@kumo/core/rpc';
import { HostReports } from '../app/building/host-reports.ts';
import { notifier } from '../app/building/notifications.ts';
import { ServerProgress } from '../app/building/server-progress.ts';
import { novaQuotas } from '../app/quotas.ts';
import { Allocations } from '../compute/allocations.ts';
import { neighbourClients } from '../compute/neighbour-clients.ts';
import { NetworkSide } from '../compute/network-side.ts';
import { VolumeSide } from '../compute/volume-side.ts';
import type { NovaConfig } from '../config.ts';
import { openNovaDatabase } from '../db/open.ts';
import { reportService } from '../db/services.ts';
import type { CleanupDeps, ScheduleDeps } from '../flows/flow-deps.ts';
import { abandonedBuild, abandonedTasks } from '../flows/server-abandon.ts';
import { serverDelete } from '../flows/server-delete.ts';
import { serverReschedule } from '../flows/server-schedule.ts';
import { deadHosts } from '../reconcilers/dead-hosts.ts';
import { volumeClaims } from '../reconcilers/volume-claims.ts';
import { conductorHandlers } from '../rpc/conductor.handlers.ts';
import { conductorRpc } from '../rpc/conductor.ts';
import { schedulerRpc } from '../rpc/scheduler.ts';

/** nova-conductor: the computes' side of the database, and what must be done for servers that have no living host. */
export async function novaConductor(env: DaemonEnv, config: NovaConfig): Promise<Daemon> {
  const name = 'nova-conductor';
  const { log, bus, host } = env;
  const db = await openNovaDatabase(env, name);
  const { neutron, cinder, placement } = neighbourClients(env, name);
  const allocations = new Allocations(placement);
  const conductor = bus.client(conductorRpc, { from: name, to: name });
  const scheduler = bus.client(schedulerRpc, { from: name, to: 'nova-scheduler' });
  const journal = dbJournal(db);
  const nudge = (flowId?: string) => runner.nudge(flowId);
  const deps: CleanupDeps & ScheduleDeps = {
    host,
    conductor,
    scheduler,
    // Guests of hosts that are gone: their own host removes them when it comes back (reconcilers/orphans).
    guests: { destroy: async () => {} },
    network: new NetworkSide(neutron, host),
    volumes: new VolumeSide(cinder, conductor, {
      connector: { host, ip: env.managementAddress },
      takesFakes: config.compute.driver === 'fake',
    }),
    allocations,
    nudge,
  };
  const flows = [serverReschedule, serverDelete, abandonedBuild(), ...abandonedTasks()];
  const runner = flowRunner<CleanupDeps & ScheduleDeps>({
    journal,
    flows,
    deps,
    daemon: name,
    host,
    log,
    concurrency: config.compute.concurrency,
  });
  const notify = notifier(bus, host);
  const quotas = novaQuotas(db, config);
  const { maxBuildAttempts, serviceDownSeconds, reportIntervalMs } = config;
  const progress = new ServerProgress({ db, quotas, allocations, notify, maxBuildAttempts, nudge: () => nudge() });
  const reports = new HostReports(db, notify);
  const hosts = deadHosts({ db, journal, owner: `${host}:${name}`, serviceDownSeconds, log, nudge: () => nudge() });
  const claims = volumeClaims({ db, volumes: deps.volumes, log });
  const purge = flowPurge(db, log);
  const life = heartbeat({
    intervalMs: reportIntervalMs,
    log,
    beat: async () => void (await reportService(db.q, host, name)),
  });
  let serving: Serving | undefined;
  return {
    name,
    async start() {
      const handlers = conductorHandlers({ db, journal, progress, reports, runner });
      serving = await bus.serve(conductorRpc, { server: host, name, concurrency: 128 }, handlers);
      await life.start();
      await runner.start();
      hosts.start();
      claims.start();
      purge.start();
    },
    async stop() {
      await Promise.all([hosts.stop(), claims.stop(), purge.stop()]);
      await runner.stop();
      await life.stop();
      await serving?.close();
      await db.close();
    },
  };
}
