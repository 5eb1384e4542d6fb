import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError } from '@kumo/core/errors';
import { type Static, Type as T } from 'typebox';
import { Value } from 'typebox/value';

const ExportRecord = T.Object({
  version: T.Literal(1),
  volumeId: T.String(),
  /** Hosts that may reach the volume. */
  hosts: T.Array(T.String()),
  /** The groups of the guests of this host that may reach it. Not there in a record of a version without them. */
  gids: T.Optional(T.Array(T.Integer())),
  /** The TCP port for hosts other than this one. */
  port: T.Optional(T.Integer()),
});
export type ExportRecord = Static<typeof ExportRecord>;

/** Which volumes are to be exported: one JSON file each, so that this outlives Kumo and the machine's restart. */
export class ExportRecords {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async open(directory: string): Promise<ExportRecords> {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return new ExportRecords(directory);
  }

  async find(volumeId: string): Promise<ExportRecord | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path(volumeId), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    try {
      return Value.Parse(ExportRecord, JSON.parse(text));
    } catch (cause) {
      throw new DriverError(`The export record ${this.#path(volumeId)} cannot be read.`, { cause });
    }
  }

  /** Whose records there are, readable or not. */
  async volumeIds(): Promise<string[]> {
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith('.json'));
    return names.map((name) => name.slice(0, -'.json'.length));
  }

  async all(): Promise<ExportRecord[]> {
    const records = await Promise.all((await this.volumeIds()).map((volumeId) => this.find(volumeId)));
    return records.filter((record) => record !== undefined);
  }

  async write(record: ExportRecord): Promise<void> {
    const path = this.#path(record.volumeId);
    const partial = `${path}.part`;
    {
      await using file = await open(partial, 'w', 0o600);
      await file.writeFile(JSON.stringify(record));
      await file.sync();
    }
    await rename(partial, path);
  }

  async remove(volumeId: string): Promise<void> {
    await rm(this.#path(volumeId), { force: true });
  }

  #path(volumeId: string): string {
    return join(this.#directory, `${volumeId}.json`);
  }
}
