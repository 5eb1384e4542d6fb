import { insertIgnore } from '@kumo/core/db';
import type { Transaction } from 'kysely';
import { projectTag } from '../db/change-tags.ts';
import { findProject, replaceTags, tagsOf } from '../db/projects.ts';
import type { KeystoneTables } from '../db/schema.ts';
import { invalid, notFound, stillInUse } from '../errors.ts';
import type { ResourceDeps } from './resource-deps.ts';

/** Words by which projects are found. */
export class ProjectTags {
  readonly #parts: ResourceDeps;

  constructor(parts: ResourceDeps) {
    this.#parts = parts;
  }

  async list(projectId: string): Promise<string[]> {
    return (await tagsOf(this.#parts.db.q, [projectId])).get(projectId) ?? [];
  }

  /** The tags as they are stored, without blanks around them. @throws notFound, stillInUse of an immutable project */
  async replace(projectId: string, tags: readonly string[]): Promise<string[]> {
    const stripped = tags.map((one) => one.trim());
    await this.#write(projectId, 'update', (tx) => replaceTags(tx, projectId, stripped));
    return stripped;
  }

  /** @throws notFound, stillInUse of an immutable project; invalid when it has the tag, or as many as it may have. */
  async add(projectId: string, tag: string, maxTags: number): Promise<void> {
    const name = tag.trim();
    await this.#write(projectId, 'create', async (tx) => {
      const known = (await tagsOf(tx, [projectId])).get(projectId) ?? [];
      if (known.length >= maxTags)
        throw invalid({ message: `Invalid input for field 'tags': a project has at most ${maxTags} tags.` });
      const added = await insertIgnore(tx, 'project_tags', [{ project_id: projectId, name }]);
      if (added === 0) throw invalid({ message: `Invalid input for field 'tags': the project has the tag ${name}.` });
    });
  }

  /** @throws notFound of the project or the tag, stillInUse of an immutable project */
  async remove(projectId: string, tag: string): Promise<void> {
    await this.#write(projectId, 'delete', async (tx) => {
      const { numDeletedRows } = await tx
        .deleteFrom('project_tags')
        .where('project_id', '=', projectId)
        .where('name', '=', tag)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) throw tagNotFound(tag);
    });
  }

  async #write(
    id: string,
    doing: 'create' | 'update' | 'delete',
    work: (tx: Transaction<KeystoneTables>) => Promise<void>,
  ): Promise<void> {
    const known = await findProject(this.#parts.db.q, id);
    if (!known) throw notFound({ kind: 'project', id });
    if (known.options.immutable === true)
      throw stillInUse({
        message: `Cannot ${doing} project tags for ${id}, project is immutable. Set "immutable" option to false before creating project tags.`,
      });
    await this.#parts.changes.write(work, [projectTag(id)]);
  }
}

export function tagNotFound(id: string): Error {
  return notFound({ kind: 'project tag', id });
}
