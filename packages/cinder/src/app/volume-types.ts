import { randomUUID } from 'node:crypto';
import type { Context } from '@kumo/core/context';
import { isUniqueViolation } from '@kumo/core/db';
import type { CinderConfig } from '../config.ts';
import type { CinderDb } from '../db/schema.ts';
import {
  allVolumeTypes,
  changeVolumeType,
  findVolumeType,
  insertVolumeType,
  removeVolumeType,
  typeProjects,
  type VolumeType,
} from '../db/volume-types.ts';
import {
  defaultTypeDeletion,
  extraSpecNotFound,
  noDefaultType,
  typeAccessExists,
  typeAccessNotFound,
  volumeTypeExists,
  volumeTypeInUse,
  volumeTypeNotFound,
} from '../errors.ts';

export type { VolumeType };

const isAdmin = (ctx: Context) => ctx.roles.includes('admin') || ctx.roles.includes('service');

/** Volume types: what kinds of volumes there are, and for whom. */
export class VolumeTypes {
  readonly #db: CinderDb;
  readonly #config: CinderConfig;

  constructor(db: CinderDb, config: CinderConfig) {
    this.#db = db;
    this.#config = config;
  }

  /** By id or name, if the caller may see it. @throws volumeTypeNotFound. */
  async show(ctx: Context, idOrName: string): Promise<VolumeType> {
    const type = await findVolumeType(this.#db.q, idOrName);
    if (!type || !(await this.#isVisible(ctx, type))) throw volumeTypeNotFound({ id: idOrName });
    return type;
  }

  /** The type of volumes for which none is asked. */
  async showDefault(): Promise<VolumeType> {
    const name = this.#config.defaultVolumeType;
    const type = await findVolumeType(this.#db.q, name);
    if (!type) throw noDefaultType({ name });
    return type;
  }

  /** Every type, for quotas and for names in other answers. */
  all(): Promise<VolumeType[]> {
    return allVolumeTypes(this.#db.q);
  }

  /** Those that the caller may use. */
  async visible(ctx: Context): Promise<VolumeType[]> {
    const all = await this.all();
    if (isAdmin(ctx)) return all;
    const seen = await Promise.all(all.map((type) => this.#isVisible(ctx, type)));
    return all.filter((_, index) => seen[index]);
  }

  /** @throws volumeTypeExists. */
  async create(input: Omit<VolumeType, 'id'>): Promise<VolumeType> {
    const type = { id: randomUUID(), ...input };
    await this.#uniquely(type.name, () => insertVolumeType(this.#db.q, type));
    return type;
  }

  async update(
    id: string,
    change: { name?: string; description?: string | null; isPublic?: boolean },
  ): Promise<VolumeType> {
    const type = await this.#find(id);
    await this.#uniquely(change.name ?? type.name, () => changeVolumeType(this.#db.q, type.id, change));
    return this.#find(type.id);
  }

  /** @throws volumeTypeInUse, defaultTypeDeletion. */
  async remove(id: string): Promise<void> {
    const type = await this.#find(id);
    if (type.name === this.#config.defaultVolumeType) throw defaultTypeDeletion({ id: type.id });
    await this.#db.transaction(async (tx) => {
      const used = await tx.selectFrom('volumes').select('id').where('volume_type_id', '=', type.id).limit(1).execute();
      if (used.length > 0) throw volumeTypeInUse({ id: type.id });
      await removeVolumeType(tx, type.id);
    });
  }

  /** Adds to the extra specs what is given. */
  async putExtraSpecs(id: string, specs: Record<string, string>): Promise<Record<string, string>> {
    const type = await this.#find(id);
    await changeVolumeType(this.#db.q, type.id, { extraSpecs: { ...type.extraSpecs, ...specs } });
    return specs;
  }

  /** @throws extraSpecNotFound. */
  async dropExtraSpec(id: string, key: string): Promise<void> {
    const type = await this.#find(id);
    if (!Object.hasOwn(type.extraSpecs, key)) throw extraSpecNotFound({ id: type.id, key });
    const { [key]: _, ...extraSpecs } = type.extraSpecs;
    await changeVolumeType(this.#db.q, type.id, { extraSpecs });
  }

  /** The projects that may use a type; a public type has no such list. */
  async access(id: string): Promise<{ typeId: string; projects: string[] }> {
    const type = await this.#find(id);
    if (type.isPublic) throw volumeTypeNotFound({ id });
    return { typeId: type.id, projects: await typeProjects(this.#db.q, type.id) };
  }

  /** @throws typeAccessExists. */
  async addAccess(id: string, projectId: string): Promise<void> {
    const type = await this.#find(id);
    try {
      await this.#db.q
        .insertInto('volume_type_projects')
        .values({ volume_type_id: type.id, project_id: projectId })
        .execute();
    } catch (error) {
      if (isUniqueViolation(error)) throw typeAccessExists({ id: type.id, projectId }, { cause: error });
      throw error;
    }
  }

  /** @throws typeAccessNotFound. */
  async removeAccess(id: string, projectId: string): Promise<void> {
    const type = await this.#find(id);
    const { numDeletedRows } = await this.#db.q
      .deleteFrom('volume_type_projects')
      .where('volume_type_id', '=', type.id)
      .where('project_id', '=', projectId)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) throw typeAccessNotFound({ id: type.id, projectId });
  }

  async #find(id: string): Promise<VolumeType> {
    const type = await findVolumeType(this.#db.q, id);
    if (type?.id !== id) throw volumeTypeNotFound({ id });
    return type;
  }

  async #isVisible(ctx: Context, type: VolumeType): Promise<boolean> {
    if (type.isPublic || isAdmin(ctx)) return true;
    return ctx.projectId !== undefined && (await typeProjects(this.#db.q, type.id)).includes(ctx.projectId);
  }

  async #uniquely(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (isUniqueViolation(error)) throw volumeTypeExists({ name }, { cause: error });
      throw error;
    }
  }
}
