import { chown, mkdir, open, readFile, rename } from 'node:fs/promises';
import { checkIdBounds, type IdBounds, IdRange, type Ids } from '@kumo/core/confine';
import { DriverError } from '@kumo/core/errors';
import type { GuestProcess } from './guest-process.ts';
import { type InstancePaths, instancePaths, isMissing, listInstances } from './instance-files.ts';

/**
 * Each guest's own user and group (one number, without an account), under which its QEMU runs and its files lie. The number
 * is kept in the instance's directory, which is made with it: a volume is given to the guest's group before the guest is there.
 */
export class GuestIds {
  readonly #range: IdRange;

  private constructor(range: IdRange) {
    this.#range = range;
  }

  /**
   * @returns undefined when this process is not root: guests then run as its own user.
   * @throws DriverError when the host has no such ids, or two instances have the same one.
   */
  static async open(stateDir: string, bounds: IdBounds): Promise<GuestIds | undefined> {
    if (process.getuid?.() !== 0) return undefined;
    await checkIdBounds(bounds, 'nova.compute.guestIds');
    const range = new IdRange(bounds);
    for (const serverId of await listInstances(stateDir)) {
      const kept = await readId(instancePaths(stateDir, serverId));
      if (kept !== undefined) range.adopt(serverId, kept);
    }
    return new GuestIds(range);
  }

  /** The guest's ids, written down before they are used; an instance from before there were such ids gets them now. */
  async take(serverId: string, paths: InstancePaths): Promise<Ids> {
    const id = await this.#range.take(serverId);
    await mkdir(paths.dir, { recursive: true, mode: 0o710 });
    await chown(paths.dir, 0, id);
    if ((await readId(paths)) === undefined) await writeId(paths, id);
    return { uid: id, gid: id };
  }

  /** As whom its process runs: a guest from before there were ids keeps its user until it is started again. */
  async ofRunning(serverId: string, paths: InstancePaths, { pid }: GuestProcess): Promise<Ids> {
    const running = await idsOfProcess(pid);
    // Still `setpriv`, about to become QEMU.
    return running.uid === 0 ? this.take(serverId, paths) : running;
  }

  of(serverId: string): number | undefined {
    return this.#range.of(serverId);
  }

  /** After everything of the guest is gone. */
  release(serverId: string): void {
    this.#range.release(serverId);
  }

  /** Runs `work` as somebody who owns nothing. */
  async once<T>(name: string, work: (ids: Ids) => Promise<T>): Promise<T> {
    const id = await this.#range.take(name);
    try {
      return await work({ uid: id, gid: id });
    } finally {
      this.#range.release(name);
    }
  }
}

/** Whom a process runs as. */
async function idsOfProcess(pid: number): Promise<Ids> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const effective = (kind: string) => Number(new RegExp(`^${kind}:\\s+\\d+\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return { uid: effective('Uid'), gid: effective('Gid') };
}

async function readId(paths: InstancePaths): Promise<number | undefined> {
  let text: string;
  try {
    text = await readFile(paths.id, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const id = Number(text);
  if (!Number.isSafeInteger(id) || id <= 0) throw new DriverError(`${paths.id} holds no user id: ${text.slice(0, 40)}`);
  return id;
}

async function writeId(paths: InstancePaths, id: number): Promise<void> {
  const draft = `${paths.id}.new`;
  {
    await using file = await open(draft, 'w', 0o600);
    await file.writeFile(`${id}\n`);
    await file.sync();
  }
  await rename(draft, paths.id);
}
