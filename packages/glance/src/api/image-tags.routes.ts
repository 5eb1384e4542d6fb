import { implement } from '@kumo/core/http';
import type { Images } from '../app/images.ts';
import { addImageTag, deleteImageTag } from './image-tags.ts';
import { seen } from './images.routes.ts';

export const imageTagRoutes = (images: Images) => [
  implement(addImageTag, async (input) => images.addTag((await seen(images, input)).id, input.params.tag)),
  implement(deleteImageTag, async (input) => images.removeTag((await seen(images, input)).id, input.params.tag)),
];
