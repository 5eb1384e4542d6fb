import { firstAndNext, type HandlerInput, implement } from '@kumo/core/http';
import type { Images } from '../app/images.ts';
import type { GlanceConfig } from '../config.ts';
import { patchTypeUnsupported } from '../errors.ts';
import { targetOf, viewerOf, visibilityRule } from './image-access.ts';
import { newImage, toWire } from './image-attributes.ts';
import { listOptions } from './image-list-query.ts';
import { changesOf, patched } from './image-patch.ts';
import {
  createImage,
  deactivateImage,
  deleteImage,
  listImages,
  patchTypes,
  reactivateImage,
  showImage,
  updateImage,
} from './images.ts';

export const imageRoutes = (images: Images, config: GlanceConfig) => [
  implement(createImage, async ({ ctx, body, authorize, reply, request }) => {
    const wanted = newImage(body, ctx.projectId ?? null);
    authorize({ ...targetOf(wanted), project_id: ctx.projectId });
    const rule = visibilityRule(wanted);
    if (rule !== undefined) authorize(targetOf(wanted), { rule });
    const image = toWire(await images.create(wanted));
    reply.header('location', `${request.baseUrl}${image.self}`);
    return image;
  }),

  implement(listImages, async (input) => {
    const page = await images.list(listOptions(input.query, viewerOf(input), config));
    const next = page.hasMore ? page.rows.at(-1)?.id : undefined;
    return { images: page.rows.map(toWire), ...firstAndNext(input.request, next), schema: '/v2/schemas/images' };
  }),

  implement(showImage, async (input) => toWire(await seen(images, input))),

  implement(updateImage, async (input) => {
    const image = await seen(images, input);
    const { body, headers, authorize, ctx } = input;
    checkPatchType(headers['content-type']);
    const changes = changesOf(body);
    const updated = await images.update(image.id, (before) => {
      const after = changes.reduce(patched, before);
      const rule = after.visibility === before.visibility ? undefined : visibilityRule(after);
      if (rule !== undefined) authorize(targetOf(before), { rule });
      // An image can be given away only by those who may make one for its new owner.
      if (after.owner !== before.owner)
        authorize({ ...targetOf(after), project_id: ctx.projectId }, { rule: 'add_image' });
      return after;
    });
    return toWire(updated);
  }),

  implement(deleteImage, async (input) => images.delete((await seen(images, input)).id)),
  implement(deactivateImage, async (input) => images.deactivate((await seen(images, input)).id)),
  implement(reactivateImage, async (input) => images.reactivate((await seen(images, input)).id)),
];

/** The image that the path names, when the operation's policy lets the caller at it. */
export async function seen(
  images: Images,
  input: Pick<HandlerInput, 'ctx' | 'allows' | 'authorize'> & { params: { image_id: string } },
) {
  const image = await images.load(viewerOf(input), input.params.image_id);
  input.authorize(targetOf(image));
  return image;
}

function checkPatchType(header: string | undefined): void {
  const type = header?.split(';', 1)[0]?.trim().toLowerCase();
  if (!patchTypes.some((one) => one === type))
    throw patchTypeUnsupported(
      { types: patchTypes.join(', ') },
      { headers: { 'Accept-Patch': patchTypes.join(', ') } },
    );
}
