import { chmod, chown, readFile, stat } from 'node:fs/promises';
import { checkIdBounds, type IdBounds, IdRange, type Ids } from '@kumo/core/confine';
import { DriverError } from '@kumo/core/errors';

export interface OwnerOptions {
  /** For the volumes: each one's file and daemons belong to an id of its own. */
  volumes: IdBounds;
  /** The guests' ids: only a group from these may be let to a volume. */
  guests: IdBounds;
  /** The user that all storage daemons of an earlier version run as; those that still run go on as it. */
  formerUser?: string;
}

/**
 * Whom volumes belong to. Where Kumo is not root, everything is its own user's and there are no ids to choose. An id is
 * remembered by nothing but its volume's file, which it owns.
 */
export class VolumeOwners {
  readonly #options: OwnerOptions | undefined;
  readonly #range: IdRange | undefined;
  /** Who ran the daemons of exports that an earlier version made. */
  readonly former: Ids | undefined;

  private constructor(options?: OwnerOptions, former?: Ids) {
    this.#options = options;
    this.#range = options && new IdRange(options.volumes);
    this.former = former;
  }

  /** @throws DriverError when there are ids to be had without being root, or this host has no such ids. */
  static async open(options?: OwnerOptions): Promise<VolumeOwners> {
    if (!options) return new VolumeOwners();
    if (process.getuid?.() !== 0) throw new DriverError('Only root can give every volume a user id of its own.');
    await checkIdBounds(options.volumes, 'cinder.volumeIds');
    return new VolumeOwners(options, options.formerUser ? await accountOf(options.formerUser) : undefined);
  }

  /** Whether volumes have ids of their own. */
  get areApart(): boolean {
    return this.#options !== undefined;
  }

  /** The volume's owner; undefined for this process's own user. @throws DriverError (retryable) when no id is left. */
  async of(volumeId: string): Promise<Ids | undefined> {
    if (!this.#range) return undefined;
    const id = await this.#range.take(volumeId);
    return { uid: id, gid: id };
  }

  /** Remembers the id of a file that is there already. @returns false when it is none of the range, or another volume's. */
  async adopt(volumeId: string, path: string): Promise<boolean> {
    if (!this.#range || !this.#options) return true;
    const { uid } = await stat(path);
    if (!isWithin(uid, this.#options.volumes)) return false;
    try {
      this.#range.adopt(volumeId, uid);
      return true;
    } catch (error) {
      if (error instanceof DriverError) return false;
      throw error;
    }
  }

  /** The volume is gone. Idempotent. */
  release(volumeId: string): void {
    this.#range?.release(volumeId);
  }

  /** A guest of an earlier version that still runs is of the former user's group. */
  isGuest(gid: number): boolean {
    if (gid === this.former?.gid) return true;
    return this.#options !== undefined && isWithin(gid, this.#options.guests);
  }
}

/** Makes a file its owner's alone; without an owner, this process's. The file's directory is one that only this process changes. */
export async function giveFile(path: string, ids: Ids | undefined): Promise<void> {
  const { uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0 } = ids ?? {};
  const found = await stat(path);
  if (found.uid !== uid || found.gid !== gid) await chown(path, uid, gid);
  if ((found.mode & 0o7777) !== 0o600) await chmod(path, 0o600);
}

function isWithin(id: number, { first, count }: IdBounds): boolean {
  return Number.isInteger(id) && id >= first && id < first + count;
}

async function accountOf(name: string): Promise<Ids | undefined> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}
