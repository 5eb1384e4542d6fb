import type { Readable } from 'node:stream';
import { type Client, client, ServiceTokenSource, type Transport } from '@kumo/core/client';
import type { Context } from '@kumo/core/context';
import { KumoError } from '@kumo/core/errors';
import { glanceApi, type ImageBody } from '@kumo/glance/api';
import type { Metadata } from '../db/metadata.ts';
import { imageUnknown, imageUnusable } from '../errors.ts';

export interface Image {
  id: string;
  name: string | null;
  status: string;
  sizeBytes: number;
  virtualSizeBytes: number | null;
  diskFormat: string | null;
  minDiskGb: number;
  /** What Cinder keeps of it with the volume. */
  metadata: Metadata;
}

export interface NewImage {
  id: string;
  name: string;
  diskFormat: string;
  containerFormat: string;
  visibility: 'private' | 'shared' | 'community' | 'public';
  protected: boolean;
  properties: Metadata;
}

const bytesPerGb = 2 ** 30;
const FIELDS = new Set([
  'visibility',
  'protected',
  'os_hidden',
  'owner',
  'tags',
  'created_at',
  'updated_at',
  'self',
  'file',
  'schema',
  'status',
  'virtual_size',
  'os_hash_algo',
  'os_hash_value',
  'id',
  'name',
  'locations',
  'direct_url',
  'stores',
]);

/** Whose work it is, and until when. */
export interface ImageScope {
  readonly ctx: Context | undefined;
  readonly signal: AbortSignal;
}

/** Glance, as Cinder uses it: for the user, whose rights decide; as itself only to clean up. */
export class Images {
  readonly #glance: Client<typeof glanceApi>;
  readonly #source: ServiceTokenSource;

  constructor(options: {
    transport: Transport;
    keystone: Transport;
    from: string;
    user: { username: string; password: string };
  }) {
    const { transport, keystone, from, user } = options;
    this.#source = new ServiceTokenSource({ transport: keystone, from, ...user });
    this.#glance = client(glanceApi, transport, { from, to: 'glance-api', token: () => this.#source.token() });
  }

  /**
   * The image, when its data can become a volume of that size: as the user sees it, with his token.
   *
   * @throws imageUnknown, imageUnusable.
   */
  async usable(ctx: Context, id: string, sizeGb: number): Promise<Image> {
    const image = await this.#show(id, ctx).catch((error: unknown) => {
      if (error instanceof KumoError && ['notFound', 'badRequest', 'forbidden'].includes(error.kind))
        throw imageUnknown({ id }, { cause: error });
      throw error;
    });
    assertFits(image, sizeGb);
    return image;
  }

  /** The image as the user sees it now. @throws notFound of Glance's. */
  find(id: string, ctx: Context | undefined): Promise<Image> {
    return this.#show(id, ctx);
  }

  async download(id: string, { ctx, signal }: ImageScope): Promise<Readable> {
    return this.#glance.downloadImage({ params: { image_id: id }, signal, user: ctx });
  }

  /** Makes an image without data for the user; the id is the caller's, so that a repetition makes no second one. */
  async create(ctx: Context, image: NewImage): Promise<void> {
    const { id, name, diskFormat, containerFormat, visibility } = image;
    const body = {
      ...image.properties,
      id,
      name,
      disk_format: diskFormat,
      container_format: containerFormat,
      visibility,
      protected: image.protected,
    };
    await this.#glance.createImage({ body, user: ctx });
  }

  async upload(id: string, data: Readable, { ctx, signal }: ImageScope): Promise<void> {
    await this.#glance.uploadImage({ params: { image_id: id }, body: data, signal, user: ctx });
  }

  /** Succeeds when there is none. */
  async remove(id: string): Promise<void> {
    try {
      await this.#glance.deleteImage({ params: { image_id: id } });
    } catch (error) {
      if (!(error instanceof KumoError) || error.kind !== 'notFound') throw error;
    }
  }

  async #show(id: string, ctx: Context | undefined): Promise<Image> {
    return toImage(await this.#glance.showImage({ params: { image_id: id }, user: ctx }));
  }
}

/** @throws imageUnusable when the image has no data, or does not fit. */
export function assertFits(image: Image, sizeGb: number): void {
  const { id } = image;
  if (image.status !== 'active') throw imageUnusable({ id, reason: `its status is ${image.status}, not active` });
  if (image.minDiskGb > sizeGb)
    throw imageUnusable({
      id,
      reason: `Volume size ${sizeGb}GB cannot be smaller than the image minDisk size ${image.minDiskGb}GB.`,
    });
  const bytes = image.virtualSizeBytes ?? image.sizeBytes;
  if (bytes > sizeGb * bytesPerGb)
    throw imageUnusable({
      id,
      reason: `Size of specified image ${Math.ceil(bytes / bytesPerGb)}GB is larger than volume size ${sizeGb}GB.`,
    });
}

function toImage(body: ImageBody): Image {
  const { id, name, status, disk_format: diskFormat, min_disk: minDiskGb } = body;
  const shown = Object.entries(body).filter(
    ([key, value]) => !FIELDS.has(key) && value !== null && typeof value !== 'object',
  );
  const metadata = Object.fromEntries(shown.map(([key, value]) => [key, String(value)]));
  return {
    id,
    name,
    status,
    sizeBytes: body.size ?? 0,
    virtualSizeBytes: body.virtual_size,
    diskFormat,
    minDiskGb,
    metadata: { image_id: id, image_name: name ?? '', ...metadata },
  };
}
