import { implement, type Route } from '@kumo/core/http';
import type { Snapshots } from '../app/snapshots.ts';
import { metadataNotFound } from '../errors.ts';
import {
  createSnapshotMetadata,
  deleteSnapshotMetadataItem,
  listSnapshotMetadata,
  replaceSnapshotMetadata,
  showSnapshotMetadataItem,
  updateSnapshotMetadataItem,
} from './snapshot-metadata.ts';
import { ownSnapshot } from './snapshots.routes.ts';
import { metaOf } from './volume-metadata.routes.ts';

export function snapshotMetadataRoutes(snapshots: Snapshots): Route[] {
  const metadataOf = async (id: string) => (await snapshots.metadata([id])).get(id)!;
  return [
    implement(listSnapshotMetadata, async ({ params, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      return { metadata: await metadataOf(id) };
    }),
    implement(createSnapshotMetadata, async ({ params, body, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      return { metadata: await snapshots.putMetadata(id, body.metadata, false) };
    }),
    implement(replaceSnapshotMetadata, async ({ params, body, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      return { metadata: await snapshots.putMetadata(id, body.metadata, true) };
    }),
    implement(showSnapshotMetadataItem, async ({ params, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      const value = (await metadataOf(id))[params.key];
      if (value === undefined) throw metadataNotFound({ owner: 'Snapshot', id, key: params.key });
      return { meta: { [params.key]: value } };
    }),
    implement(updateSnapshotMetadataItem, async ({ params, body, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      const meta = metaOf(body.meta, params.key);
      await snapshots.putMetadata(id, meta, false);
      return { meta };
    }),
    implement(deleteSnapshotMetadataItem, async ({ params, authorize }) => {
      const { id } = await ownSnapshot(snapshots, params.snapshot_id, authorize);
      await snapshots.dropMetadata(id, params.key);
    }),
  ];
}
