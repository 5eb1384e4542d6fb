import { type HandlerInput, implement, nextLinks, type Route } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { Snapshot, Snapshots } from '../app/snapshots.ts';
import { invalidInput, snapshotNotFound, volumeNotFound } from '../errors.ts';
import { contextIsAdmin, snapshotAttributes } from './policies.ts';
import {
  createSnapshot,
  deleteSnapshot,
  forceDeleteSnapshot,
  listSnapshots,
  listSnapshotsDetail,
  resetSnapshotStatus,
  showSnapshot,
  updateSnapshot,
} from './snapshots.ts';
import { volumeTarget } from './volumes.routes.ts';
import { showVolume } from './volumes.ts';
import { atLeast } from './wire/versions.ts';

const STATUSES = ['available', 'creating', 'deleting', 'error', 'error_deleting'];

/** A snapshot that is not the caller's to see is not there. */
export async function ownSnapshot(
  snapshots: Snapshots,
  id: string,
  authorize: HandlerInput['authorize'],
): Promise<Snapshot> {
  const snapshot = await snapshots.show(id);
  authorize(volumeTarget(snapshot), { rule: showSnapshot.policy.name, notFound: snapshotNotFound({ id }) });
  authorize(volumeTarget(snapshot));
  return snapshot;
}

async function bodiesOf(snapshots: Snapshots, rows: readonly Snapshot[]) {
  const metadata = await snapshots.metadata(rows.map(({ id }) => id));
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    volume_id: row.volumeId,
    status: row.status,
    size: row.sizeGb,
    created_at: row.createdAt,
    updated_at: row.updatedAt,
    metadata: metadata.get(row.id) ?? {},
    user_id: row.userId,
    consumes_quota: true,
  }));
}

async function detailsOf(snapshots: Snapshots, rows: readonly Snapshot[], allows: HandlerInput['allows']) {
  const bodies = await bodiesOf(snapshots, rows);
  return rows.map((row, index) => ({
    ...bodies[index]!,
    group_snapshot_id: null,
    ...(allows(snapshotAttributes.name, volumeTarget(row))
      ? {
          'os-extended-snapshot-attributes:project_id': row.projectId,
          'os-extended-snapshot-attributes:progress': row.status === 'available' ? '100%' : '0%',
        }
      : {}),
  }));
}

export function snapshotRoutes(snapshots: Snapshots, maxPage: number): Route[] {
  return [
    createRoute(snapshots),
    ...listRoutes(snapshots, maxPage),
    implement(showSnapshot, async ({ params, authorize, allows }) => {
      const snapshot = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      return { snapshot: (await detailsOf(snapshots, [snapshot], allows))[0]! };
    }),
    implement(updateSnapshot, async ({ params, body, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      const { name, display_name, description, display_description } = body.snapshot;
      await snapshots.update(id, { name: name ?? display_name, description: description ?? display_description });
      return { snapshot: { ...(await bodiesOf(snapshots, [await snapshots.show(id)]))[0]!, group_snapshot_id: null } };
    }),
    implement(deleteSnapshot, async ({ ctx, params, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      await snapshots.remove(ctx, id, false);
    }),
    implement(forceDeleteSnapshot, async ({ ctx, params, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      await snapshots.remove(ctx, id, true);
    }),
    implement(resetSnapshotStatus, async ({ params, body, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      const { status } = body['os-reset_status'];
      if (!STATUSES.includes(status)) throw invalidInput({ reason: `status must be one of ${STATUSES.join(', ')}` });
      await snapshots.resetStatus(id, status);
    }),
  ];
}

function createRoute(snapshots: Snapshots): Route {
  return implement(createSnapshot, async ({ ctx, body, authorize }) => {
    const { volume_id, name, display_name, description, display_description, metadata, force } = body.snapshot;
    if (volume_id === null) throw volumeNotFound({ id: 'None' });
    const volume = await snapshots.volume(volume_id);
    authorize(volumeTarget(volume), { rule: showVolume.policy.name, notFound: volumeNotFound({ id: volume_id }) });
    authorize(volumeTarget(volume));
    const needsNoForce = atLeast(ctx.version, '3.66');
    if (needsNoForce && force !== undefined && force !== null && !parseBoolean(force))
      throw invalidInput({ reason: 'force must be true or left out since microversion 3.66, not false' });
    const made = await snapshots.create(ctx, {
      volumeId: volume.id,
      name: name ?? display_name ?? null,
      description: description ?? display_description ?? null,
      metadata: metadata ?? {},
      force: needsNoForce || parseBoolean(force ?? undefined),
    });
    return { snapshot: { ...(await bodiesOf(snapshots, [made]))[0]!, group_snapshot_id: null } };
  });
}

function listRoutes(snapshots: Snapshots, maxPage: number): Route[] {
  return [
    implement(listSnapshots, async ({ ctx, query, allows, request }) => {
      const { rows, hasMore, count } = await snapshots.list(ctx, query, {
        isAdmin: allows(contextIsAdmin.name),
        maxPage,
      });
      const links = nextLinks('snapshots', request, hasMore ? rows.at(-1)?.id : undefined);
      return { snapshots: await bodiesOf(snapshots, rows), ...links, ...(count === undefined ? {} : { count }) };
    }),
    implement(listSnapshotsDetail, async ({ ctx, query, allows, request }) => {
      const { rows, hasMore, count } = await snapshots.list(ctx, query, {
        isAdmin: allows(contextIsAdmin.name),
        maxPage,
      });
      const links = nextLinks('snapshots', request, hasMore ? rows.at(-1)?.id : undefined);
      return {
        snapshots: await detailsOf(snapshots, rows, allows),
        ...links,
        ...(count === undefined ? {} : { count }),
      };
    }),
  ];
}
