import { Readable } from 'node:stream';
import { DriverError } from '@kumo/core/errors';
import { hashInto } from './hashed-stream.ts';
import {
  assertImageId,
  type ByteRange,
  type ImageStore,
  imageDataExists,
  imageDataNotFound,
  type PutOptions,
  type StoredData,
  type StoredImage,
} from './image-store.ts';

const scheme = 'memory:///';

/** Image data in this process, for tests and for clouds that boot nothing real. */
export class MemoryStore implements ImageStore {
  readonly name = 'memory';
  readonly #images = new Map<string, { data: Buffer; modifiedAt: string }>();

  async put(imageId: string, source: AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<StoredData> {
    assertImageId(imageId);
    const chunks: Uint8Array[] = [];
    const keep = async (chunk: Uint8Array) => {
      chunks.push(Buffer.from(chunk));
    };
    const digest = await hashInto(source, keep, options);
    if (this.#images.has(imageId)) throw imageDataExists({ imageId });
    this.#images.set(imageId, { data: Buffer.concat(chunks), modifiedAt: new Date().toISOString() });
    return { location: `${scheme}${imageId}`, ...digest };
  }

  async get(location: string, { offset = 0, lengthBytes }: ByteRange = {}): Promise<Readable> {
    const image = this.#images.get(imageIdOf(location));
    if (!image) throw imageDataNotFound();
    const part = image.data.subarray(offset, lengthBytes === undefined ? undefined : offset + lengthBytes);
    return Readable.from(part.length === 0 ? [] : [part]);
  }

  async delete(location: string): Promise<void> {
    this.#images.delete(imageIdOf(location));
  }

  async sizeBytes(location: string): Promise<number | undefined> {
    return this.#images.get(imageIdOf(location))?.data.length;
  }

  async list(): Promise<StoredImage[]> {
    return [...this.#images].map(([imageId, { data, modifiedAt }]) => ({
      imageId,
      location: `${scheme}${imageId}`,
      sizeBytes: data.length,
      modifiedAt,
    }));
  }

  async removeLeftovers(): Promise<number> {
    return 0;
  }
}

function imageIdOf(location: string): string {
  if (!location.startsWith(scheme)) throw new DriverError('The image location lies outside of the image store.');
  const imageId = location.slice(scheme.length);
  assertImageId(imageId);
  return imageId;
}
