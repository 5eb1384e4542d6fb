import { implement, type Route } from '@kumo/core/http';
import type { Volumes } from '../app/volumes.ts';
import { invalidInput, metadataNotFound } from '../errors.ts';
import {
  createVolumeMetadata,
  deleteVolumeMetadataItem,
  listVolumeMetadata,
  replaceVolumeMetadata,
  showVolumeMetadataItem,
  updateVolumeMetadataItem,
} from './volume-metadata.ts';
import { ownVolume } from './volumes.routes.ts';

/** The one entry of a `{meta: {key: value}}` whose key the URL names. @throws invalidInput. */
export function metaOf(meta: Record<string, string>, key: string): Record<string, string> {
  const value = meta[key];
  if (value === undefined)
    throw invalidInput({ reason: `Request body and URI mismatch: meta must have the key ${key.slice(0, 64)}` });
  if (key.length > 255 || value.length > 255)
    throw invalidInput({ reason: `metadata ${key.slice(0, 64)} is longer than 255 characters` });
  return { [key]: value };
}

export function volumeMetadataRoutes(volumes: Volumes): Route[] {
  const metadataOf = async (id: string) => (await volumes.parts([id])).metadata.get(id)!;
  return [
    implement(listVolumeMetadata, async ({ params, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      return { metadata: await metadataOf(id) };
    }),
    implement(createVolumeMetadata, async ({ params, body, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      return { metadata: await volumes.putMetadata(id, body.metadata, false) };
    }),
    implement(replaceVolumeMetadata, async ({ params, body, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      return { metadata: await volumes.putMetadata(id, body.metadata, true) };
    }),
    implement(showVolumeMetadataItem, async ({ params, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      const value = (await metadataOf(id))[params.key];
      if (value === undefined) throw metadataNotFound({ owner: 'Volume', id, key: params.key });
      return { meta: { [params.key]: value } };
    }),
    implement(updateVolumeMetadataItem, async ({ params, body, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      const meta = metaOf(body.meta, params.key);
      await volumes.putMetadata(id, meta, false);
      return { meta };
    }),
    implement(deleteVolumeMetadataItem, async ({ params, authorize }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      await volumes.dropMetadata(id, params.key);
    }),
  ];
}
