import { join } from 'node:path';
import { defaultIdBounds, NetworkGuard } from '@kumo/core/confine';
import type { Daemon, DaemonEnv } from '@kumo/core/daemon';
import { dbJournal, flowRunner } from '@kumo/core/flow';
import { heartbeat } from '@kumo/core/reconcile';
import { backendReport } from '../app/backend-report.ts';
import { Connections } from '../app/connections.ts';
import { Images } from '../app/images.ts';
import { VolumeQuota } from '../app/quota.ts';
import { type CinderConfig, volumeDirectory, volumeIdBounds } from '../config.ts';
import { openCinderDatabase } from '../db/open.ts';
import { reportService } from '../db/services.ts';
import { FakeVolumeDriver, FileDriver, type VolumeDriver } from '../drivers/volume/index.ts';
import { KeyedLock } from '../drivers/volume/keyed-lock.ts';
import { snapshotCreate } from '../flows/snapshot-create.ts';
import { snapshotDelete } from '../flows/snapshot-delete.ts';
import { volumeCreate } from '../flows/volume-create.ts';
import { volumeDelete } from '../flows/volume-delete.ts';
import { volumeExtend } from '../flows/volume-extend.ts';
import { volumeUpload } from '../flows/volume-upload.ts';
import { backendReconciler } from '../reconcilers/backend.ts';
import { volumeHandlers } from '../rpc/volume.handlers.ts';
import { volumeRpc } from '../rpc/volume.ts';

const NAME = 'cinder-volume';
const FLOWS = [volumeCreate, volumeDelete, volumeExtend, volumeUpload, snapshotCreate, snapshotDelete];

/** The configured driver. */
async function openDriver(env: DaemonEnv, config: CinderConfig): Promise<VolumeDriver> {
  if (config.driver === 'fake') return new FakeVolumeDriver();
  const isRoot = process.getuid?.() === 0;
  const owners = {
    volumes: volumeIdBounds(config, env.stateDir),
    guests: config.guestIds ?? defaultIdBounds(env.stateDir, 'guests'),
    formerUser: config.guestUser,
  };
  // Storage daemons answer other hosts, and ask nobody.
  if (isRoot) await NetworkGuard.open(owners.volumes, { from: NAME });
  return FileDriver.open({
    stateDirectory: volumeDirectory(config, env.stateDir),
    runDirectory: config.runDirectory,
    host: env.host,
    ...(isRoot ? { owners } : {}),
    exportAddress: config.exportAddress,
    from: NAME,
    log: env.log,
  });
}

/** cinder-volume: one back end on one host. `driver` instead of the configured one is for tests. */
export async function cinderVolume(env: DaemonEnv, config: CinderConfig, given?: VolumeDriver): Promise<Daemon> {
  const { log, bus } = env;
  const backend = `${env.host}@${config.backendName}`;
  const db = await openCinderDatabase(env, NAME);
  const driver = given ?? (await openDriver(env, config));
  const journal = dbJournal(db);
  const lock = new KeyedLock();
  const images = new Images({
    transport: env.transport('glance-api'),
    keystone: env.transport('keystone'),
    from: NAME,
    user: env.serviceUser('cinder'),
  });
  const scratchDirectory = join(env.stateDir, 'cinder-scratch');
  const deps = { db, driver, images, quota: new VolumeQuota(db, config), lock, scratchDirectory };
  const runner = flowRunner({ journal, flows: FLOWS, deps, holder: backend, daemon: NAME, log });
  const connections = new Connections({ db, driver, lock, backend });
  const reconcile = backendReconciler({
    db,
    journal,
    driver,
    connections,
    intervalMs: config.reconcileIntervalMs,
    log,
  });
  const { availabilityZone } = config;
  const life = heartbeat({
    intervalMs: config.reportIntervalMs,
    log,
    beat: async () => {
      const stats = await backendReport(driver, config.backendName);
      await reportService(db.q, { binary: NAME, host: backend, availabilityZone, stats });
    },
  });
  let serving: { close(): Promise<void> } | undefined;
  return {
    name: NAME,
    async start() {
      await driver.recover();
      serving = await bus.serve(
        volumeRpc,
        { server: backend, name: NAME },
        volumeHandlers(connections, () => runner.nudge()),
      );
      await runner.start();
      await life.start();
      reconcile.start();
    },
    async stop() {
      await serving?.close();
      await Promise.all([reconcile.stop(), life.stop(), runner.stop()]);
      if (!given) await driver.close();
      await db.close();
    },
  };
}
