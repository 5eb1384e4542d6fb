import { type HandlerInput, implement, nextLinks, type Route } from '@kumo/core/http';
import { type Attachment, type Attachments, type ConnectorRecord, isService } from '../app/attachments.ts';
import { attachmentNotFound, volumeNotFound } from '../errors.ts';
import {
  completeAttachment,
  createAttachment,
  deleteAttachment,
  listAttachments,
  listAttachmentsDetail,
  showAttachment,
  updateAttachment,
} from './attachments.ts';
import { contextIsAdmin, multiattachBootable } from './policies.ts';
import { volumeTarget } from './volumes.routes.ts';
import { showVolume } from './volumes.ts';
import { attachmentBody, attachmentSummary } from './wire/attachment-view.ts';

async function own(attachments: Attachments, id: string, authorize: HandlerInput['authorize']): Promise<Attachment> {
  const attachment = await attachments.show(id);
  authorize(volumeTarget(attachment), { rule: showAttachment.policy.name, notFound: attachmentNotFound({ id }) });
  authorize(volumeTarget(attachment));
  return attachment;
}

export function attachmentRoutes(attachments: Attachments, maxPage: number): Route[] {
  return [
    implement(createAttachment, async ({ ctx, body, authorize }) => {
      const { volume_uuid, instance_uuid, connector, mode } = body.attachment;
      const volume = await attachments.volume(volume_uuid);
      authorize(volumeTarget(volume), { rule: showVolume.policy.name, notFound: volumeNotFound({ id: volume_uuid }) });
      authorize(volumeTarget(volume));
      if (volume.multiattach && volume.bootable) authorize(volumeTarget(volume), { rule: multiattachBootable.name });
      const made = await attachments.create(ctx, {
        volumeId: volume.id,
        instanceId: instance_uuid ?? null,
        connector: connector && Object.keys(connector).length > 0 ? (connector as ConnectorRecord) : undefined,
        mode: mode ?? null,
      });
      return { attachment: attachmentBody(made, isService(ctx)) };
    }),
    implement(updateAttachment, async ({ ctx, params, body, authorize }) => {
      const { id } = await own(attachments, params.attachment_id, authorize);
      return {
        attachment: attachmentBody(await attachments.connect(ctx, id, body.attachment.connector), isService(ctx)),
      };
    }),
    implement(completeAttachment, async ({ params, authorize }) => {
      await attachments.complete((await own(attachments, params.attachment_id, authorize)).id);
    }),
    implement(showAttachment, async ({ ctx, params, authorize }) => ({
      attachment: attachmentBody(await own(attachments, params.attachment_id, authorize), isService(ctx)),
    })),
    implement(deleteAttachment, async ({ ctx, params, authorize }) => {
      const { id } = await own(attachments, params.attachment_id, authorize);
      return { attachments: (await attachments.remove(ctx, id)).map(attachmentSummary) };
    }),
    ...listRoutes(attachments, maxPage),
  ];
}

function listRoutes(attachments: Attachments, maxPage: number): Route[] {
  return [
    implement(listAttachments, async ({ ctx, query, allows, request }) => {
      const { rows, hasMore, count } = await attachments.list(ctx, query, {
        isAdmin: allows(contextIsAdmin.name),
        maxPage,
      });
      const links = nextLinks('attachments', request, hasMore ? rows.at(-1)?.id : undefined);
      return { attachments: rows.map(attachmentSummary), ...links, ...(count === undefined ? {} : { count }) };
    }),
    implement(listAttachmentsDetail, async ({ ctx, query, allows, request }) => {
      const { rows, hasMore, count } = await attachments.list(ctx, query, {
        isAdmin: allows(contextIsAdmin.name),
        maxPage,
      });
      const links = nextLinks('attachments', request, hasMore ? rows.at(-1)?.id : undefined);
      return {
        attachments: rows.map((row) => attachmentBody(row, isService(ctx))),
        ...links,
        ...(count === undefined ? {} : { count }),
      };
    }),
  ];
}
