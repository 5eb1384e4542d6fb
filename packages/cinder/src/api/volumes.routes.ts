import { forbidden } from '@kumo/core/errors';
import { type HandlerInput, implement, nextLinks, type Route } from '@kumo/core/http';
import { parseBoolean } from '@kumo/core/schema';
import type { Static } from 'typebox';
import type { VolumeCreation } from '../app/volume-creation.ts';
import type { VolumeLists } from '../app/volume-list.ts';
import type { VolumeTypes } from '../app/volume-types.ts';
import type { Volume, Volumes } from '../app/volumes.ts';
import { volumeNotFound } from '../errors.ts';
import {
  contextIsAdmin,
  createFromImage,
  createMultiattach,
  forceDelete,
  volumeHostAttribute,
  volumeImageMetadata,
  volumeMigrationAttribute,
  volumeTenantAttribute,
} from './policies.ts';
import {
  createVolume,
  deleteVolume,
  listVolumes,
  listVolumesDetail,
  showVolume,
  summarizeVolumes,
  updateVolume,
  type VolumeBody,
} from './volumes.ts';
import { linksOf } from './wire/links.ts';
import { type VolumeView, volumeBody } from './wire/volume-view.ts';

type Asker = Pick<HandlerInput, 'allows' | 'request'>;

/** What a policy of a volume is asked about. */
export const volumeTarget = ({ projectId, userId }: { projectId: string; userId?: string }) => ({
  project_id: projectId,
  user_id: userId,
});

/** A volume that is not the caller's to see is not there. */
export async function ownVolume(volumes: Volumes, id: string, authorize: HandlerInput['authorize']): Promise<Volume> {
  const volume = await volumes.show(id);
  authorize(volumeTarget(volume), { rule: showVolume.policy.name, notFound: volumeNotFound({ id }) });
  authorize(volumeTarget(volume));
  return volume;
}

/** Volumes as their reader may see them; `hasExtensions`: in a show or a list. */
export async function volumeBodies(
  { volumes, types }: { volumes: Volumes; types: VolumeTypes },
  rows: readonly Volume[],
  { allows, request, hasExtensions }: Asker & { hasExtensions: boolean },
): Promise<Static<typeof VolumeBody>[]> {
  const { metadata, attachments } = await volumes.parts(rows.map(({ id }) => id));
  const names = new Map((await types.all()).map(({ id, name }) => [id, name]));
  return rows.map((volume) => {
    const target = volumeTarget(volume);
    const view: VolumeView = {
      showsHost: allows(volumeHostAttribute.name, target),
      showsTenant: allows(volumeTenantAttribute.name, target),
      showsMigration: allows(volumeMigrationAttribute.name, target),
      showsImageMetadata: allows(volumeImageMetadata.name, target),
      hasExtensions,
    };
    const parts = {
      typeName: names.get(volume.typeId) ?? null,
      metadata: metadata.get(volume.id) ?? {},
      attachments: attachments.get(volume.id) ?? [],
    };
    return volumeBody(volume, parts, view, request);
  });
}

export function volumeRoutes(parts: {
  volumes: Volumes;
  creation: VolumeCreation;
  lists: VolumeLists;
  types: VolumeTypes;
}): Route[] {
  const { volumes, creation, lists } = parts;
  const bodyOf = async (id: string, asker: Asker, hasExtensions: boolean) => ({
    volume: (await volumeBodies(parts, [await volumes.show(id)], { ...asker, hasExtensions }))[0]!,
  });
  return [
    createRoute(parts, creation),
    ...listRoutes(parts, lists),
    implement(showVolume, async ({ params, authorize, allows, request }) => {
      const volume = await ownVolume(volumes, params.volume_id, authorize);
      return bodyOf(volume.id, { allows, request }, true);
    }),
    implement(updateVolume, async ({ params, body, authorize, allows, request }) => {
      const { id } = await ownVolume(volumes, params.volume_id, authorize);
      const { name, display_name, description, display_description, metadata } = body.volume;
      await volumes.update(id, {
        name: name ?? display_name,
        description: description ?? display_description,
        metadata: metadata ?? undefined,
      });
      return bodyOf(id, { allows, request }, false);
    }),
    implement(deleteVolume, async ({ ctx, params, query, authorize, allows }) => {
      const volume = await ownVolume(volumes, params.volume_id, authorize);
      const force = parseBoolean(query.force);
      if (force && !allows(forceDelete.name, volumeTarget(volume))) throw forbidden({ rule: forceDelete.name });
      await volumes.remove(ctx, volume.id, { cascade: parseBoolean(query.cascade), force });
    }),
  ];
}

function createRoute(parts: { volumes: Volumes; types: VolumeTypes }, creation: VolumeCreation): Route {
  return implement(createVolume, async ({ ctx, params, body, allows, request }) => {
    const { volume } = body;
    const projectId = (params as { project_id?: string }).project_id ?? ctx.projectId ?? '';
    const needs = (rule: string) => () => {
      if (!allows(rule, { project_id: projectId, user_id: ctx.userId })) throw forbidden({ rule });
    };
    const made = await creation.create(
      ctx,
      {
        projectId,
        sizeGb: volume.size === undefined || volume.size === null ? undefined : Number(volume.size),
        name: volume.name ?? volume.display_name ?? null,
        description: volume.description ?? volume.display_description ?? null,
        availabilityZone: volume.availability_zone ?? undefined,
        type: volume.volume_type || undefined,
        metadata: volume.metadata ?? {},
        imageId: volume.imageRef || volume.image_id || undefined,
        snapshotId: volume.snapshot_id || undefined,
        sourceVolumeId: volume.source_volid || undefined,
        backupId: volume.backup_id || undefined,
        groupId: volume.group_id || volume.consistencygroup_id || undefined,
        multiattach: parseBoolean(volume.multiattach ?? undefined),
      },
      { fromImage: needs(createFromImage.name), multiattach: needs(createMultiattach.name) },
    );
    return { volume: (await volumeBodies(parts, [made], { allows, request, hasExtensions: false }))[0]! };
  });
}

function listRoutes(parts: { volumes: Volumes; types: VolumeTypes }, lists: VolumeLists): Route[] {
  return [
    implement(listVolumes, async ({ ctx, query, allows, request }) => {
      const { rows, hasMore, count } = await lists.page(ctx, query, allows(contextIsAdmin.name));
      const brief = rows.map(({ id, name, projectId }) => ({
        id,
        name,
        links: linksOf(request, projectId, `/volumes/${id}`),
      }));
      return {
        volumes: brief,
        ...nextLinks('volumes', request, hasMore ? rows.at(-1)?.id : undefined),
        ...(count === undefined ? {} : { count }),
      };
    }),
    implement(listVolumesDetail, async ({ ctx, query, allows, request }) => {
      const { rows, hasMore, count } = await lists.page(ctx, query, allows(contextIsAdmin.name));
      const bodies = await volumeBodies(parts, rows, { allows, request, hasExtensions: true });
      return {
        volumes: bodies,
        ...nextLinks('volumes', request, hasMore ? rows.at(-1)?.id : undefined),
        ...(count === undefined ? {} : { count }),
      };
    }),
    implement(summarizeVolumes, async ({ ctx, query, allows }) => {
      const { count, sizeGb, metadata } = await lists.summary(ctx, query, allows(contextIsAdmin.name));
      return { 'volume-summary': { total_count: count, total_size: sizeGb, metadata } };
    }),
  ];
}
