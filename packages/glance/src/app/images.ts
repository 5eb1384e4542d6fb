import { type Db, nowIso } from '@kumo/core/db';
import type { Logger } from '@kumo/core/log';
import type { GlanceConfig } from '../config.ts';
import { type ImageListOptions, listImages, type Viewer } from '../db/image-list.ts';
import { isMember } from '../db/image-members.ts';
import {
  addTag,
  changeStatus,
  findImage,
  type Image,
  type ImageStatus,
  insertImage,
  lockImage,
  removeImage,
  removeTag,
  replaceImage,
} from '../db/images.ts';
import type { GlanceTables } from '../db/schema.ts';
import type { ImageStore } from '../drivers/store/index.ts';
import {
  actionNotAllowed,
  attributeFixed,
  imageIdTaken,
  imageNotFound,
  imageProtected,
  invalidField,
  propertyLimit,
  tagLimit,
  tagNotFound,
} from '../errors.ts';

export interface ImagesDeps {
  db: Db<GlanceTables>;
  store: ImageStore;
  config: GlanceConfig;
  log: Logger;
}

/** An image as one viewer sees it. */
export interface SeenImage extends Image {
  /** The viewer's project, when the image was shared with it. */
  memberId?: string;
}

export class Images {
  readonly #deps: ImagesDeps;

  constructor(deps: ImagesDeps) {
    this.#deps = deps;
  }

  /** @throws imageNotFound also where the viewer must not see it. */
  async load(viewer: Viewer, id: string): Promise<SeenImage> {
    const { q } = this.#deps.db;
    const image = await findImage(q, id);
    if (!image) throw imageNotFound({ id });
    const { projectId, isAdmin } = viewer;
    const isOwn = projectId !== undefined && image.owner === projectId;
    if (isAdmin || isOwn || image.visibility === 'public' || image.visibility === 'community') return image;
    if (image.visibility === 'shared' && projectId !== undefined && (await isMember(q, id, projectId)))
      return { ...image, memberId: projectId };
    throw imageNotFound({ id });
  }

  list(options: ImageListOptions) {
    return listImages(this.#deps.db.q, options);
  }

  async create(wanted: Image): Promise<Image> {
    this.#check(wanted);
    const isNew = await this.#deps.db.transaction((tx) => insertImage(tx, wanted));
    if (!isNew) throw imageIdTaken({ id: wanted.id });
    return wanted;
  }

  /** Replaces an image by what `change` makes of it; `change` may be called again and must only compute or throw. */
  async update(id: string, change: (image: Image) => Image): Promise<Image> {
    const { db } = this.#deps;
    return db.transaction(async (tx) => {
      const before = await lockImage(tx, db, id);
      if (!before) throw imageNotFound({ id });
      const after = { ...change(before), updatedAt: nowIso() };
      this.#check(after, before);
      await replaceImage(tx, after);
      return after;
    });
  }

  /** The data goes after the row: what cannot be deleted now belongs to no image, and the reconciler deletes it. */
  async delete(id: string): Promise<void> {
    const { db, store, log } = this.#deps;
    const image = await db.transaction(async (tx) => {
      const found = await lockImage(tx, db, id);
      if (!found) throw imageNotFound({ id });
      if (found.isProtected) throw imageProtected({ id });
      await removeImage(tx, id);
      return found;
    });
    if (image.location === null) return;
    try {
      await store.delete(image.location);
    } catch (error) {
      log.error({ err: error, image: id }, 'the data of a deleted image could not be deleted yet');
    }
  }

  deactivate(id: string): Promise<void> {
    return this.#act(id, 'deactivate', 'deactivated');
  }

  reactivate(id: string): Promise<void> {
    return this.#act(id, 'reactivate', 'active');
  }

  async addTag(id: string, tag: string): Promise<void> {
    const { db } = this.#deps;
    await db.transaction(async (tx) => {
      const image = await lockImage(tx, db, id);
      if (!image) throw imageNotFound({ id });
      if (!image.tags.includes(tag)) this.#checkTags(image.tags.length + 1);
      await addTag(tx, id, tag);
    });
  }

  async removeTag(id: string, tag: string): Promise<void> {
    const wasThere = await this.#deps.db.transaction((tx) => removeTag(tx, id, tag));
    if (!wasThere) throw tagNotFound({ id, tag });
  }

  async #act(id: string, action: 'deactivate' | 'reactivate', to: ImageStatus): Promise<void> {
    const { q } = this.#deps.db;
    if (await changeStatus(q, id, ['active', 'deactivated'], to)) return;
    const image = await findImage(q, id);
    throw image ? actionNotAllowed({ action, status: image.status }) : imageNotFound({ id });
  }

  #check(image: Image, before?: Image): void {
    const { config } = this.#deps;
    const formats = [
      { name: 'disk_format', value: image.diskFormat, was: before?.diskFormat, known: config.diskFormats },
      {
        name: 'container_format',
        value: image.containerFormat,
        was: before?.containerFormat,
        known: config.containerFormats,
      },
    ];
    for (const { name, value, was, known } of formats) {
      if (before && value === was) continue;
      if (value !== null && !known.includes(value))
        throw invalidField({ name, reason: `Value: ${value}. '${value}' is not one of ${known.join(', ')}` });
      if (before && before.status !== 'queued') throw attributeFixed({ name });
    }
    const attempted = Object.keys(image.properties).length;
    const had = before ? Object.keys(before.properties).length : 0;
    const maximum = config.imagePropertyQuota;
    // Taking some away is allowed also above a bound that was lowered.
    if (maximum >= 0 && attempted > maximum && attempted > had) throw propertyLimit({ attempted, maximum });
    if (image.tags.length > (before?.tags.length ?? 0)) this.#checkTags(image.tags.length);
  }

  #checkTags(attempted: number): void {
    const maximum = this.#deps.config.imageTagQuota;
    if (maximum >= 0 && attempted > maximum) throw tagLimit({ attempted, maximum });
  }
}
