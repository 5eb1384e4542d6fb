import type { Context } from '@kumo/core/context';
import type { HandlerInput } from '@kumo/core/http';
import type { SeenImage } from '../app/images.ts';
import type { Viewer } from '../db/image-list.ts';
import type { Image } from '../db/images.ts';

/** Whose eyes a request looks with. */
export function viewerOf({ ctx, allows }: { ctx: Context; allows: HandlerInput['allows'] }): Viewer {
  return { projectId: ctx.projectId, isAdmin: allows('context_is_admin') };
}

/** An image as Glance's policy rules name its attributes. */
export function targetOf(image: Image | SeenImage): Record<string, unknown> {
  return {
    image_id: image.id,
    project_id: image.owner,
    owner: image.owner,
    visibility: image.visibility,
    member_id: 'memberId' in image ? image.memberId : undefined,
  };
}

/** The rule besides the operation's own that asks who may make an image this visible. */
export function visibilityRule({ visibility }: Image): string | undefined {
  if (visibility === 'public') return 'publicize_image';
  return visibility === 'community' ? 'communitize_image' : undefined;
}
