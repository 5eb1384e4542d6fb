import type { Readable } from 'node:stream';
import { DriverError, defineError } from '@kumo/core/errors';

export interface StoredData {
  /** A URI that this store understands, `file://…`; never shown to users as it is. */
  location: string;
  sizeBytes: number;
  /** MD5, hexadecimal: what Glance has always called the checksum. */
  checksum: string;
  osHashAlgo: 'sha512';
  osHashValue: string;
}

export interface PutOptions {
  signal?: AbortSignal;
  /** The upload fails with `imageTooLarge` as soon as it exceeds this. */
  maxBytes?: number;
  /** How much will come, where that is known: without room for it nothing is read. */
  expectedBytes?: number;
}

export interface ByteRange {
  /** Default 0. */
  offset?: number;
  /** Default: up to the end. */
  lengthBytes?: number;
}

export interface StoredImage {
  imageId: string;
  location: string;
  sizeBytes: number;
  /** ISO 8601. */
  modifiedAt: string;
}

/** Where image data lies. Data is immutable: it is put once under its image's id, read, and deleted. */
export interface ImageStore {
  readonly name: string;
  /**
   * Stores all of `source`, hashing on the way. Data appears under its location completely or not at all; after an
   * error (of the source too), an abort or a crash nothing readable is left. Of concurrent puts of one id one wins.
   *
   * @throws imageDataExists, imageTooLarge, storageFull, what the source throws, or DriverError.
   */
  put(imageId: string, source: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<StoredData>;
  /** Opens the data for reading. @throws imageDataNotFound; DriverError for a location outside of this store. */
  get(location: string, range?: ByteRange): Promise<Readable>;
  /** Removes the data; succeeds when there is none. @throws DriverError for a location outside of this store. */
  delete(location: string): Promise<void>;
  /** The size of the data in bytes, or undefined when there is none. */
  sizeBytes(location: string): Promise<number | undefined>;
  /** Every complete image in the store, for the search for data that no image owns. */
  list(): Promise<StoredImage[]>;
  /** Removes what uploads left behind that died more than `olderThanMs` ago; gives their number. */
  removeLeftovers(olderThanMs: number): Promise<number>;
}

export const imageDataExists = defineError('conflict', 'Duplicate', 'Image {imageId} has data already.');
export const imageDataNotFound = defineError('notFound', 'ImageDataNotFound', 'The image data could not be found.');
export const imageTooLarge = defineError(
  'tooLarge',
  'ImageSizeLimitExceeded',
  'Image data exceeds the limit of {maxBytes} bytes.',
);
export const storageFull = defineError('tooLarge', 'StorageFull', 'There is not enough disk space on the image store.');

const imageIdPattern = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Ids become file names: only UUIDs pass. */
export function assertImageId(imageId: string): void {
  if (!imageIdPattern.test(imageId)) throw new DriverError('The image id is not a UUID.');
}
