import { chown } from 'node:fs/promises';
import { DriverError } from '@kumo/core/errors';
import { run } from '@kumo/core/exec';

/** Whom volume files and storage daemons belong to; without a configured user, that is whoever runs Kumo. */
export class FileOwner {
  readonly #ids: { uid: number; gid: number } | undefined;

  private constructor(ids?: { uid: number; gid: number }) {
    this.#ids = ids;
  }

  /** Looks the names up. `group` is by default the user's own. @throws DriverError when one does not exist. */
  static async find(user?: string, group?: string): Promise<FileOwner> {
    if (!user) return new FileOwner();
    if (process.getuid?.() !== 0) throw new DriverError(`Only root can run storage daemons as user ${user}.`);
    const uid = Number((await run('id', ['-u', '--', user])).stdout);
    const gid = group
      ? Number((await run('getent', ['group', group])).stdout.split(':')[2])
      : Number((await run('id', ['-g', '--', user])).stdout);
    return new FileOwner({ uid, gid });
  }

  async give(...paths: string[]): Promise<void> {
    if (!this.#ids) return;
    for (const path of paths) await chown(path, this.#ids.uid, this.#ids.gid);
  }

  /** The command that runs `program` as this owner, without any privilege that this process has. */
  command(program: string, args: readonly string[]): [string, string[]] {
    if (!this.#ids) return [program, [...args]];
    const { uid, gid } = this.#ids;
    const drop = [
      `--reuid=${uid}`,
      `--regid=${gid}`,
      '--clear-groups',
      '--inh-caps=-all',
      '--bounding-set=-all',
      '--no-new-privs',
    ];
    return ['setpriv', [...drop, '--', program, ...args]];
  }
}
