import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { flowPurge } from '@kumo/core/flow';
import { heartbeat, reconciler } from '@kumo/core/reconcile';
import { Scheduler } from '../app/scheduler.ts';
import type { CinderConfig } from '../config.ts';
import { dropExpiredMessages } from '../db/messages.ts';
import { openCinderDatabase } from '../db/open.ts';
import { reportService } from '../db/services.ts';
import { unplacedVolumeReconciler } from '../reconcilers/unplaced-volumes.ts';
import { schedulerHandlers } from '../rpc/scheduler.handlers.ts';
import { schedulerRpc } from '../rpc/scheduler.ts';
import { volumeRpc } from '../rpc/volume.ts';

const NAME = 'cinder-scheduler';
/** How long a volume waits at most that nobody told the scheduler of. */
const SEARCH_MS = 5_000;
/** From one search for messages that are too old to the next. */
const EXPIRY_MS = 3_600_000;

/** cinder-scheduler: chooses back ends for new volumes. */
export async function cinderScheduler(env: DaemonEnv, config: CinderConfig): Promise<Daemon> {
  const { log, bus, host } = env;
  const db = await openCinderDatabase(env, NAME);
  const backends = bus.client(volumeRpc, { from: NAME, to: 'cinder-volume' });
  const scheduler = new Scheduler({ db, config, backends, log });
  const unplaced = unplacedVolumeReconciler({ db, scheduler, intervalMs: SEARCH_MS, log });
  const expiry = reconciler({
    name: 'expired-messages',
    intervalMs: EXPIRY_MS,
    keys: async () => ['messages'],
    reconcile: () => dropExpiredMessages(db.q),
    log,
  });
  const purge = flowPurge(db, log);
  const { availabilityZone } = config;
  const life = heartbeat({
    intervalMs: config.reportIntervalMs,
    log,
    beat: () => reportService(db.q, { binary: NAME, host, availabilityZone }),
  });
  let serving: { close(): Promise<void> } | undefined;
  return {
    name: NAME,
    async start() {
      serving = await bus.serve(
        schedulerRpc,
        { server: host, name: NAME },
        schedulerHandlers(scheduler, (id) => unplaced.nudge(id)),
      );
      await life.start();
      unplaced.start();
      expiry.start();
      purge.start();
    },
    async stop() {
      await serving?.close();
      await Promise.all([unplaced.stop(), expiry.stop(), purge.stop(), life.stop()]);
      await db.close();
    },
  };
}
