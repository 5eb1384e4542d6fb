import { storedBytes } from '../db/storage-use.ts';
import { storageQuotaFull } from '../errors.ts';
import type { ImagesDeps } from './images.ts';

/** One project while uploads of it are under way in this process. */
interface Use {
  /** What its images take, by the last look into the database and what was finished since. */
  storedBytes: number;
  uploadingBytes: number;
  uploads: number;
}

export interface Charge {
  /** Passes the data on for as long as it fits. @throws storageQuotaFull */
  watch(source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** The upload is over; true: its data stays. */
  end(isKept: boolean): void;
}

/**
 * `userStorageQuotaBytes` while data arrives: the uploads of one project are counted together, so that many at once do not
 * store a multiple of it on the way. What several processes let in together, `finishUpload` refuses.
 */
export class StorageQuota {
  readonly #deps: Pick<ImagesDeps, 'db' | 'config'>;
  readonly #uses = new Map<string, Use>();

  constructor(deps: Pick<ImagesDeps, 'db' | 'config'>) {
    this.#deps = deps;
  }

  /** Begins an upload into an image of `owner`. @throws storageQuotaFull when what was announced does not fit. */
  async begin(owner: string | null, announcedBytes: number): Promise<Charge> {
    const limitBytes = this.#deps.config.userStorageQuotaBytes;
    if (limitBytes < 0 || owner === null) return { watch: (source) => source, end: () => {} };
    const use = this.#uses.get(owner) ?? { storedBytes: 0, uploadingBytes: 0, uploads: 0 };
    this.#uses.set(owner, use);
    use.uploads += 1;
    let ownBytes = 0;
    const check = (moreBytes: number) => {
      const leftBytes = limitBytes - use.storedBytes - use.uploadingBytes;
      if (moreBytes > leftBytes) throw storageQuotaFull({ moreBytes, leftBytes: Math.max(0, leftBytes) });
    };
    const end = (isKept: boolean) => {
      if (isKept) use.storedBytes += ownBytes;
      use.uploadingBytes -= ownBytes;
      use.uploads -= 1;
      if (use.uploads === 0) this.#uses.delete(owner);
    };
    try {
      use.storedBytes = await storedBytes(this.#deps.db.q, owner);
      check(announcedBytes);
    } catch (error) {
      end(false);
      throw error;
    }
    return {
      async *watch(source) {
        for await (const chunk of source) {
          check(chunk.byteLength);
          ownBytes += chunk.byteLength;
          use.uploadingBytes += chunk.byteLength;
          yield chunk;
        }
      },
      end,
    };
  }
}
