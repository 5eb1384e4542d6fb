import type { FlowJournal } from '@kumo/core/flow';
import type { Logger } from '@kumo/core/log';
import { type Reconciler, reconciler } from '@kumo/core/reconcile';
import type { Connections } from '../app/connections.ts';
import type { CinderDb } from '../db/schema.ts';
import { findSnapshot } from '../db/snapshots.ts';
import { findVolume } from '../db/volumes.ts';
import type { VolumeDriver } from '../drivers/volume/index.ts';

interface BackendParts {
  db: CinderDb;
  journal: FlowJournal;
  driver: VolumeDriver;
  connections: Connections;
  intervalMs: number;
  log: Logger;
}

const RECOVER = 'recover';

/**
 * Brings what the back end holds in line with the database: exports are served, connections without an attachment are
 * ended, and what was deleted does not stay on disk.
 */
export function backendReconciler(parts: BackendParts): Reconciler {
  const { driver, intervalMs, log } = parts;
  return reconciler({
    name: 'backend',
    intervalMs,
    keys: async () => {
      const { volumes, snapshots } = await driver.list();
      return [RECOVER, ...volumes.map(({ id }) => `volume:${id}`), ...snapshots.map(({ id }) => `snapshot:${id}`)];
    },
    reconcile: async (key) => {
      if (key === RECOVER) return recover(parts);
      const [kind, id = ''] = key.split(':', 2);
      if (kind === 'volume') await reconcileVolume(parts, id);
      else await reconcileSnapshot(parts, id);
    },
    concurrency: 1,
    log,
  });
}

async function recover({ driver, log }: BackendParts): Promise<void> {
  const { failed } = await driver.recover();
  for (const { volumeId, reason } of failed)
    log.error({ volumeId, reason }, 'a connected volume cannot be reached: see reason; its guest waits');
}

async function reconcileVolume(parts: BackendParts, id: string): Promise<void> {
  const { db, driver, connections, log } = parts;
  if (await findVolume(db.q, id)) {
    const stored = (await driver.list()).volumes.find((one) => one.id === id);
    if (!stored || stored.connectedHosts.length === 0) return;
    const ended = await connections.sweep(id, stored.connectedHosts);
    if (ended.length > 0) log.warn({ volumeId: id, hosts: ended }, 'ended connections that no attachment accounts for');
    return;
  }
  if (!(await wasOurs(parts, id))) return;
  await driver.terminateConnection(id);
  await driver.delete(id);
  log.warn({ volumeId: id }, 'removed the data of a volume that was deleted');
}

async function reconcileSnapshot(parts: BackendParts, id: string): Promise<void> {
  const { db, driver, log } = parts;
  if ((await findSnapshot(db.q, id)) || !(await wasOurs(parts, id))) return;
  await driver.deleteSnapshot(id);
  log.warn({ snapshotId: id }, 'removed the data of a snapshot that was deleted');
}

/**
 * Whether the database remembers flows of this id, all of them ended. Data that it knows nothing of is never touched:
 * the database may be the wrong one, or an old one.
 */
async function wasOurs({ journal, log }: BackendParts, id: string): Promise<boolean> {
  const known = await journal.list(id);
  if (known.length === 0) {
    log.warn(
      { id },
      'the back end holds data that the database knows nothing of; it is left alone: remove it by hand if nobody needs it',
    );
    return false;
  }
  return known.every(({ state }) => state === 'done' || state === 'failed');
}
