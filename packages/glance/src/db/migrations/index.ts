import type { Migration } from '@kumo/core/db';
import { initial } from './0001-initial.ts';
import { imageIds } from './0002-image-ids.ts';

/** In the order in which they are run. */
export const migrations: readonly Migration[] = [initial, imageIds];
